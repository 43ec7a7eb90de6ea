// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/mistakes.hpp"

#include "explore/explore.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace cases {

void read_after_the_unlock()
{
    std::mutex mutex;
    int count = 0;
    const auto add = [&] {
        std::unique_lock lock(mutex);
        ++count;
        lock.unlock();
        return count;
    };
    std::thread other(add);
    add();
    other.join();
}

void locked_here_alone()
{
    std::mutex mutex;
    int count = 0;
    std::thread other([&] {
        const std::lock_guard lock(mutex);
        ++count;
    });
    EXPLORE_REQUIRE(count < 2);
    other.join();
}

void a_mutex_each()
{
    int count = 0;
    const auto add = [&] {
        std::mutex own;
        const std::lock_guard lock(own);
        ++count;
    };
    std::thread other(add);
    add();
    other.join();
}

void locked_in_two_orders()
{
    std::mutex left;
    std::mutex right;
    std::thread other([&] {
        const std::lock_guard one(right);
        const std::lock_guard two(left);
    });
    {
        const std::lock_guard one(left);
        const std::lock_guard two(right);
    }
    other.join();
}

void joined_under_the_lock()
{
    std::mutex mutex;
    std::thread other([&] { const std::lock_guard lock(mutex); });
    mutex.lock();
    other.join();
    mutex.unlock();
}

void published_without_release()
{
    int text = 0;
    std::atomic<bool> there = false;
    std::thread writer([&] {
        text = 7;
        there.store(true, std::memory_order_relaxed);
    });
    if (there.load(std::memory_order_acquire)) {
        EXPLORE_REQUIRE(text == 7);
    }
    writer.join();
}

void guarded_by_a_guard_without_a_name()
{
    std::mutex mutex;
    int count = 0;
    const auto add = [&] {
        std::lock_guard<std::mutex>{mutex};
        ++count;
    };
    std::thread other(add);
    add();
    other.join();
}

void written_after_the_unlock()
{
    std::mutex mutex;
    int count = 0;
    const auto add = [&] {
        bool small = false;
        {
            const std::lock_guard lock(mutex);
            small = true;
        }
        count += small;
    };
    std::thread other(add);
    add();
    other.join();
}

struct stack_of_items {
    std::mutex mutex;
    std::vector<int> items;
    bool closed = false;

    void put(int item)
    {
        const std::lock_guard lock(mutex);
        items.push_back(item);
    }
    bool is_empty()
    {
        const std::lock_guard lock(mutex);
        return items.empty();
    }
    void take()
    {
        const std::lock_guard lock(mutex);
        EXPLORE_REQUIRE(!items.empty());
        items.pop_back();
    }
};

void looked_under_another_lock()
{
    stack_of_items one;
    one.put(1);
    const auto take = [&] {
        if (!one.is_empty()) {
            one.take();
        }
    };
    std::thread other(take);
    take();
    other.join();
}

void left_in_the_container()
{
    stack_of_items one;
    int taken = 0;
    std::thread worker([&] {
        const std::lock_guard lock(one.mutex);
        while (!one.items.empty() && !one.closed) {
            one.items.pop_back();
            ++taken;
        }
    });
    one.put(1);
    {
        const std::lock_guard lock(one.mutex);
        one.closed = true;
    }
    worker.join();
    EXPLORE_REQUIRE(taken == 1);
}

void asked_again_and_again()
{
    std::atomic<bool> never = false;
    std::thread other([&] {
        while (!never) {
        }
    });
    other.join();
}

// It works, and comes to no end: to wait would not mend that.
void worked_again_and_again()
{
    std::atomic<int> left = 1;
    std::thread other([&] {
        while (left > 0) {
            left = 1;
        }
    });
    other.join();
}

struct user_and_used {
    std::jthread user;
    std::unique_ptr<std::atomic<int>> used = std::make_unique<std::atomic<int>>(0); // it dies first

    user_and_used()
    {
        user = std::jthread([number = used.get()] { ++*number; });
    }
};

void used_after_the_member_died()
{
    user_and_used both;
}

void said_to_be_done_too_early()
{
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    int result = 0;
    std::thread worker([&] {
        {
            const std::lock_guard lock(mutex);
            done = true;
        }
        ready.notify_one();
        result = 7;
    });
    {
        std::unique_lock lock(mutex);
        ready.wait(lock, [&] { return done; });
        EXPLORE_REQUIRE(result == 7);
    }
    worker.join();
}

void flags_in_one_word()
{
    std::vector<bool> flags(2);
    std::thread other([&] { flags[0] = true; });
    flags[1] = true;
    other.join();
}

// Whoever started it asks nobody for a result.
void thrown_out_of_the_cases_thread()
{
    std::thread other([] { throw std::runtime_error("boom"); });
    other.join();
}

} // namespace cases
