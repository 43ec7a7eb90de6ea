// Atomics and flags: no data race, and wrong nevertheless; or plain where they should be atomic.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace cases {
namespace {

template <bool Wrong>
void plain_stop_flag()
{
    std::conditional_t<Wrong, bool, std::atomic<bool>> stop = false;
    [[maybe_unused]] long rounds = 0;
    std::thread worker([&] {
        while (!stop) {
            ++rounds;
            std::this_thread::yield();
        }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    stop = true;
    worker.join();
}

struct settings {
    int first = 1;
    int second = 2;
};

template <bool Wrong>
class lazy_settings {
public:
    ~lazy_settings() { delete static_cast<settings*>(made_); }

    settings* get()
    {
        if (!made_) {
            const std::lock_guard lock(mutex_);
            if (!made_) {
                made_ = new settings;
            }
        }
        return made_;
    }

private:
    std::mutex mutex_;
    std::conditional_t<Wrong, settings*, std::atomic<settings*>> made_ = nullptr;
};

template <bool Wrong>
void double_checked()
{
    lazy_settings<Wrong> lazy;
    const auto use = [&] { EXPLORE_REQUIRE(lazy.get()->second == 2); };
    std::thread first(use);
    std::thread second(use);
    first.join();
    second.join();
}

// One place is left, two ask for it.
template <bool Wrong>
void admission_limit()
{
    constexpr int most = 2;
    std::atomic<int> inside = 1;
    const auto enter = [&] {
        if constexpr (Wrong) {
            if (inside < most) {
                ++inside;
            }
        } else {
            int seen = inside;
            while (seen < most && !inside.compare_exchange_weak(seen, seen + 1)) {
            }
        }
    };
    std::thread first(enter);
    std::thread second(enter);
    first.join();
    second.join();
    EXPLORE_REQUIRE(inside <= most);
}

template <bool Wrong>
void relaxed_publication()
{
    constexpr auto order = Wrong ? std::memory_order_relaxed : std::memory_order_release;
    int data = 0;
    std::atomic<bool> ready = false;
    std::thread writer([&] {
        data = 42;
        ready.store(true, order);
    });
    while (!ready.load(std::memory_order_acquire)) {
        std::this_thread::yield();
    }
    EXPLORE_REQUIRE(data == 42);
    writer.join();
}

// A stack without locks whose pop() reads the next pointer of a node that another pop() has
// deleted.
template <bool Wrong>
class stack {
public:
    stack() = default;
    stack(const stack&) = delete;
    stack& operator=(const stack&) = delete;
    ~stack()
    {
        for (node* chain : {top_.load(), popped_.load()}) {
            while (chain) {
                node* next = chain == popped_ ? chain->next_popped : chain->next;
                if (chain == popped_) {
                    popped_ = next;
                }
                delete chain;
                chain = next;
            }
        }
    }

    void push(int value)
    {
        auto* fresh = new node{value, top_, nullptr};
        while (!top_.compare_exchange_weak(fresh->next, fresh)) {
        }
    }

    bool pop(int& value)
    {
        node* taken = top_;
        while (taken && !top_.compare_exchange_weak(taken, taken->next)) {
        }
        if (!taken) {
            return false;
        }
        value = taken->value;
        if constexpr (Wrong) {
            delete taken;
        } else { // others may still be reading it: the destructor deletes it
            taken->next_popped = popped_;
            while (!popped_.compare_exchange_weak(taken->next_popped, taken)) {
            }
        }
        return true;
    }

private:
    struct node {
        int value;
        node* next;
        node* next_popped;
    };

    std::atomic<node*> top_ = nullptr;
    std::atomic<node*> popped_ = nullptr;
};

template <bool Wrong>
void stack_without_locks()
{
    stack<Wrong> numbers;
    numbers.push(1);
    numbers.push(2);
    const auto take = [&] {
        int value = 0;
        numbers.pop(value);
    };
    std::thread first(take);
    std::thread second(take);
    first.join();
    second.join();
}

// Looking whether the lock is free and taking it are two steps.
template <bool Wrong>
class spinlock {
public:
    void lock()
    {
        if constexpr (Wrong) {
            while (taken_.load()) {
                std::this_thread::yield();
            }
            taken_.store(true);
        } else {
            while (taken_.exchange(true)) {
                std::this_thread::yield();
            }
        }
    }
    void unlock() { taken_.store(false); }

private:
    std::atomic<bool> taken_ = false;
};

template <bool Wrong>
void spinlock_in_two_steps()
{
    spinlock<Wrong> lock;
    std::atomic<int> inside = 0;
    const auto visit = [&] {
        for (int i = 0; i < 2; ++i) {
            const std::lock_guard guard(lock);
            const int before = inside++;
            EXPLORE_REQUIRE(before == 0);
            --inside;
        }
    };
    std::thread first(visit);
    std::thread second(visit);
    first.join();
    second.join();
}

// Three threads offer a value; the largest must stay.
template <bool Wrong>
void atomic_maximum()
{
    std::atomic<int> largest = 0;
    const auto offer = [&](int value) {
        if constexpr (Wrong) {
            if (value > largest) {
                largest = value;
            }
        } else {
            int seen = largest;
            while (value > seen && !largest.compare_exchange_weak(seen, value)) {
            }
        }
    };
    std::thread first(offer, 3);
    std::thread second(offer, 1);
    std::thread third(offer, 2);
    first.join();
    second.join();
    third.join();
    EXPLORE_REQUIRE(largest == 3);
}

// Peterson's lock for two. The wrong one says that it wants to come in after giving way.
template <bool Wrong>
class lock_for_two {
public:
    void lock(int me)
    {
        const int other = 1 - me;
        if constexpr (Wrong) {
            gives_way_ = me;
            wants_[me] = true;
        } else {
            wants_[me] = true;
            gives_way_ = me;
        }
        while (wants_[other] && gives_way_ == me) {
            std::this_thread::yield();
        }
    }
    void unlock(int me) { wants_[me] = false; }

private:
    std::atomic<bool> wants_[2] = {false, false};
    std::atomic<int> gives_way_ = 0;
};

template <bool Wrong>
void peterson()
{
    lock_for_two<Wrong> lock;
    std::atomic<int> inside = 0;
    const auto visit = [&](int me) {
        lock.lock(me);
        const int before = inside++;
        EXPLORE_REQUIRE(before == 0);
        --inside;
        lock.unlock(me);
    };
    std::thread first(visit, 0);
    std::thread second(visit, 1);
    first.join();
    second.join();
}

// Counting down and looking at the count are two steps: two threads may both see zero.
template <bool Wrong>
void last_one_out()
{
    std::atomic<int> inside = 3;
    std::atomic<int> lights_turned_off = 0;
    const auto leave = [&] {
        if constexpr (Wrong) {
            --inside;
            if (inside == 0) {
                ++lights_turned_off;
            }
        } else {
            if (--inside == 0) {
                ++lights_turned_off;
            }
        }
    };
    std::thread first(leave);
    std::thread second(leave);
    std::thread third(leave);
    first.join();
    second.join();
    third.join();
    EXPLORE_REQUIRE(lights_turned_off == 1);
}

struct two_fields {
    std::int32_t first = 0;
    std::int32_t second = 0;
};

// The second field is written after a release of the mutex, the first one before. (On the heap, as
// clang 16 does not tell of a function's accesses to the fields of its own local variables.)
template <bool Wrong>
void relaxed_flag_for_two()
{
    const auto fields = std::make_unique<two_fields>();
    std::mutex of_something_else;
    std::atomic<bool> ready = false;
    std::thread writer([&] {
        fields->first = 1;
        of_something_else.lock();
        of_something_else.unlock();
        fields->second = 2;
        ready.store(true, Wrong ? std::memory_order_relaxed : std::memory_order_release);
    });
    while (!ready.load(Wrong ? std::memory_order_relaxed : std::memory_order_acquire)) {
        std::this_thread::yield();
    }
    EXPLORE_REQUIRE(fields->first == 1);
    writer.join();
}

// The vector itself does not change, so only the copying of its elements can be seen to race.
template <bool Wrong>
void copied_while_written()
{
    std::vector<int> squares(4);
    std::thread worker([&] { squares[3] = 9; });
    if constexpr (!Wrong) {
        worker.join();
    }
    const std::vector<int> copied = squares;
    if constexpr (Wrong) {
        worker.join();
    }
    EXPLORE_REQUIRE(copied.size() == 4);
}

} // namespace

std::vector<twin> of_atomics()
{
    return {
        {"plain_stop_flag", "a plain bool says stop", plain_stop_flag<true>,
         plain_stop_flag<false>},
        {"double_checked", "double-checked initialization of a plain pointer", double_checked<true>,
         double_checked<false>},
        {"admission_limit", "look, then count up", admission_limit<true>, admission_limit<false>},
        {"relaxed_publication", "a relaxed flag publishes data", relaxed_publication<true>,
         relaxed_publication<false>},
        {"stack_without_locks", "pop() reads a node that another pop() deleted",
         stack_without_locks<true>, stack_without_locks<false>},
        {"spinlock_in_two_steps", "look, then take", spinlock_in_two_steps<true>,
         spinlock_in_two_steps<false>},
        {"atomic_maximum", "compare, then store", atomic_maximum<true>, atomic_maximum<false>},
        {"peterson", "Peterson's lock with its first two lines exchanged", peterson<true>,
         peterson<false>},
        {"last_one_out", "count down, then look", last_one_out<true>, last_one_out<false>},
        {"relaxed_flag_for_two", "a relaxed flag publishes two fields side by side",
         relaxed_flag_for_two<true>, relaxed_flag_for_two<false>},
        {"copied_while_written", "a vector is copied while its elements change",
         copied_while_written<true>, copied_while_written<false>},
    };
}

} // namespace cases
