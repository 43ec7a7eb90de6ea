// Waiting with a time limit, in virtual time: what takes longer than it is given takes longer every
// time.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace cases {
namespace {

using namespace std::chrono_literals;

// The time-out is taken for the answer.
template <bool Wrong>
void timeout_taken_for_data()
{
    std::mutex mutex;
    std::condition_variable answered; // notified by the slow thread
    int answer = 0;                   // guarded by mutex
    std::thread slow([&] {
        std::this_thread::sleep_for(20ms);
        const std::lock_guard lock(mutex);
        answer = 42;
        answered.notify_one();
    });
    {
        std::unique_lock lock(mutex);
        if constexpr (Wrong) {
            answered.wait_for(lock, 10ms);
        } else {
            while (!answered.wait_for(lock, 10ms, [&] { return answer != 0; })) {
            }
        }
        EXPLORE_REQUIRE(answer == 42);
    }
    slow.join();
}

// try_lock_for() may say no, and nobody listens.
template <bool Wrong>
void timed_lock_ignored()
{
    std::timed_mutex mutex;
    [[maybe_unused]] int count = 0; // guarded by mutex
    std::thread slow([&] {
        const std::lock_guard lock(mutex);
        std::this_thread::sleep_for(30ms);
        ++count;
    });
    std::thread hasty([&] {
        const bool mine = mutex.try_lock_for(10ms);
        if (mine || Wrong) {
            ++count;
        }
        if (mine) {
            mutex.unlock();
        }
    });
    slow.join();
    hasty.join();
}

// "After 50 ms it must be done."
template <bool Wrong>
void sleep_instead_of_waiting()
{
    std::mutex mutex;
    bool done = false; // guarded by mutex
    std::condition_variable finished;
    std::thread worker([&] {
        for (int i = 0; i < 3; ++i) {
            std::this_thread::sleep_for(20ms);
        }
        const std::lock_guard lock(mutex);
        done = true;
        finished.notify_one();
    });
    if constexpr (Wrong) {
        std::this_thread::sleep_for(50ms);
        const std::lock_guard lock(mutex);
        EXPLORE_REQUIRE(done);
    } else {
        std::unique_lock lock(mutex);
        finished.wait(lock, [&] { return done; });
    }
    worker.join();
}

// A ticking thread looks at the stop flag, then sleeps until notified or the next tick. The wrong
// one sleeps without a limit and without a predicate: a stop in between is lost.
template <bool Wrong>
void stop_between_ticks()
{
    std::mutex mutex;
    std::condition_variable stopped;
    bool stop = false; // guarded by mutex
    [[maybe_unused]] int ticks = 0;
    std::thread ticker([&] {
        for (;;) {
            {
                const std::lock_guard lock(mutex);
                if (stop) {
                    return;
                }
            }
            ++ticks;
            std::unique_lock lock(mutex);
            if constexpr (Wrong) {
                stopped.wait(lock);
            } else {
                stopped.wait_for(lock, 10ms, [&] { return stop; });
            }
        }
    });
    {
        const std::lock_guard lock(mutex);
        stop = true;
    }
    stopped.notify_all();
    ticker.join();
}

} // namespace

std::vector<twin> of_timeouts()
{
    return {
        {"timeout_taken_for_data", "wait_for's time-out is taken for the answer",
         timeout_taken_for_data<true>, timeout_taken_for_data<false>},
        {"timed_lock_ignored", "try_lock_for's answer is ignored", timed_lock_ignored<true>,
         timed_lock_ignored<false>},
        {"sleep_instead_of_waiting", "sleeping long enough, one hopes",
         sleep_instead_of_waiting<true>, sleep_instead_of_waiting<false>},
        {"stop_between_ticks", "a stop between look and sleep is lost", stop_between_ticks<true>,
         stop_between_ticks<false>},
    };
}

} // namespace cases
