// What looks like a race, or like a mistake, and is none.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/right/programs.hpp"

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cases {
namespace {

void read_by_all_written_before()
{
    const std::vector<std::string> words = {"written", "before", "they", "began"};
    by_all(3,
           [&](int thread) { EXPLORE_REQUIRE(!words[static_cast<std::size_t>(thread)].empty()); });
}

void a_place_for_each()
{
    std::vector<int> squares(3);
    by_all(3, [&](int thread) { squares[static_cast<std::size_t>(thread)] = thread * thread; });
    EXPLORE_REQUIRE(squares[0] + squares[1] + squares[2] == 5);
}

void bytes_of_one_word()
{
    std::array<char, 4> bytes{};
    by_all(4, [&](int thread) { bytes[static_cast<std::size_t>(thread)] = 'a'; });
    EXPLORE_REQUIRE(bytes[0] == 'a' && bytes[3] == 'a');
}

void members_of_one_object()
{
    struct {
        short one = 0;
        short other = 0;
    } both;
    by_two([&] { ++both.one; }, [&] { ++both.other; });
    EXPLORE_REQUIRE(both.one + both.other == 2);
}

void read_after_the_join()
{
    std::string text;
    std::thread writer([&] { text = "a text that is too long to lie in the string itself"; });
    writer.join();
    EXPLORE_REQUIRE(text.size() > 32);
}

void moved_into_the_thread()
{
    auto number = std::make_unique<int>(7);
    std::thread owner([mine = std::move(number)] { EXPLORE_REQUIRE(++*mine == 8); });
    EXPLORE_REQUIRE(number == nullptr);
    owner.join();
}

void moved_through_a_queue()
{
    std::mutex mutex;
    std::vector<std::unique_ptr<int>> queue; // guarded by mutex
    by_two(
        [&] {
            auto number = std::make_unique<int>(7);
            const std::lock_guard lock(mutex);
            queue.push_back(std::move(number));
        },
        [&] {
            std::unique_ptr<int> mine;
            {
                const std::lock_guard lock(mutex);
                if (!queue.empty()) {
                    mine = std::move(queue.back());
                    queue.pop_back();
                }
            }
            EXPLORE_REQUIRE(mine == nullptr || ++*mine == 8); // nobody else has it any more
        });
}

void detached_and_waited_for()
{
    auto done = std::make_shared<std::latch>(1);
    auto number = std::make_shared<int>(0);
    std::thread([done, number] {
        *number = 7;
        done->count_down();
    }).detach();
    done->wait();
    EXPLORE_REQUIRE(*number == 7);
}

int made_where_it_is_used()
{
    static const std::array<int, 2> table = {3, 4};
    return table[0] + table[1];
}

void static_of_a_function()
{
    by_all(2, [](int) { EXPLORE_REQUIRE(made_where_it_is_used() == 7); });
}

void own_of_each_thread()
{
    static thread_local int mine = 0;
    by_all(3, [](int thread) {
        mine = thread;
        std::this_thread::yield();
        EXPLORE_REQUIRE(mine == thread);
    });
}

void polled_with_a_yield()
{
    std::atomic<bool> ready = false;
    int number = 0;
    by_two(
        [&] {
            number = 7;
            ready = true;
        },
        [&] {
            while (!ready) {
                std::this_thread::yield();
            }
            EXPLORE_REQUIRE(number == 7);
        });
}

// Each call's variable is where that of the call before was.
void locals_of_many_calls()
{
    std::mutex mutex;
    int* wanted = nullptr; // guarded by mutex
    std::atomic<bool> over = false;
    std::thread helper([&] {
        while (!over) {
            const std::lock_guard lock(mutex);
            if (wanted != nullptr) {
                *wanted += 1;
                wanted = nullptr;
            }
            std::this_thread::yield();
        }
    });
    const auto ask = [&](int number) {
        int answer = number;
        {
            const std::lock_guard lock(mutex);
            wanted = &answer;
        }
        for (bool answered = false; !answered;) {
            std::this_thread::yield();
            const std::lock_guard lock(mutex);
            answered = wanted == nullptr;
        }
        return answer;
    };
    EXPLORE_REQUIRE(ask(1) == 2);
    EXPLORE_REQUIRE(ask(2) == 3);
    over = true;
    helper.join();
}

// The same place on the stack, once as an atomic and once as a plain number.
void locals_of_other_kinds()
{
    const auto first = [] {
        std::atomic<int> count = 0;
        by_all(2, [&](int) { ++count; });
        return count.load();
    };
    const auto second = [] {
        int count = 0;
        std::thread([&] { ++count; }).join();
        return count;
    };
    EXPLORE_REQUIRE(first() + second() + first() == 5);
}

void local_given_back_by_an_exception()
{
    const auto fails = [](int number) {
        std::vector<int> numbers(2, number);
        std::thread([&] { ++numbers[0]; }).join();
        if (numbers[0] != number) {
            throw numbers[0];
        }
    };
    for (int i = 0; i < 2; ++i) {
        try {
            fails(i);
        } catch (int number) {
            std::thread([&] { EXPLORE_REQUIRE(++number == i + 2); }).join();
        }
    }
}

void passed_down_a_line()
{
    int number = 0;
    std::thread first([&] {
        ++number;
        std::thread second([&] { ++number; });
        second.join();
        ++number;
    });
    first.join();
    EXPLORE_REQUIRE(number == 3);
}

} // namespace

std::vector<right_program> right_by_habit()
{
    return {
        {"read_by_all", read_by_all_written_before},
        {"a_place_for_each", a_place_for_each},
        {"bytes_of_one_word", bytes_of_one_word},
        {"members_of_one_object", members_of_one_object},
        {"read_after_the_join", read_after_the_join},
        {"moved_into_the_thread", moved_into_the_thread},
        {"moved_through_a_queue", moved_through_a_queue},
        {"detached_and_waited_for", detached_and_waited_for},
        {"static_of_a_function", static_of_a_function},
        {"own_of_each_thread", own_of_each_thread},
        {"polled_with_a_yield", polled_with_a_yield},
        {"passed_down_a_line", passed_down_a_line},
        {"locals_of_many_calls", locals_of_many_calls},
        {"locals_of_other_kinds", locals_of_other_kinds},
        {"local_given_back", local_given_back_by_an_exception},
    };
}

} // namespace cases
