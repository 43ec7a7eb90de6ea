// Threads that wait for one another: gates, latches, barriers, stages, semaphores, locks made by
// hand.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace cases {
namespace {

// The flag is atomic, and yet it must change under the lock.
template <bool Wrong>
class gate {
public:
    void open()
    {
        if constexpr (Wrong) {
            open_ = true;
        } else {
            const std::lock_guard lock(mutex_);
            open_ = true;
        }
        opened_.notify_all();
    }

    void wait()
    {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [&] { return open_.load(); });
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_; // notified by open()
    std::atomic<bool> open_ = false;
};

template <bool Wrong>
void lost_wakeup()
{
    gate<Wrong> start;
    std::thread runner([&] { start.wait(); });
    start.open();
    runner.join();
}

// Without a generation, the slow one of the first round waits for the second round's end.
template <bool Wrong>
class barrier {
public:
    explicit barrier(int parties) : parties_(parties) {}

    void arrive_and_wait()
    {
        std::unique_lock lock(mutex_);
        const int mine = generation_;
        if (++arrived_ == parties_) {
            arrived_ = 0;
            ++generation_;
            all_here_.notify_all();
        } else if constexpr (Wrong) {
            all_here_.wait(lock, [&] { return arrived_ == 0; });
        } else {
            all_here_.wait(lock, [&] { return generation_ != mine; });
        }
    }

private:
    const int parties_;
    std::mutex mutex_;
    std::condition_variable all_here_; // notified by the last to arrive
    int arrived_ = 0;                  // guarded by mutex_
    int generation_ = 0;               // guarded by mutex_
};

template <bool Wrong>
void barrier_used_again()
{
    barrier<Wrong> meeting(2);
    const auto twice = [&] {
        meeting.arrive_and_wait();
        meeting.arrive_and_wait();
    };
    std::thread first(twice);
    std::thread second(twice);
    first.join();
    second.join();
}

// The last one to count down may do so between the waiter's look and its sleep.
template <bool Wrong>
class countdown {
public:
    explicit countdown(int count) : left_(count) {}

    void count_down()
    {
        if constexpr (Wrong) {
            if (--left_ == 0) {
                none_left_.notify_all();
            }
        } else {
            const std::lock_guard lock(mutex_);
            if (--left_ == 0) {
                none_left_.notify_all();
            }
        }
    }

    void wait()
    {
        std::unique_lock lock(mutex_);
        none_left_.wait(lock, [&] { return left_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable none_left_; // notified by the last count_down()
    std::atomic<int> left_;
};

template <bool Wrong>
void countdown_of_three()
{
    countdown<Wrong> ready(3);
    std::array<std::thread, 3> workers;
    for (std::thread& one : workers) {
        one = std::thread([&] { ready.count_down(); });
    }
    ready.wait();
    for (std::thread& one : workers) {
        one.join();
    }
}

// Three stages in a row. The last one waits for the first stage's flag instead of the second's.
template <bool Wrong>
void three_stages()
{
    std::mutex mutex;
    std::condition_variable advanced; // notified by the stages
    int stage = 0;                    // guarded by mutex
    int value = 0;                    // guarded by mutex
    const auto reach = [&](int wanted, auto&& change) {
        std::unique_lock lock(mutex);
        advanced.wait(lock, [&] { return stage >= wanted; });
        change();
        ++stage;
        advanced.notify_all();
    };
    std::thread first([&] { reach(0, [&] { value += 2; }); });
    std::thread second([&] { reach(1, [&] { value *= 10; }); });
    std::thread third([&] { reach(Wrong ? 1 : 2, [&] { value += 1; }); });
    first.join();
    second.join();
    third.join();
    EXPLORE_REQUIRE(value == 21);
}

// Two units, three threads: a woken one must look whether its unit is still there.
template <bool Wrong>
class semaphore {
public:
    explicit semaphore(int units) : units_(units) {}

    void acquire()
    {
        std::unique_lock lock(mutex_);
        if constexpr (Wrong) {
            if (units_ == 0) {
                released_.wait(lock);
            }
        } else {
            released_.wait(lock, [&] { return units_ > 0; });
        }
        --units_;
        EXPLORE_REQUIRE(units_ >= 0);
    }

    void release()
    {
        const std::lock_guard lock(mutex_);
        ++units_;
        released_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable released_; // notified by release()
    int units_;                        // guarded by mutex_
};

template <bool Wrong>
void semaphore_of_two()
{
    semaphore<Wrong> places(2);
    const auto visit = [&] {
        for (int i = 0; i < 2; ++i) {
            places.acquire();
            places.release();
        }
    };
    std::array<std::thread, 3> visitors = {std::thread(visit), std::thread(visit),
                                           std::thread(visit)};
    for (std::thread& one : visitors) {
        one.join();
    }
}

// A lock for many readers or one writer, whose writer asks for readers only.
template <bool Wrong>
class read_write_lock {
public:
    void begin_read()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !writing_; });
        ++readers_;
    }

    void end_read()
    {
        const std::lock_guard lock(mutex_);
        --readers_;
        changed_.notify_all();
    }

    void begin_write()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return readers_ == 0 && (Wrong || !writing_); });
        writing_ = true;
    }

    void end_write()
    {
        const std::lock_guard lock(mutex_);
        writing_ = false;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_; // notified by end_read() and end_write()
    int readers_ = 0;                 // guarded by mutex_
    bool writing_ = false;            // guarded by mutex_
};

