// Mistakes that only a weaker memory order than seq_cst makes: under sequential consistency each of
// these is right.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

namespace cases {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

// ---- each tells the other, then looks

template <bool Wrong>
void store_buffering()
{
    constexpr auto order = Wrong ? relaxed : seq_cst;
    std::atomic<bool> first_is_here = false;
    std::atomic<bool> second_is_here = false;
    bool first_saw = false;
    bool second_saw = false;
    std::thread first([&] {
        first_is_here.store(true, order);
        first_saw = second_is_here.load(order);
    });
    std::thread second([&] {
        second_is_here.store(true, order);
        second_saw = first_is_here.load(order);
    });
    first.join();
    second.join();
    EXPLORE_REQUIRE((first_saw || second_saw));
}

// Whoever brings work wakes the worker if it sleeps; the worker sleeps if there is no work.
template <bool Wrong>
void work_for_a_sleeper()
{
    std::atomic<int> work = 0;
    std::atomic<int> asleep = 0;
    bool woken = false;
    bool sleeps = false;
    std::thread worker([&] {
        asleep.store(1, release);
        if constexpr (!Wrong) {
            std::atomic_thread_fence(seq_cst);
        }
        sleeps = work.load(acquire) == 0;
    });
    work.store(1, release);
    if constexpr (!Wrong) {
        std::atomic_thread_fence(seq_cst);
    }
    woken = asleep.load(acquire) == 1;
    worker.join();
    EXPLORE_REQUIRE((woken || !sleeps));
}

// ---- messages

template <bool Wrong>
void message_passing()
{
    std::atomic<int> message = 0;
    std::atomic<bool> sent = false;
    std::thread sender([&] {
        message.store(42, relaxed);
        sent.store(true, Wrong ? relaxed : release);
    });
    if (sent.load(Wrong ? relaxed : acquire)) {
        EXPLORE_REQUIRE(message.load(relaxed) == 42);
    }
    sender.join();
}

// Two messages without an order between them, and two who read them.
template <bool Wrong>
void two_orders_of_two_messages()
{
    constexpr auto stores = Wrong ? release : seq_cst;
    constexpr auto loads = Wrong ? acquire : seq_cst;
    std::atomic<int> left = 0;
    std::atomic<int> right = 0;
    std::array<int, 4> saw{};
    std::thread writes_left([&] { left.store(1, stores); });
    std::thread writes_right([&] { right.store(1, stores); });
    std::thread reads_left([&] {
        saw[0] = left.load(loads);
        saw[1] = right.load(loads);
    });
    std::thread reads_right([&] {
        saw[2] = right.load(loads);
        saw[3] = left.load(loads);
    });
    for (std::thread* one : {&writes_left, &writes_right, &reads_left, &reads_right}) {
        one->join();
    }
    const bool disagree = saw == std::array{1, 0, 1, 0};
    EXPLORE_REQUIRE(!disagree);
}

// ---- locks of loads and stores

template <bool Wrong>
class petersons_lock {
public:
    void lock(std::size_t me)
    {
        wants_[me].store(true, stores);
        turn_.store(1 - me, stores);
        while (wants_[1 - me].load(loads) && turn_.load(loads) == 1 - me) {
            std::this_thread::yield();
        }
    }
    void unlock(std::size_t me) { wants_[me].store(false, release); }

private:
    static constexpr auto stores = Wrong ? release : seq_cst;
    static constexpr auto loads = Wrong ? acquire : seq_cst;
    std::array<std::atomic<bool>, 2> wants_{};
    std::atomic<std::size_t> turn_ = 0;
};

template <bool Wrong>
class dekkers_lock {
public:
    void lock(std::size_t me)
    {
        wants_[me].store(true, stores);
        while (wants_[1 - me].load(loads)) {
            if (turn_.load(loads) != me) {
                wants_[me].store(false, stores);
                while (turn_.load(loads) != me) {
                    std::this_thread::yield();
                }
                wants_[me].store(true, stores);
            }
        }
    }
    void unlock(std::size_t me)
    {
        turn_.store(1 - me, stores);
        wants_[me].store(false, release);
    }

private:
    static constexpr auto stores = Wrong ? release : seq_cst;
    static constexpr auto loads = Wrong ? acquire : seq_cst;
    std::array<std::atomic<bool>, 2> wants_{};
    std::atomic<std::size_t> turn_ = 0;
};

template <class Lock>
void count_under()
{
    Lock lock;
    int count = 0; // guarded by lock
    const auto use = [&](std::size_t me) {
        lock.lock(me);
        ++count;
        lock.unlock(me);
    };
    std::thread other([&] { use(1); });
    use(0);
    other.join();
    EXPLORE_REQUIRE(count == 2);
}

// ---- structures without locks

// H.-J. Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", 2012.
template <bool Wrong>
class seqlock {
public:
    void write(int value)
    {
        const int before = number_.load(relaxed);
        number_.store(before + 1, relaxed);
        std::atomic_thread_fence(release);
        first_.store(value, relaxed);
        second_.store(value, relaxed);
        number_.store(before + 2, release);
    }

