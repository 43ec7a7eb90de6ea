// Asking again and again: whoever does so must not keep the others, nor time, from going on.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

struct asks_an_atomic {
    bool is_over() { return over; }
    void end() { over = true; }
    std::atomic<bool> over = false;
};

struct yields {
    bool is_over()
    {
        std::this_thread::yield();
        return over;
    }
    void end() { over = true; }
    std::atomic<bool> over = false;
};

struct counts_its_rounds {
    bool is_over()
    {
        ++rounds;
        return over;
    }
    void end() { over = true; }
    std::atomic<int> rounds = 0;
    std::atomic<bool> over = false;
};

struct locks_a_mutex {
    bool is_over()
    {
        const std::lock_guard lock(mutex);
        return over;
    }
    void end()
    {
        const std::lock_guard lock(mutex);
        over = true;
    }
    std::mutex mutex;
    bool over = false; // guarded by mutex
};

struct locks_shared {
    bool is_over()
    {
        const std::shared_lock lock(mutex);
        return over;
    }
    void end()
    {
        const std::lock_guard lock(mutex);
        over = true;
    }
    std::shared_mutex mutex;
    bool over = false; // guarded by mutex
};

struct tries_to_lock {
    tries_to_lock() { mutex.lock(); }
    bool is_over()
    {
        const std::unique_lock lock(mutex, std::try_to_lock);
        return lock.owns_lock();
    }
    void end() { mutex.unlock(); }
    std::mutex mutex; // held until the end
};

struct tries_to_acquire {
    bool is_over() { return units.try_acquire(); }
    void end() { units.release(2); }
    std::counting_semaphore<2> units{0};
};

struct waits_for_no_time {
    bool is_over() { return ended.wait_for(0s) == std::future_status::ready; }
    void end() { promised.set_value(); }
    std::promise<void> promised;
    std::shared_future<void> ended = promised.get_future().share();
};

struct asks_a_stop_source {
    bool is_over() { return source.stop_requested(); }
    void end() { source.request_stop(); }
    std::stop_source source;
};

enum class ending { at_once, after_a_sleep };

template <class Way, ending When>
void asked_by_two()
{
    Way way; // locked by this thread, perhaps: it is the one that ends it
    const auto ask = [&] {
        while (!way.is_over()) {
        }
    };
    std::thread first(ask);
    std::thread second(ask);
    if constexpr (When == ending::after_a_sleep) {
        std::this_thread::sleep_for(5ms);
    }
    way.end();
    first.join();
    second.join();
}

template <class... Ways>
void pass_all()
{
    (expect_pass(search(asked_by_two<Ways, ending::at_once>)), ...);
    (expect_pass(search(asked_by_two<Ways, ending::after_a_sleep>)), ...);
}

void polling()
{
    pass_all<asks_an_atomic, yields, counts_its_rounds, locks_a_mutex, locks_shared, tries_to_lock,
             tries_to_acquire, waits_for_no_time, asks_a_stop_source>();
}

class flag_lock {
public:
    void lock()
    {
        while (taken_.test_and_set()) {
        }
    }
    void unlock() { taken_.clear(); }

private:
    std::atomic_flag taken_;
};

class ticket_lock {
public:
    void lock()
    {
        for (const int mine = next_++; served_ != mine;) {
        }
    }
    void unlock() { ++served_; }

private:
    std::atomic<int> next_ = 0;
    std::atomic<int> served_ = 0;
};

template <class Lock>
void counted_by_three()
{
    Lock lock;
    int count = 0; // guarded by lock
    const auto add = [&] {
        const std::lock_guard locked(lock);
        std::this_thread::sleep_for(1ms);
        ++count;
    };
    std::array<std::thread, 3> threads;
    for (std::thread& one : threads) {
        one = std::thread(add);
    }
    for (std::thread& one : threads) {
        one.join();
    }
    EXPLORE_REQUIRE(count == 3);
}

void spinning_locks()
{
    expect_pass(search(counted_by_three<flag_lock>));
    expect_pass(search(counted_by_three<ticket_lock>));
}

} // namespace

std::vector<check> checks_of_spinning()
{
    return {
        {"polling", polling},
        {"spinning_locks", spinning_locks},
    };
}

} // namespace cases
