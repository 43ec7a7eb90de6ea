// Waiting for one another: conditions, semaphores, latches, barriers, futures, stop tokens, time.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/right/programs.hpp"

#include <barrier>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <stop_token>

namespace cases {
namespace {

using namespace std::chrono_literals;

void looked_at_again()
{
    std::mutex mutex;
    std::condition_variable changed;
    bool ready = false;
    by_two(
        [&] {
            {
                const std::lock_guard lock(mutex);
                ready = true;
            }
            changed.notify_one(); // after the unlock: the change was under it
        },
        [&] {
            std::unique_lock lock(mutex);
            while (!ready) {
                changed.wait(lock);
            }
            EXPLORE_REQUIRE(ready);
        });
}

void two_conditions_one_mutex()
{
    std::mutex mutex;
    std::condition_variable not_empty;
    std::condition_variable not_full;
    std::deque<int> items; // at most one
    by_two(
        [&] {
            for (int i = 0; i < 2; ++i) {
                std::unique_lock lock(mutex);
                not_full.wait(lock, [&] { return items.empty(); });
                items.push_back(i);
                not_empty.notify_one();
            }
        },
        [&] {
            for (int i = 0; i < 2; ++i) {
                std::unique_lock lock(mutex);
                not_empty.wait(lock, [&] { return !items.empty(); });
                EXPLORE_REQUIRE(items.front() == i);
                items.pop_front();
                not_full.notify_one();
            }
        });
}

void a_generation_each()
{
    std::mutex mutex;
    std::condition_variable all_here;
    int here = 0;
    int generation = 0;
    by_all(2, [&](int) {
        for (int round = 0; round < 2; ++round) {
            std::unique_lock lock(mutex);
            const int mine = generation;
            if (++here == 2) {
                here = 0;
                ++generation;
                all_here.notify_all();
            } else {
                all_here.wait(lock, [&] { return generation != mine; });
            }
        }
    });
    EXPLORE_REQUIRE(generation == 2);
}

void answered_or_out_of_time()
{
    std::mutex mutex;
    std::condition_variable changed;
    bool answered = false;
    by_two(
        [&] {
            const std::lock_guard lock(mutex);
            answered = true;
            changed.notify_one();
        },
        [&] {
            std::unique_lock lock(mutex);
            const bool in_time = changed.wait_for(lock, 1h, [&] { return answered; });
            EXPLORE_REQUIRE(in_time == answered);
        });
}

void stopped_while_it_waits()
{
    std::mutex mutex;
    std::condition_variable_any changed;
    bool stopped = false;
    std::jthread worker([&](const std::stop_token& token) {
        std::unique_lock lock(mutex);
        changed.wait(lock, token, [] { return false; });
        stopped = token.stop_requested();
    });
    worker.request_stop();
    worker.join();
    EXPLORE_REQUIRE(stopped);
}

void at_most_two_inside()
{
    std::counting_semaphore<2> free_places(2);
    std::mutex mutex;
    int inside = 0;
    by_all(3, [&](int) {
        free_places.acquire();
        {
            const std::lock_guard lock(mutex);
            EXPLORE_REQUIRE(++inside <= 2);
        }
        {
            const std::lock_guard lock(mutex);
            --inside;
        }
        free_places.release();
    });
}

void handed_by_a_semaphore()
{
    std::binary_semaphore written(0);
    int number = 0;
    by_two(
        [&] {
            number = 7;
            written.release();
        },
        [&] {
            written.acquire();
            EXPLORE_REQUIRE(number == 7);
        });
}

void counted_down()
{
    std::latch done(2);
    int parts[2] = {0, 0};
    std::thread one([&] {
        parts[0] = 3;
        done.count_down();
    });
    std::thread other([&] {
        parts[1] = 4;
        done.count_down();
    });
    done.wait();
    EXPLORE_REQUIRE(parts[0] + parts[1] == 7);
    one.join();
    other.join();
}

void phase_by_phase()
{
    int phase = 0; // changed by the last to arrive, while nobody runs
    std::barrier meeting(2, [&]() noexcept { ++phase; });
    by_all(2, [&](int) {
        for (int i = 0; i < 2; ++i) {
            EXPLORE_REQUIRE(phase == i);
            meeting.arrive_and_wait();
        }
    });
}

void promised_and_kept()
{
    std::promise<int> promise;
    std::future<int> future = promise.get_future();
    int besides = 0;
    by_two(
        [&] {
            besides = 5;
            promise.set_value(2);
        },
        [&] { EXPLORE_REQUIRE(future.get() + besides == 7); });
}

void failure_promised()
{
    std::promise<int> promise;
    const std::shared_future<int> future = promise.get_future().share();
    by_all(3, [&](int thread) {
        if (thread == 0) {
            promise.set_exception(std::make_exception_ptr(std::runtime_error("none")));
            return;
        }
        bool caught = false;
        try {
            future.get();
        } catch (const std::runtime_error&) {
            caught = true;
        }
        EXPLORE_REQUIRE(caught);
    });
}

void asked_for_elsewhere()
{
    auto elsewhere = std::async(std::launch::async, [] { return 3; });
    std::packaged_task<int()> task([] { return 4; });
    auto result = task.get_future();
    std::thread worker(std::move(task));
    EXPLORE_REQUIRE(elsewhere.get() + result.get() == 7);
    worker.join();
}

} // namespace

std::vector<right_program> right_with_waits()
{
    return {
        {"looked_at_again", looked_at_again},
        {"two_conditions_one_mutex", two_conditions_one_mutex},
        {"a_generation_each", a_generation_each},
        {"answered_or_out_of_time", answered_or_out_of_time},
        {"stopped_while_it_waits", stopped_while_it_waits},
        {"at_most_two_inside", at_most_two_inside},
        {"handed_by_a_semaphore", handed_by_a_semaphore},
        {"counted_down", counted_down},
        {"phase_by_phase", phase_by_phase},
        {"promised_and_kept", promised_and_kept},
        {"failure_promised", failure_promised},
        {"asked_for_elsewhere", asked_for_elsewhere},
    };
}

} // namespace cases
