// Locks and structures made of atomics.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/right/programs.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace cases {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;

template <class Lock>
void counted_under()
{
    Lock lock;
    int count = 0;
    by_all(2, [&](int thread) {
        lock.lock(thread);
        ++count;
        lock.unlock(thread);
    });
    EXPLORE_REQUIRE(count == 2);
}

class test_and_set_lock {
public:
    void lock(int)
    {
        while (taken_.test_and_set(acquire)) {
            std::this_thread::yield();
        }
    }
    void unlock(int) { taken_.clear(release); }

private:
    std::atomic_flag taken_;
};

// Looks without writing first.
class looking_lock {
public:
    void lock(int)
    {
        do {
            while (taken_.load(relaxed)) {
                std::this_thread::yield();
            }
        } while (taken_.exchange(true, acquire));
    }
    void unlock(int) { taken_.store(false, release); }

private:
    std::atomic<bool> taken_ = false;
};

class ticket_lock {
public:
    void lock(int)
    {
        const int mine = next_.fetch_add(1, relaxed);
        while (served_.load(acquire) != mine) {
            std::this_thread::yield();
        }
    }
    void unlock(int) { served_.store(served_.load(relaxed) + 1, release); }

private:
    std::atomic<int> next_ = 0;
    std::atomic<int> served_ = 0;
};

// Sleeps in the kernel meanwhile.
class waiting_lock {
public:
    void lock(int)
    {
        while (taken_.exchange(1, acquire) == 1) {
            taken_.wait(1, relaxed);
        }
    }
    void unlock(int)
    {
        taken_.store(0, release);
        taken_.notify_one();
    }

private:
    std::atomic<int> taken_ = 0;
};

class peterson_lock {
public:
    void lock(int thread)
    {
        wants_[thread] = true;
        last_ = thread;
        while (wants_[1 - thread] && last_ == thread) {
            std::this_thread::yield();
        }
    }
    void unlock(int thread) { wants_[thread] = false; }

private:
    std::atomic<bool> wants_[2] = {false, false};
    std::atomic<int> last_ = 0;
};

// Either sees that the other one wants to, too; then nobody does.
void both_or_neither()
{
    std::atomic<bool> wants[2] = {false, false};
    int inside = 0;
    by_all(2, [&](int thread) {
        wants[thread] = true;
        if (!wants[1 - thread]) {
            ++inside;
        }
    });
    EXPLORE_REQUIRE(inside <= 1);
}

struct link {
    int number;
    link* next;
};

void push(std::atomic<link*>& top, int number)
{
    auto* fresh = new link{number, top.load(relaxed)};
    while (!top.compare_exchange_weak(fresh->next, fresh, release, relaxed)) {
    }
}

int sum_and_delete(link* at)
{
    int sum = 0;
    while (at != nullptr) {
        sum += at->number;
        const std::unique_ptr<link> done(at);
        at = at->next;
    }
    return sum;
}

void stack_taken_whole()
{
    std::atomic<link*> top = nullptr;
    std::atomic<int> sum = 0;
    by_all(3, [&](int thread) {
        if (thread < 2) {
            push(top, thread + 1);
        } else {
            sum += sum_and_delete(top.exchange(nullptr, acquire));
        }
    });
    EXPLORE_REQUIRE(sum + sum_and_delete(top) == 3);
}

void greatest_kept()
{
    std::atomic<int> greatest = 0;
    by_all(3, [&](int thread) {
        int seen = greatest.load(relaxed);
        while (seen < thread + 5 && !greatest.compare_exchange_weak(seen, thread + 5, relaxed)) {
        }
    });
    EXPLORE_REQUIRE(greatest == 7);
}

void made_by_the_first()
{
    std::atomic<int*> made = nullptr;
    by_all(2, [&](int thread) {
        auto fresh = std::make_unique<int>(thread);
        int* there = nullptr;
        if (made.compare_exchange_strong(there, fresh.get(), std::memory_order_acq_rel)) {
            there = fresh.release();
        }
        EXPLORE_REQUIRE(*there == 0 || *there == 1);
    });
    delete made.load();
}

void double_checked_right()
{
    std::mutex mutex;
    std::atomic<int*> made = nullptr;
    by_all(2, [&](int) {
        int* there = made.load(acquire);
        if (there == nullptr) {
            const std::lock_guard lock(mutex);
            there = made.load(relaxed);
            if (there == nullptr) {
                there = new int(7);
                made.store(there, release);
            }
        }
        EXPLORE_REQUIRE(*there == 7);
    });
    delete made.load();
}

// Sixteen bytes at once.
void pair_in_one_piece()
{
    struct pair {
        long one, other;
    };
    std::atomic<pair> both = pair{0, 0};
    by_two(
        [&] {
            both.store({1, 1});
        },
        [&] {
            const pair seen = both.load();
            EXPLORE_REQUIRE(seen.one == seen.other);
        });
}

void last_of_three_by_hand()
{
    std::atomic<int> left = 3;
    int parts[3] = {0, 0, 0};
    std::atomic<int> sums = 0;
    by_all(3, [&](int thread) {
        parts[thread] = thread + 1;
        if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            EXPLORE_REQUIRE(parts[0] + parts[1] + parts[2] == 6);
            ++sums;
        }
    });
    EXPLORE_REQUIRE(sums == 1);
}

void ping_and_pong()
{
    std::atomic<int> turn = 0;
    int played = 0;
    by_all(2, [&](int thread) {
        for (int i = 0; i < 2; ++i) {
            for (int now = turn.load(acquire); now != thread; now = turn.load(acquire)) {
                turn.wait(now, relaxed);
            }
            ++played;
            turn.store(1 - thread, release);
            turn.notify_one();
        }
    });
    EXPLORE_REQUIRE(played == 4);
}

void pointers_shared_by_copy()
{
    auto shared = std::make_shared<int>(7);
    by_all(2, [shared](int) {
        const std::shared_ptr<int> mine = shared;
        EXPLORE_REQUIRE(*mine == 7);
    });
}

void last_owner_elsewhere()
{
    auto owned = std::make_shared<std::atomic<int>>(0);
    std::weak_ptr<std::atomic<int>> watched = owned;
    std::thread other([mine = std::move(owned)] { ++*mine; });
    if (const auto alive = watched.lock()) {
        EXPLORE_REQUIRE(*alive <= 1);
    }
    other.join();
}

} // namespace

std::vector<right_program> right_with_atomics()
{
    return {
        {"test_and_set_lock", counted_under<test_and_set_lock>},
        {"looking_lock", counted_under<looking_lock>},
        {"ticket_lock", counted_under<ticket_lock>},
        {"waiting_lock", counted_under<waiting_lock>},
        {"peterson_lock", counted_under<peterson_lock>},
        {"both_or_neither", both_or_neither},
        {"stack_taken_whole", stack_taken_whole},
        {"greatest_kept", greatest_kept},
        {"made_by_the_first", made_by_the_first},
        {"double_checked_right", double_checked_right},
        {"pair_in_one_piece", pair_in_one_piece},
        {"last_of_three_by_hand", last_of_three_by_hand},
        {"ping_and_pong", ping_and_pong},
        {"pointers_shared_by_copy", pointers_shared_by_copy},
        {"last_owner_elsewhere", last_owner_elsewhere},
    };
}

} // namespace cases
