// Many threads, or two in one order among very many: the programs of SCTBench (Thomson, Donaldson
// and Betts, "Concurrency Testing Using Controlled Schedulers", 2016) called reorder, twostage and
// fib.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace cases {
namespace {

constexpr int setters = 19; // and one who checks

template <class Set, class Check>
void by_a_crowd(Set set, Check check)
{
    std::vector<std::thread> all;
    for (int i = 0; i < setters; ++i) {
        all.emplace_back(set);
    }
    all.emplace_back(check);
    for (std::thread& one : all) {
        one.join();
    }
}

template <bool Wrong>
void reorder()
{
    std::mutex mutex;
    std::atomic<int> left = 0;
    std::atomic<int> right = 0;
    const auto lock_if_right = [&] {
        return Wrong ? std::unique_lock<std::mutex>() : std::unique_lock(mutex);
    };
    by_a_crowd(
        [&] {
            const auto lock = lock_if_right();
            left = 1;
            right = -1;
        },
        [&] {
            const auto lock = lock_if_right();
            const int seen = left;
            EXPLORE_REQUIRE(seen == -right);
        });
}

template <bool Wrong>
void two_stages()
{
    std::mutex of_first;
    std::mutex of_second;
    int first = 0;  // guarded by of_first
    int second = 0; // guarded by of_second
    by_a_crowd(
        [&] {
            std::unique_lock lock(of_first);
            first = 1;
            if (Wrong) {
                lock.unlock();
            }
            const std::lock_guard lock_of_second(of_second);
            second = 2;
        },
        [&] {
            std::unique_lock lock(of_first);
            const int seen = first;
            lock.unlock();
            const std::lock_guard lock_of_second(of_second);
            EXPLORE_REQUIRE(seen == 0 || second == seen + 1);
        });
}

// Both numbers grow fastest if the two take turns exactly, ten times.
template <bool Wrong>
void fibonacci()
{
    constexpr int rounds = 5;
    constexpr int twelfth = 144;
    std::atomic<int> numbers[2] = {1, 1};
    const auto add = [&](int mine) {
        for (int i = 0; i < rounds; ++i) {
            numbers[mine] += numbers[1 - mine];
        }
    };
    std::thread one(add, 0);
    std::thread other(add, 1);
    one.join();
    other.join();
    const int most = Wrong ? twelfth - 1 : twelfth;
    EXPLORE_REQUIRE(numbers[0] <= most && numbers[1] <= most);
}

} // namespace

std::vector<twin> of_crowds()
{
    return {
        {"reorder", "two numbers change one after the other, and one of 20 threads looks",
         reorder<true>, reorder<false>},
        {"two_stages", "one of 20 threads looks between two stages", two_stages<true>,
         two_stages<false>},
        {"fibonacci", "two threads take turns exactly", fibonacci<true>, fibonacci<false>},
    };
}

} // namespace cases
