// Locks missing, too few, or in the wrong order.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace cases {
namespace {

struct account {
    std::mutex mutex;
    int balance = 100; // guarded by mutex
};

template <bool Wrong>
void transfer(account& from, account& to, int amount)
{
    if constexpr (Wrong) {
        const std::lock_guard lock_from(from.mutex);
        const std::lock_guard lock_to(to.mutex);
        from.balance -= amount;
        to.balance += amount;
    } else {
        const std::scoped_lock lock(from.mutex, to.mutex);
        from.balance -= amount;
        to.balance += amount;
    }
}

template <bool Wrong>
void lock_order()
{
    account mine;
    account yours;
    std::thread there([&] { transfer<Wrong>(mine, yours, 10); });
    std::thread back([&] { transfer<Wrong>(yours, mine, 5); });
    there.join();
    back.join();
    EXPLORE_REQUIRE(mine.balance + yours.balance == 200);
}

// Each of three hands on to the next: all three must hold their first lock for it to go wrong.
template <bool Wrong>
void ring_of_transfers()
{
    std::array<account, 3> ring;
    std::array<std::thread, 3> threads;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        threads[i] = std::thread([&ring, i] { transfer<Wrong>(ring[i], ring[(i + 1) % 3], 1); });
    }
    for (std::thread& one : threads) {
        one.join();
    }
    EXPLORE_REQUIRE(ring[0].balance == 100);
}

template <bool Wrong>
void lost_update()
{
    int count = 0;
    std::mutex mutex; // guards count
    const auto handle = [&] {
        std::unique_lock lock(mutex, std::defer_lock);
        if constexpr (!Wrong) {
            lock.lock();
        }
        const int read = count;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        count = read + 1;
    };
    std::thread first(handle);
    std::thread second(handle);
    first.join();
    second.join();
    EXPLORE_REQUIRE(count == 2);
}

template <bool Wrong>
void append_to_string()
{
    std::string text;
    std::mutex mutex; // guards text
    const auto append = [&] {
        std::unique_lock lock(mutex, std::defer_lock);
        if constexpr (!Wrong) {
            lock.lock();
        }
        text.append("xyz");
    };
    std::thread first(append);
    std::thread second(append);
    first.join();
    second.join();
    EXPLORE_REQUIRE(text.size() == 6);
}

// Thrown past the unlock(), when the third call comes: two go well.
template <bool Wrong>
void exception_keeps_lock()
{
    std::mutex mutex;
    int calls = 0; // guarded by mutex
    const auto work = [&] {
        if (++calls == 3) {
            throw std::runtime_error("third time unlucky");
        }
    };
    const auto call = [&] {
        try {
            if constexpr (Wrong) {
                mutex.lock();
                work();
                mutex.unlock();
            } else {
                const std::lock_guard lock(mutex);
                work();
            }
        } catch (const std::runtime_error&) { // expected of one call
        }
    };
    const auto call_twice = [&] {
        call();
        call();
    };
    std::thread first(call_twice);
    std::thread second(call_twice);
    first.join();
    second.join();
}

// Backing off when the second lock is taken, but keeping the first one.
template <bool Wrong>
void try_lock_keeps_first()
{
    std::mutex left;
    std::mutex right;
    std::atomic<int> done = 0;
    const auto take_both = [&](std::mutex& mine, std::mutex& other) {
        mine.lock();
        if (!other.try_lock()) {
            if constexpr (!Wrong) {
                mine.unlock();
            }
            return;
        }
        ++done;
        other.unlock();
        mine.unlock();
    };
    std::thread first([&] { take_both(left, right); });
    std::thread second([&] { take_both(right, left); });
    first.join();
    second.join();
    const std::scoped_lock both(left, right);
    EXPLORE_REQUIRE(done <= 2);
}

