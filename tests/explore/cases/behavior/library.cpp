// What answers may use of the standard library.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <new>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

void everything_at_once()
{
    std::latch together(2);
    std::counting_semaphore<2> units(0);
    std::barrier meeting(2);
    std::promise<int> promised;
    auto five = promised.get_future();
    std::once_flag flag;
    std::atomic<int> calls = 0;
    std::shared_mutex shared;
    int value = 0;
    std::jthread other([&](const std::stop_token& stop) {
        together.count_down();
        units.acquire();
        meeting.arrive_and_wait();
        std::call_once(flag, [&] { ++calls; });
        {
            const std::unique_lock lock(shared);
            ++value;
        }
        promised.set_value(5);
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait(lock, stop, [] { return false; });
    });
    together.arrive_and_wait();
    units.release();
    meeting.arrive_and_wait();
    std::call_once(flag, [&] { ++calls; });
    {
        const std::shared_lock lock(shared);
        EXPLORE_REQUIRE(value <= 1);
    }
    EXPLORE_REQUIRE(five.get() == 5);
    other.request_stop();
    other.join();
    EXPLORE_REQUIRE(calls == 1);
}

void zoo()
{
    expect_pass(search(everything_at_once));
}

void tasks()
{
    expect_pass(search([] {
        auto three = std::async(std::launch::async, [] { return 3; });
        std::packaged_task<int(int)> twice([](int number) { return 2 * number; });
        auto six = twice.get_future();
        std::thread worker([&] { twice(3); });
        EXPLORE_REQUIRE(three.get() == 3);
        EXPLORE_REQUIRE(six.get() == 6);
        worker.join();
        auto lost = std::async(std::launch::async, []() -> int { throw std::out_of_range("no"); });
        bool caught = false;
        try {
            lost.get();
        } catch (const std::out_of_range&) {
            caught = true;
        }
        EXPLORE_REQUIRE(caught);
    }));
}

void atomic_wait()
{
    expect_pass(search([] {
        std::atomic<int> stage = 0;
        std::atomic_flag done;
        std::thread other([&] {
            stage.wait(0);
            stage = 2;
            stage.notify_one();
            done.test_and_set();
            done.notify_all();
        });
        stage = 1;
        stage.notify_one();
        done.wait(false);
        EXPLORE_REQUIRE(stage == 2);
        other.join();
    }));
}

void locks()
{
    expect_pass(search([] {
        std::recursive_mutex again;
        std::timed_mutex timed;
        std::shared_timed_mutex shared;
        std::recursive_timed_mutex both;
        int count = 0;
        const auto use = [&] {
            const std::lock_guard outer(again);
            const std::lock_guard inner(again);
            const std::unique_lock<std::timed_mutex> lock(timed, 1h);
            EXPLORE_REQUIRE(lock.owns_lock());
            EXPLORE_REQUIRE(both.try_lock_for(1h));
            EXPLORE_REQUIRE(shared.try_lock_for(1h));
            ++count;
            shared.unlock();
            EXPLORE_REQUIRE(shared.try_lock_shared_for(1h));
            shared.unlock_shared();
            both.unlock();
        };
        std::thread first(use);
        std::thread second(use);
        first.join();
        second.join();
        EXPLORE_REQUIRE(count == 2);
    }));
}

std::atomic<int> destroyed = 0;

struct counts_its_end {
    int value = 7;
    ~counts_its_end() { ++destroyed; }
};

thread_local counts_its_end own;

void thread_locals()
{
    expect_pass(search([] {
        destroyed = 0;
        const auto use = [] {
            EXPLORE_REQUIRE(own.value == 7); // fresh in each thread, also when threads are reused
            own.value = 8;
        };
        std::thread first(use);
        std::thread second(use);
        use();
        first.join();
        second.join();
        EXPLORE_REQUIRE(destroyed == 2);
    }));
}

struct refused {
    std::vector<int> codes;
};

