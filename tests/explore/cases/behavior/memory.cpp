// Statics, the heap and stacks, from schedule to schedule.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

int initializations = 0;

int local_static()
{
    static const int value = ++initializations;
    return value;
}

void statics()
{
    options each_alone;
    each_alone.isolate = true;
    each_alone.schedules = 100;
    expect_pass(search(
        [] {
            EXPLORE_REQUIRE(initializations == 0);
            std::thread first([] { EXPLORE_REQUIRE(local_static() == 1); });
            std::thread second([] { EXPLORE_REQUIRE(local_static() == 1); });
            first.join();
            second.join();
        },
        each_alone));
}

std::vector<int>& kept()
{
    static std::vector<int> all;
    return all;
}

// A schedule's memory is used again by the next one, but not what a static holds or what leaks.
void memory()
{
    options may_leak;
    may_leak.leaks = false;
    expect_pass(search(
        [] {
            std::thread other([] {
                const auto many = std::make_unique<std::array<int, 1000>>();
                many->fill(-1);
            });
            std::vector<int>& all = kept();
            for (const int one : all) {
                EXPLORE_REQUIRE(one == 7);
            }
            all.push_back(7);
            new int(-1); // leaks
            other.join();

            struct alignas(256) wide {
                char bytes[300];
            };
            const auto aligned = std::make_unique<wide>();
            EXPLORE_REQUIRE(reinterpret_cast<std::uintptr_t>(aligned.get()) % 256 == 0);
            auto* zeros = static_cast<int*>(std::calloc(100, sizeof(int)));
            EXPLORE_REQUIRE(std::all_of(zeros, zeros + 100, [](int one) { return one == 0; }));
            zeros[99] = 5;
            zeros = static_cast<int*>(std::realloc(zeros, 1000 * sizeof(int)));
            EXPLORE_REQUIRE(zeros[99] == 5);
            std::free(zeros);
            kept().shrink_to_fit();
        },
        may_leak));
    expect_failure(search([] {
                       const std::unique_ptr<int> never_written(new int);
                       const bool seven = *never_written == 7;
                       *never_written = 7;
                       std::thread([] {}).join();
                       EXPLORE_REQUIRE(seven);
                   }),
                   "wrong result");
    expect_failure(search([] {
                       void* volatile given = std::malloc(10);
                       std::free(given);
                       std::free(given);
                   }),
                   "use after free", "a second time");
    expect_failure(search([] { std::vector<char> all(100'000'000); }), "too big",
                   "allocates more than");
}

void many_threads()
{
    options few;
    few.schedules = 20;
    const auto start = [](int count) {
        std::atomic<int> done = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&] { ++done; });
        }
        for (std::thread& one : threads) {
            one.join();
        }
        EXPLORE_REQUIRE(done == count);
    };
    expect_pass(search([&] { start(31); }, few));
    expect_failure(search([&] { start(32); }, few), "too big", "more than 32 threads");
}

void large_locals()
{
    expect_pass(search([] {
        in_a_thread([] {
            std::array<char, 3'000'000> large;
            large.front() = 'a';
            large.back() = 'z';
            EXPLORE_REQUIRE(large.front() < large.back());
        });
    }));
}

} // namespace

std::vector<check> checks_of_memory()
{
    return {
        {"statics", statics},
        {"memory", memory},
        {"many_threads", many_threads},
        {"large_locals", large_locals},
    };
}

} // namespace cases