template <bool Wrong>
void two_writers_one_reader()
{
    read_write_lock<Wrong> lock;
    std::atomic<int> inside = 0;
    const auto write = [&] {
        lock.begin_write();
        const int before = inside++;
        EXPLORE_REQUIRE(before == 0);
        --inside;
        lock.end_write();
    };
    std::thread reader([&] {
        lock.begin_read();
        EXPLORE_REQUIRE(inside == 0);
        lock.end_read();
    });
    std::thread first(write);
    std::thread second(write);
    reader.join();
    first.join();
    second.join();
}

// Who begins to wait before the change sleeps on.
template <bool Wrong>
void change_without_notify()
{
    std::atomic<bool> ready = false;
    std::thread other([&] { ready.wait(false); });
    ready = true;
    if constexpr (!Wrong) {
        ready.notify_one();
    }
    other.join();
}

// The one that waits can find the flag set, return and destroy everything before the other has
// come to its notify_one().
template <bool Wrong>
std::thread wait_for_a_worker()
{
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false; // guarded by mutex
    std::thread worker([&] {
        std::unique_lock lock(mutex);
        done = true;
        if constexpr (Wrong) {
            lock.unlock();
        }
        finished.notify_one();
    });
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return done; });
    return worker;
}

template <bool Wrong>
void notify_after_the_end()
{
    wait_for_a_worker<Wrong>().join();
}

} // namespace

std::vector<twin> of_waiting()
{
    return {
        {"lost_wakeup", "the flag changes outside the lock", lost_wakeup<true>, lost_wakeup<false>},
        {"barrier_used_again", "a barrier without a generation", barrier_used_again<true>,
         barrier_used_again<false>},
        {"countdown_of_three", "the count changes outside the lock", countdown_of_three<true>,
         countdown_of_three<false>},
        {"three_stages", "the third stage waits for the first", three_stages<true>,
         three_stages<false>},
        {"semaphore_of_two", "a woken thread does not look again", semaphore_of_two<true>,
         semaphore_of_two<false>},
        {"two_writers_one_reader", "a writer does not ask for writers",
         two_writers_one_reader<true>, two_writers_one_reader<false>},
        {"change_without_notify", "an atomic changes and nobody is told",
         change_without_notify<true>, change_without_notify<false>},
        {"notify_after_the_end", "the condition variable may be gone when it is notified",
         notify_after_the_end<true>, notify_after_the_end<false>},
    };
}

} // namespace cases