// Two variables that belong together, each behind a lock of its own.
template <bool Wrong>
void two_locks_one_promise()
{
    std::mutex first_mutex;
    std::mutex second_mutex;
    int first = 0;
    int second = 0; // equal to first, whenever somebody looks
    const auto advance = [&] {
        if constexpr (Wrong) {
            {
                const std::lock_guard lock(first_mutex);
                ++first;
            }
            const std::lock_guard lock(second_mutex);
            ++second;
        } else {
            const std::scoped_lock lock(first_mutex, second_mutex);
            ++first;
            ++second;
        }
    };
    std::thread writer([&] {
        advance();
        advance();
    });
    std::thread reader([&] {
        const std::scoped_lock lock(first_mutex, second_mutex);
        EXPLORE_REQUIRE(first == second);
    });
    writer.join();
    reader.join();
}

template <bool Wrong>
void write_under_shared_lock()
{
    std::shared_mutex mutex;
    int looked_up = 0; // guarded by mutex
    const auto look_up = [&] {
        if constexpr (Wrong) {
            const std::shared_lock lock(mutex);
            ++looked_up; // a cache's bookkeeping is a write, too
        } else {
            const std::unique_lock lock(mutex);
            ++looked_up;
        }
    };
    std::thread first(look_up);
    std::thread second(look_up);
    std::thread third(look_up);
    first.join();
    second.join();
    third.join();
    EXPLORE_REQUIRE(looked_up == 3);
}

// A reader that wants to write waits until it is the only reader. So does the other one.
template <bool Wrong>
void upgrade_by_two()
{
    std::shared_mutex mutex;
    std::atomic<int> readers = 0;
    int value = 0; // guarded by mutex
    const auto read_then_write = [&] {
        if constexpr (Wrong) {
            mutex.lock_shared();
            ++readers;
            while (readers != 1) {
                std::this_thread::yield();
            }
            --readers;
            mutex.unlock_shared();
        } else {
            mutex.lock_shared();
            const int seen = value;
            mutex.unlock_shared();
            const std::unique_lock lock(mutex);
            value = std::max(value, seen + 1);
        }
    };
    std::thread first(read_then_write);
    std::thread second(read_then_write);
    first.join();
    second.join();
}

// Right with one thread, and with two that never meet.
template <bool Wrong>
void skipped_when_locked()
{
    int count = 0;
    std::mutex mutex; // guards count
    const auto handle = [&] {
        std::unique_lock lock(mutex, std::defer_lock);
        if constexpr (!Wrong) {
            lock.lock();
        } else if (!lock.try_lock()) {
            return;
        }
        ++count;
    };
    std::thread first(handle);
    std::thread second(handle);
    first.join();
    second.join();
    EXPLORE_REQUIRE(count == 2);
}

} // namespace

std::vector<twin> of_locks()
{
    return {
        {"lock_order", "two locks in two orders", lock_order<true>, lock_order<false>},
        {"ring_of_transfers", "three locks in a ring", ring_of_transfers<true>,
         ring_of_transfers<false>},
        {"lost_update", "read, sleep, write without a lock", lost_update<true>, lost_update<false>},
        {"append_to_string", "a string without a lock", append_to_string<true>,
         append_to_string<false>},
        {"exception_keeps_lock", "the third call leaves the mutex locked",
         exception_keeps_lock<true>, exception_keeps_lock<false>},
        {"try_lock_keeps_first", "backing off without unlocking", try_lock_keeps_first<true>,
         try_lock_keeps_first<false>},
        {"two_locks_one_promise", "two variables that belong together behind two locks",
         two_locks_one_promise<true>, two_locks_one_promise<false>},
        {"write_under_shared_lock", "a write among readers", write_under_shared_lock<true>,
         write_under_shared_lock<false>},
        {"upgrade_by_two", "two readers each wait for the other to leave", upgrade_by_two<true>,
         upgrade_by_two<false>},
        {"skipped_when_locked", "what try_lock() did not get is not done",
         skipped_when_locked<true>, skipped_when_locked<false>},
    };
}

} // namespace cases
