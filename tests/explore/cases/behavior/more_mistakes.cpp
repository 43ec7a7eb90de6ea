// More mistakes whose cause a report names: of sleeping, waking, and the lives of what is shared.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/mistakes.hpp"
#include "explore/explore.hpp"
#include "given/descriptor.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace cases {

using namespace std::chrono_literals;

void change_overwritten()
{
    std::atomic<int> count = 0;
    const auto add = [&] {
        const int seen = count;
        count = seen + 1;
    };
    std::thread other(add);
    add();
    other.join();
    EXPLORE_REQUIRE(count == 2);
}

void deaf_while_it_sleeps()
{
    const auto began = std::chrono::steady_clock::now();
    std::jthread sleeper([](const std::stop_token& stop) {
        if (!stop.stop_requested()) {
            std::this_thread::sleep_for(1h);
        }
    });
    sleeper.request_stop();
    sleeper.join();
    EXPLORE_REQUIRE(std::chrono::steady_clock::now() - began < 1min);
}

void news_overlooked()
{
    int ends[2];
    EXPLORE_REQUIRE(pipe(ends) == 0);
    std::mutex mutex;
    bool news = false;
    const auto there_is_some = [&] {
        const std::lock_guard lock(mutex);
        return news;
    };
    std::thread sleeper([&] {
        pollfd bell{ends[0], POLLIN, 0};
        while (!there_is_some()) {
            char byte = 0;
            if (poll(&bell, 1, 0) > 0) {
                EXPLORE_REQUIRE(read(ends[0], &byte, 1) == 1);
            }
            poll(&bell, 1, -1);
        }
    });
    {
        const std::lock_guard lock(mutex);
        news = true;
    }
    EXPLORE_REQUIRE(write(ends[1], "", 1) == 1);
    sleeper.join();
}

void notified_after_the_unlock()
{
    std::mutex mutex;
    bool done = false;
    auto ended = std::make_unique<std::condition_variable>();
    std::thread other([&, bell = ended.get()] {
        {
            const std::lock_guard lock(mutex);
            done = true;
        }
        bell->notify_one();
    });
    {
        std::unique_lock lock(mutex);
        ended->wait(lock, [&] { return done; });
    }
    ended.reset();
    other.join();
}

void sum_of_a_plain_counter()
{
    int next = 0;
    const auto take = [&] {
        for (int n = next++; n < 2; n = next++) {
        }
    };
    std::thread other(take);
    take();
    other.join();
}

namespace {

struct counter {
    int n_ = 0;

    int next()
    {
        int mine = 0;
        mine = ++n_;
        return mine;
    }
};

} // namespace

void member_beside_a_local()
{
    counter shared;
    std::thread other([&] { shared.next(); });
    shared.next();
    other.join();
}

namespace {

class worker_first {
public:
    explicit worker_first(int number)
        : thread_{[this] { EXPLORE_REQUIRE(number_ == 7); }}, number_{number}
    {}

private:
    std::jthread thread_;
    int number_;
};

} // namespace

void started_ahead_of_a_member()
{
    const worker_first one(7);
}

namespace {

class worker_before_a_default {
    std::jthread thread_{[this] { EXPLORE_REQUIRE(number_ == 7); }};
    int number_ = 7;
};

class worker_in_the_middle {
public:
    worker_in_the_middle(int first, int second)
        : first_{first},
          thread_{[this] { EXPLORE_REQUIRE(first_ + second_ == 7); }},
          second_{second}
    {}

private:
    int first_;
    std::jthread thread_;
    int second_;
};

} // namespace

void started_ahead_of_a_default()
{
    const worker_before_a_default one;
}

void started_ahead_of_a_later_line()
{
    const worker_in_the_middle one(3, 4);
}

// The condition is a local variable of whoever waits.
void notified_after_the_waiter_returned()
{
    std::thread other;
    {
        std::mutex mutex;
        std::condition_variable ended;
        bool done = false;
        other = std::thread([&] {
            {
                const std::lock_guard lock(mutex);
                done = true;
            }
            ended.notify_all();
        });
        std::unique_lock lock(mutex);
        while (!done) {
            ended.wait(lock);
        }
    }
    other.join();
}

// One of its own would tell the other thread nothing.
void flag_that_is_handed_over()
{
    int news = 0;
    const auto bring = [&] { news = 1; };
    const auto fetch = [&] { EXPLORE_REQUIRE(news < 2); };
    std::thread other(bring);
    fetch();
    other.join();
}

// Each writes it before it reads it.
void scratch_that_is_shared()
{
    int scratch = 0;
    const auto use = [&](int value) {
        scratch = value;
        EXPLORE_REQUIRE(scratch < 3);
    };
    std::thread first([&] { use(1); });
    std::thread second([&] { use(2); });
    first.join();
    second.join();
}

void used_after_its_end_in_one_thread()
{
    auto owned = std::make_unique<std::atomic<int>>(0);
    std::atomic<int>* volatile number = owned.get();
    owned.reset();
    ++*number;
}

void called_after_its_block()
{
    std::vector<std::function<void()>> handlers;
    {
        const auto rang = std::make_unique<std::atomic<bool>>(false);
        handlers.emplace_back([bell = rang.get()] { *bell = true; });
    }
    handlers.front()();
}

void locked_in_two_functions()
{
    std::mutex left;
    std::mutex right;
    const auto lock_left = [&] { const std::lock_guard lock(left); };
    std::thread other([&] {
        const std::lock_guard lock(right);
        lock_left();
    });
    {
        const std::lock_guard one(left);
        const std::lock_guard two(right);
    }
    other.join();
}

void moved_in_two_threads()
{
    given::descriptor shared;
    std::thread other([&] { shared = given::descriptor(); });
    shared = given::descriptor();
    other.join();
}

void cancelled_between_look_and_wait()
{
    std::mutex mutex;
    std::condition_variable_any changed;
    bool stop = false;
    std::thread sleeper([&] {
        std::unique_lock lock(mutex);
        const bool stopped = stop;
        lock.unlock();
        lock.lock();
        if (!stopped) {
            changed.wait(lock);
        }
    });
    {
        const std::lock_guard lock(mutex);
        stop = true;
    }
    changed.notify_all();
    sleeper.join();
}

// The callback must not lock the mutex, which is held where it is made.
void called_back_between_look_and_wait()
{
    std::mutex mutex;
    std::condition_variable_any changed;
    const std::jthread sleeper([&](const std::stop_token& asked) {
        std::unique_lock lock(mutex);
        const std::stop_callback wake(asked, [&] { changed.notify_all(); });
        while (!asked.stop_requested()) {
            changed.wait(lock);
        }
    });
}

// Likewise, with a flag of its own.
void flagged_between_look_and_wait()
{
    std::mutex mutex;
    std::condition_variable_any changed;
    std::atomic<bool> over = false;
    std::jthread sleeper([&](const std::stop_token& asked) {
        std::unique_lock lock(mutex);
        const std::stop_callback wake(asked, [&] {
            over = true;
            changed.notify_all();
        });
        while (!over) {
            changed.wait(lock);
        }
    });
    sleeper.request_stop();
    sleeper.join();
}

} // namespace cases
