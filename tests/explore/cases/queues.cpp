// Queues between threads.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>

namespace cases {
namespace {

enum class mistake {
    none,
    no_lock,
    no_predicate,
    if_for_while,
    notify_one_at_close,
    notify_too_early,
    closed_before_drained,
};

template <mistake Made>
class queue {
public:
    void push(int item)
    {
        if constexpr (Made == mistake::notify_too_early) {
            not_empty_.notify_one();
        }
        if constexpr (Made == mistake::no_lock) {
            items_.push(item);
        } else {
            const std::lock_guard lock(mutex_);
            items_.push(item);
        }
        if constexpr (Made != mistake::notify_too_early) {
            not_empty_.notify_one();
        }
    }

    int pop()
    {
        std::unique_lock lock(mutex_);
        if constexpr (Made == mistake::no_predicate) {
            not_empty_.wait(lock);
        } else if constexpr (Made == mistake::if_for_while) {
            if (items_.empty()) {
                not_empty_.wait(lock);
            }
        } else {
            not_empty_.wait(lock, [&] { return !items_.empty(); });
        }
        EXPLORE_REQUIRE(!items_.empty());
        const int item = items_.front();
        items_.pop();
        return item;
    }

    // Nothing once the queue is closed and empty.
    std::optional<int> pop_until_closed()
    {
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [&] { return closed_ || !items_.empty(); });
        const bool ended = Made == mistake::closed_before_drained ? closed_ : items_.empty();
        if (ended) {
            return std::nullopt;
        }
        const int item = items_.front();
        items_.pop();
        return item;
    }

    void close()
    {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        if constexpr (Made == mistake::notify_one_at_close) {
            not_empty_.notify_one();
        } else {
            not_empty_.notify_all();
        }
    }

    bool empty()
    {
        const std::lock_guard lock(mutex_);
        return items_.empty();
    }

    std::optional<int> try_pop()
    {
        const std::lock_guard lock(mutex_);
        if (items_.empty()) {
            return std::nullopt;
        }
        const int item = items_.front();
        items_.pop();
        return item;
    }

private:
    std::mutex mutex_;
    std::condition_variable not_empty_; // notified by push() and close()
    std::queue<int> items_;             // guarded by mutex_
    bool closed_ = false;               // guarded by mutex_
};

template <mistake Made>
void push_without_lock()
{
    queue<Made> numbers;
    int sum = 0;
    std::thread producer([&] {
        numbers.push(1);
        numbers.push(2);
    });
    std::thread consumer([&] {
        sum += numbers.pop();
        sum += numbers.pop();
    });
    producer.join();
    consumer.join();
    EXPLORE_REQUIRE(sum == 3);
}

template <mistake Made>
void pop_by_two()
{
    queue<Made> numbers;
    std::atomic<int> sum = 0;
    std::thread first([&] { sum += numbers.pop(); });
    std::thread second([&] { sum += numbers.pop(); });
    numbers.push(1);
    numbers.push(2);
    first.join();
    second.join();
    EXPLORE_REQUIRE(sum == 3);
}

template <mistake Made>
void consume_until_closed()
{
    queue<Made> numbers;
    std::atomic<int> count = 0;
    const auto consume = [&] {
        while (numbers.pop_until_closed()) {
            ++count;
        }
    };
    std::thread first(consume);
    std::thread second(consume);
    numbers.push(1);
    numbers.push(2);
    numbers.close();
    first.join();
    second.join();
    EXPLORE_REQUIRE(count == 2);
}

// Every call is locked, the two together are not.
template <bool Wrong>
void look_then_pop()
{
    queue<mistake::none> numbers;
    numbers.push(7);
    std::atomic<int> sum = 0;
    const auto take = [&] {
        if constexpr (Wrong) {
            if (!numbers.empty()) {
                const auto item = numbers.try_pop();
                EXPLORE_REQUIRE(item.has_value());
                sum += *item;
            }
        } else {
            if (const auto item = numbers.try_pop()) {
                sum += *item;
            }
        }
    };
    std::thread first(take);
    std::thread second(take);
    first.join();
    second.join();
    EXPLORE_REQUIRE(sum == 7);
}

// A bounded queue whose producers and consumers wait on one condition variable: notify_one may wake
// one of one's own kind.
template <bool Wrong>
class bounded_queue {
public:
    void push(int item)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return items_.empty(); });
        items_.push(item);
        tell();
    }

    int pop()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !items_.empty(); });
        const int item = items_.front();
        items_.pop();
        tell();
        return item;
    }

private:
    void tell()
    {
        if constexpr (Wrong) {
            changed_.notify_one();
        } else {
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_; // notified by push() and pop()
    std::queue<int> items_;           // guarded by mutex_
};

template <bool Wrong>
void one_condition_for_two()
{
    bounded_queue<Wrong> numbers;
    const auto produce = [&] {
        numbers.push(1);
        numbers.push(1);
    };
    const auto consume = [&] {
        numbers.pop();
        numbers.pop();
    };
    std::array<std::thread, 4> threads = {std::thread(produce), std::thread(produce),
                                          std::thread(consume), std::thread(consume)};
    for (std::thread& one : threads) {
        one.join();
    }
}

// The consumer drains with a warm-up item first, so the mistake needs the second one.
template <mistake Made>
void close_with_items_left()
{
    queue<Made> numbers;
    int count = 0;
    numbers.push(0);
    std::thread consumer([&] {
        numbers.pop();
        while (numbers.pop_until_closed()) {
            ++count;
        }
    });
    numbers.push(1);
    numbers.push(2);
    numbers.close();
    consumer.join();
    EXPLORE_REQUIRE(count == 2);
}

} // namespace

std::vector<twin> of_queues()
{
    using enum mistake;
    return {
        {"push_without_lock", "push() does not lock", push_without_lock<no_lock>,
         push_without_lock<none>},
        {"wait_without_predicate", "pop() waits although an item is there",
         push_without_lock<no_predicate>, push_without_lock<none>},
        {"if_for_while", "pop() does not look again when it wakes", pop_by_two<if_for_while>,
         pop_by_two<none>},
        {"notify_one_at_close", "close() wakes one of two",
         consume_until_closed<notify_one_at_close>, consume_until_closed<none>},
        {"look_then_pop", "empty() and pop() are locked, the two together are not",
         look_then_pop<true>, look_then_pop<false>},
        {"one_condition_for_two", "notify_one wakes a thread of the wrong kind",
         one_condition_for_two<true>, one_condition_for_two<false>},
        {"notify_too_early", "push() notifies before the item is there",
         pop_by_two<notify_too_early>, pop_by_two<none>},
        {"close_with_items_left", "items in a closed queue are dropped",
         close_with_items_left<closed_before_drained>, close_with_items_left<none>},
    };
}

} // namespace cases
