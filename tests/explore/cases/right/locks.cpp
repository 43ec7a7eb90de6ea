// Mutexes of all kinds, and what is initialized once.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/right/programs.hpp"

#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cases {
namespace {

using namespace std::chrono_literals;

struct account {
    std::mutex mutex;
    int balance = 5; // guarded by mutex
};

void two_accounts_at_once()
{
    account one;
    account other;
    by_two(
        [&] {
            const std::scoped_lock both(one.mutex, other.mutex);
            one.balance -= 2;
            other.balance += 2;
        },
        [&] {
            const std::scoped_lock both(other.mutex, one.mutex);
            EXPLORE_REQUIRE(one.balance + other.balance == 10);
        });
}

void two_accounts_in_order()
{
    account all[2];
    by_all(2, [&](int thread) {
        const std::lock_guard first(all[0].mutex);
        const std::lock_guard second(all[1].mutex);
        all[thread].balance -= 1;
        all[1 - thread].balance += 1;
    });
    EXPLORE_REQUIRE(all[0].balance + all[1].balance == 10);
}

void tried_and_left_alone()
{
    account one;
    account other;
    int moved = 0;
    by_two(
        [&] {
            const std::lock_guard first(one.mutex);
            const std::lock_guard second(other.mutex);
            --one.balance;
            ++other.balance;
        },
        [&] {
            const std::unique_lock first(other.mutex, std::try_to_lock);
            const std::unique_lock second(one.mutex, std::try_to_lock);
            if (first && second) {
                --other.balance;
                ++one.balance;
                ++moved;
            }
        });
    EXPLORE_REQUIRE(one.balance == 4 + moved && other.balance == 6 - moved);
}

void locked_again_by_the_owner()
{
    std::recursive_mutex mutex;
    int count = 0;
    by_all(2, [&](int) {
        const std::lock_guard outer(mutex);
        ++count;
        const std::lock_guard inner(mutex);
        ++count;
    });
    EXPLORE_REQUIRE(count == 4);
}

void given_up_after_a_while()
{
    std::timed_mutex mutex;
    int count = 0;
    by_all(2, [&](int) {
        if (const std::unique_lock lock(mutex, 1h); lock) {
            ++count;
            std::this_thread::sleep_for(2h);
        }
    });
    EXPLORE_REQUIRE(count >= 1);
}

void readers_and_a_writer()
{
    std::shared_mutex mutex;
    int left = 0;
    int right = 0;
    by_all(3, [&](int thread) {
        if (thread == 0) {
            const std::lock_guard lock(mutex);
            ++left;
            ++right;
        } else {
            const std::shared_lock lock(mutex);
            EXPLORE_REQUIRE(left == right);
        }
    });
}

void looked_up_then_made()
{
    std::shared_mutex mutex;
    std::vector<int> cache;
    const auto get = [&] {
        {
            const std::shared_lock lock(mutex);
            if (!cache.empty()) {
                return cache.front();
            }
        }
        const std::lock_guard lock(mutex);
        if (cache.empty()) { // somebody else may have been faster
            cache.push_back(7);
        }
        return cache.front();
    };
    by_all(2, [&](int) { EXPLORE_REQUIRE(get() == 7); });
    EXPLORE_REQUIRE(cache.size() == 1);
}

void called_once()
{
    std::once_flag once;
    int made = 0;
    by_all(3, [&](int) {
        std::call_once(once, [&] { ++made; });
        EXPLORE_REQUIRE(made == 1);
    });
}

void called_again_after_a_failure()
{
    std::once_flag once;
    int tries = 0;
    by_all(2, [&](int) {
        try {
            std::call_once(once, [&] {
                if (++tries == 1) {
                    throw std::runtime_error("the first try");
                }
            });
        } catch (const std::runtime_error&) {
        }
    });
    std::call_once(once, [&] { ++tries; });
    EXPLORE_REQUIRE(tries == 2);
}

void unlocked_by_an_exception()
{
    std::mutex mutex;
    int count = 0;
    by_all(2, [&](int thread) {
        try {
            const std::lock_guard lock(mutex);
            ++count;
            if (thread == 0) {
                throw std::runtime_error("inside");
            }
        } catch (const std::runtime_error&) {
            const std::lock_guard lock(mutex);
            ++count;
        }
    });
    EXPLORE_REQUIRE(count == 3);
}

void taken_out_then_worked_on()
{
    std::mutex mutex;
    std::vector<int> waiting = {1, 2, 3}; // guarded by mutex
    std::vector<int> done;                // guarded by mutex
    by_all(2, [&](int) {
        std::vector<int> mine;
        {
            const std::lock_guard lock(mutex);
            mine.swap(waiting);
        }
        for (int& one : mine) {
            one *= 2;
        }
        const std::lock_guard lock(mutex);
        done.insert(done.end(), mine.begin(), mine.end());
    });
    EXPLORE_REQUIRE(done.size() == 3);
}

void lock_handed_on()
{
    std::mutex mutex;
    int count = 0;
    const auto locked = [&] {
        std::unique_lock lock(mutex);
        ++count;
        return lock;
    };
    by_all(2, [&](int) {
        std::unique_lock mine = locked();
        const std::unique_lock moved = std::move(mine);
        ++count;
    });
    EXPLORE_REQUIRE(count == 4);
}

} // namespace

std::vector<right_program> right_with_locks()
{
    return {
        {"two_accounts_at_once", two_accounts_at_once},
        {"two_accounts_in_order", two_accounts_in_order},
        {"tried_and_left_alone", tried_and_left_alone},
        {"locked_again_by_the_owner", locked_again_by_the_owner},
        {"given_up_after_a_while", given_up_after_a_while},
        {"readers_and_a_writer", readers_and_a_writer},
        {"looked_up_then_made", looked_up_then_made},
        {"called_once", called_once},
        {"called_again_after_a_failure", called_again_after_a_failure},
        {"unlocked_by_an_exception", unlocked_by_an_exception},
        {"taken_out_then_worked_on", taken_out_then_worked_on},
        {"lock_handed_on", lock_handed_on},
    };
}

} // namespace cases