    bool read(int& first, int& second) const
    {
        const int before = number_.load(acquire);
        first = first_.load(relaxed);
        second = second_.load(relaxed);
        if constexpr (!Wrong) {
            std::atomic_thread_fence(acquire);
        }
        return before % 2 == 0 && number_.load(relaxed) == before;
    }

private:
    std::atomic<int> number_ = 0; // odd while somebody writes
    std::atomic<int> first_ = 0;
    std::atomic<int> second_ = 0;
};

template <bool Wrong>
void seqlock_without_fence()
{
    seqlock<Wrong> shared;
    std::thread writer([&] { shared.write(7); });
    int first = 0;
    int second = 0;
    if (shared.read(first, second)) {
        EXPLORE_REQUIRE(first == second);
    }
    writer.join();
}

// Lê, Pop, Cohen and Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory Models",
// PPoPP 2013; of a fixed size.
template <bool Wrong>
class work_stealing_deque {
public:
    void push(int task)
    {
        const int bottom = bottom_.load(relaxed);
        tasks_[static_cast<std::size_t>(bottom)].store(task, relaxed);
        std::atomic_thread_fence(release);
        bottom_.store(bottom + 1, relaxed);
    }

    int take() // by the owner; 0: none
    {
        const int bottom = bottom_.load(relaxed) - 1;
        bottom_.store(bottom, relaxed);
        std::atomic_thread_fence(fence);
        int top = top_.load(relaxed);
        if (top > bottom) {
            bottom_.store(bottom + 1, relaxed);
            return 0;
        }
        int task = tasks_[static_cast<std::size_t>(bottom)].load(relaxed);
        if (top == bottom) { // the last one: a thief may want it, too
            if (!top_.compare_exchange_strong(top, top + 1, seq_cst, relaxed)) {
                task = 0;
            }
            bottom_.store(bottom + 1, relaxed);
        }
        return task;
    }

    int steal() // 0: none, or somebody was faster
    {
        int top = top_.load(acquire);
        std::atomic_thread_fence(fence);
        const int bottom = bottom_.load(acquire);
        if (top >= bottom) {
            return 0;
        }
        const int task = tasks_[static_cast<std::size_t>(top)].load(relaxed);
        return top_.compare_exchange_strong(top, top + 1, seq_cst, relaxed) ? task : 0;
    }

private:
    static constexpr auto fence = Wrong ? acq_rel : seq_cst;
    std::atomic<int> top_ = 0;
    std::atomic<int> bottom_ = 0;
    std::array<std::atomic<int>, 4> tasks_{};
};

template <bool Wrong>
void task_stolen_and_taken()
{
    work_stealing_deque<Wrong> deque;
    deque.push(1);
    deque.push(2);
    std::array<int, 3> done{}; // [i]: how often task i was done
    std::thread thief([&] {
        for (int i = 0; i < 2; ++i) {
            const int task = deque.steal();
            if (task != 0) {
                done[static_cast<std::size_t>(task)] += 1;
            }
        }
    });
    const int task = deque.take();
    thief.join();
    done[static_cast<std::size_t>(task)] += task != 0;
    EXPLORE_REQUIRE(done[2] <= 1);
}

// The count of ex06, of whose clients the second begins when the first is done.
template <bool Wrong>
void counted_one_after_the_other()
{
    std::atomic<int> count = 0;
    std::atomic<bool> first_is_done = false;
    const auto handle = [&] {
        const int seen = count.load(relaxed);
        count.store(seen + 1, relaxed);
        return seen + 1;
    };
    int one = 0;
    int two = 0;
    std::thread first([&] {
        one = handle();
        first_is_done.store(true, Wrong ? relaxed : release);
    });
    std::thread second([&] {
        while (!first_is_done.load(Wrong ? relaxed : acquire)) {
            std::this_thread::yield();
        }
        two = handle();
    });
    first.join();
    second.join();
    EXPLORE_REQUIRE(one != two);
}

// M. M. Michael, "Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects", 2004.
template <bool Wrong>
void hazard_pointer_without_fence()
{
    const auto fence = [] {
        if constexpr (!Wrong) {
            std::atomic_thread_fence(seq_cst);
        }
    };
    std::atomic<int*> current = new int(1);
    std::atomic<int*> hazard = nullptr;
    std::thread reader([&] {
        int* seen = current.load(acquire);
        hazard.store(seen, release);
        fence();
        if (seen != nullptr && current.load(acquire) == seen) {
            EXPLORE_REQUIRE(*seen == 1);
        }
        hazard.store(nullptr, release);
    });
    int* old = current.exchange(nullptr, acq_rel);
    fence();
    if (hazard.load(acquire) != old) {
        delete old;
        old = nullptr;
    }
    reader.join();
    delete old;
}

} // namespace

std::vector<twin> of_memory_orders()
{
    return {
        {"store_buffering", "each sets its flag and looks at the other's, relaxed",
         store_buffering<true>, store_buffering<false>},
        {"work_for_a_sleeper", "both look before the other one's store is seen",
         work_for_a_sleeper<true>, work_for_a_sleeper<false>},
        {"message_passing", "an atomic message, and a relaxed flag that says it is there",
         message_passing<true>, message_passing<false>},
        {"two_orders", "two readers see two messages in two orders",
         two_orders_of_two_messages<true>, two_orders_of_two_messages<false>},
        {"peterson_acq_rel", "Peterson's lock with acquire and release",
         count_under<petersons_lock<true>>, count_under<petersons_lock<false>>},
        {"dekker_acq_rel", "Dekker's lock with acquire and release",
         count_under<dekkers_lock<true>>, count_under<dekkers_lock<false>>},
        {"seqlock_reader", "a seqlock's reader without its fence", seqlock_without_fence<true>,
         seqlock_without_fence<false>},
        {"work_stealing", "a work-stealing deque with fences that are too weak",
         task_stolen_and_taken<true>, task_stolen_and_taken<false>},
        {"relaxed_done", "the next client begins at a relaxed flag, and does not see the count",
         counted_one_after_the_other<true>, counted_one_after_the_other<false>},
        {"hazard_pointer", "a hazard pointer without a fence", hazard_pointer_without_fence<true>,
         hazard_pointer_without_fence<false>},
    };
}

} // namespace cases