// Two threads hold the same exception; the last one to let go destroys it.
void exceptions_between_threads()
{
    expect_pass(search([] {
        std::exception_ptr failure = std::make_exception_ptr(refused{{7}});
        const auto look = [](std::exception_ptr mine) {
            try {
                std::rethrow_exception(std::move(mine));
            } catch (const refused& error) {
                EXPLORE_REQUIRE(error.codes.at(0) == 7);
            }
        };
        std::thread first(look, failure);
        std::thread second(look, failure);
        failure = nullptr;
        first.join();
        second.join();
        auto lost = std::async(std::launch::async, []() -> int { throw refused{{7}}; });
        try {
            lost.get();
            EXPLORE_REQUIRE(false);
        } catch (const refused& error) {
            EXPLORE_REQUIRE(error.codes.at(0) == 7);
        }
    }));
}

struct point {
    int x = 0;
    int y = 0;
    int z = 0;

    bool operator==(const point&) const = default;
};

// Twelve bytes: the compiler calls libatomic.
void large_atomics()
{
    expect_pass(search([] {
        std::atomic<point> place = point{};
        std::string published;
        std::thread other([&] {
            published = "before";
            place = point{1, 2, 3};
        });
        while (place.load() != point{1, 2, 3}) {
        }
        EXPLORE_REQUIRE(published == "before");
        other.join();
    }));
    expect_pass(search([] {
        std::atomic<point> place = point{};
        const auto go = [&] {
            point before = place.load();
            while (!place.compare_exchange_weak(before,
                                                point{before.x + 1, before.y + 2, before.z + 3})) {
            }
        };
        std::thread first(go);
        std::thread second(go);
        first.join();
        second.join();
        EXPLORE_REQUIRE(place.load() == (point{2, 4, 6}));
        EXPLORE_REQUIRE(place.exchange(point{1, 1, 1}).z == 6);
        place = point{};
    }));
    expect_failure(search([] {
                       std::atomic<point> place = point{};
                       const auto go = [&] {
                           const point before = place.load();
                           place.store({before.x + 1, 0, 0});
                       };
                       std::thread first(go);
                       std::thread second(go);
                       first.join();
                       second.join();
                       EXPLORE_REQUIRE(place.load().x == 2);
                   }),
                   "wrong result");
}

template <class T, std::memory_order Order>
void look_at_each_other()
{
    std::atomic<T> left = T{};
    std::atomic<T> right = T{};
    std::thread other([&] {
        left.store(T{1}, Order);
        right.load(Order);
    });
    right.store(T{1}, Order);
    left.load(Order);
    other.join();
}

// One byte, where there were two before.
void look_at_what_had_another_size()
{
    constexpr auto relaxed = std::memory_order_relaxed;
    alignas(8) std::array<std::byte, 8> memory;
    auto* const before = new (memory.data()) std::atomic<short>(0);
    before->store(1, relaxed);
    std::destroy_at(before);
    auto* const number = new (memory.data()) std::atomic<char>('a');
    std::thread other([&] { number->store('b', relaxed); });
    number->load(relaxed);
    other.join();
    std::destroy_at(number);
}

// Of these there are only the newest values, and so a proof is one of no more than that.
void proofs_with_large_atomics()
{
    constexpr auto relaxed = std::memory_order_relaxed;
    constexpr auto seq_cst = std::memory_order_seq_cst;
    for (const auto body : {look_at_each_other<unsigned __int128, relaxed>,
                            look_at_each_other<point, relaxed>, look_at_what_had_another_size}) {
        const result got = search(body);
        expect_pass(got);
        expect(got.proof && got.older_values == 0 &&
                   got.report.ends_with(" that differ with sequential consistency: a proof"),
               got.report);
    }
    for (const auto body :
         {look_at_each_other<unsigned __int128, seq_cst>, look_at_each_other<point, seq_cst>}) {
        const result got = search(body);
        expect_pass(got);
        expect(got.proof && got.report.find("sequential consistency") == std::string::npos,
               got.report);
    }
}

} // namespace

std::vector<check> checks_of_library()
{
    return {
        {"zoo", zoo},
        {"tasks", tasks},
        {"atomic_wait", atomic_wait},
        {"locks", locks},
        {"thread_locals", thread_locals},
        {"exceptions_between_threads", exceptions_between_threads},
        {"large_atomics", large_atomics},
        {"proofs_with_large_atomics", proofs_with_large_atomics},
    };
}

} // namespace cases
