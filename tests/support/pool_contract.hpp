// What both pools promise, once: each line below is a promise that threads and processes keep
// alike. A pool's test says what it judges and then includes this file, which registers these cases
// there:
//
//     #define POOL_TAG "[ex02]"
//     using pool = dummy_pool;
//     #include "support/pool_contract.hpp"
//
// Tasks are plain functions of plain values, so that another process can run them too. Whatever
// only threads can show (a shared variable, a rendezvous inside the work) is in the pool's own
// test. [step2] is about results, [step3] about close, join and the destructor, [step4] about whole
// batches.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/drawn.hpp"

#include "calc_primes_pool.hpp" // for calc_primes_pool()

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace pool_contract {

inline int square(int n)
{
    return n * n;
}

inline long product(int a, long b)
{
    return a * b;
}

inline std::string shout(std::string text)
{
    return text + "!";
}

inline std::vector<int> count_up(int end)
{
    std::vector<int> numbers;
    for (int n = 0; n < end; ++n) {
        numbers.push_back(n);
    }
    return numbers;
}

inline void no_result(int) {}

inline int fail(int n)
{
    throw std::runtime_error("boom " + std::to_string(n));
}

/// Fails for the numbers from 5 on, and says which.
inline int square_below_5(int n)
{
    return n < 5 ? square(n) : fail(n);
}

/// Counts its own calls: in one worker, the order in which its tasks were started.
inline int ticket()
{
    static std::atomic<int> calls = 0;
    return ++calls;
}

template <class T>
bool is_ready(const std::future<T>& result)
{
    return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// What `call` threw, as text; empty when it threw nothing. A process pool's error carries more
/// than the task's own message, hence searched and not compared.
template <class Call>
std::string error_of(Call call)
{
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

inline bool mentions(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace pool_contract

TEST_CASE("the result of a task arrives in its future", POOL_TAG "[step2]")
{
    pool workers(1);

    REQUIRE(workers.apply_async(pool_contract::square, 7).get() == 49);
    const int other = support::drawn(6, 2, 10'000);
    REQUIRE(workers.apply_async(pool_contract::product, other, 7L).get() == 7 * other);
}

TEST_CASE("each future gets the result of its own task", POOL_TAG "[step2]")
{
    pool workers(3);
    const int count = support::drawn(50, 20, 100);
    std::vector<std::future<int>> squares;
    for (int n = 0; n < count; ++n) {
        squares.push_back(workers.apply_async(pool_contract::square, n));
    }

    for (int n = count - 1; n >= 0; --n) {
        REQUIRE(squares[n].get() == n * n);
    }
}

TEST_CASE("text and vectors go in and come out", POOL_TAG "[step2]")
{
    pool workers(2);

    REQUIRE(workers.apply_async(pool_contract::shout, std::string()).get() == "!");
    REQUIRE(workers.apply_async(pool_contract::shout, std::string("hello")).get() == "hello!");
    const int end = support::drawn(4, 2, 1'000);
    REQUIRE(workers.apply_async(pool_contract::count_up, end).get() ==
            pool_contract::count_up(end));
}

TEST_CASE("a task without a result can be waited for", POOL_TAG "[step2]")
{
    pool workers(1);
    std::future<void> done = workers.apply_async(pool_contract::no_result, 1);

    REQUIRE_NOTHROW(done.get());
}

TEST_CASE("a single worker starts tasks in the order in which they came", POOL_TAG "[step2]")
{
    pool workers(1);
    std::vector<std::future<int>> tickets;
    const int count = support::drawn(20, 10, 60);
    for (int n = 0; n < count; ++n) {
        tickets.push_back(workers.apply_async(pool_contract::ticket));
    }

    int before = 0;
    for (auto& each : tickets) {
        const int number = each.get();
        REQUIRE(number > before);
        before = number;
    }
}

TEST_CASE("a task's exception reaches whoever asks", POOL_TAG "[step2]")
{
    pool workers(1);
    const int number = support::drawn(1, 1, 10'000);
    auto doomed = workers.apply_async(pool_contract::fail, number);

    REQUIRE(pool_contract::mentions(pool_contract::error_of([&] { doomed.get(); }),
                                    "boom " + std::to_string(number)));
}

TEST_CASE("a worker survives a task that throws", POOL_TAG "[step2]")
{
    pool workers(1);
    auto first = workers.apply_async(pool_contract::fail, 1);
    auto second = workers.apply_async(pool_contract::fail, 2);

    REQUIRE(workers.apply_async(pool_contract::square, 7).get() == 49);
    REQUIRE(pool_contract::mentions(pool_contract::error_of([&] { second.get(); }), "boom 2"));
    REQUIRE(pool_contract::mentions(pool_contract::error_of([&] { first.get(); }), "boom 1"));
}

TEST_CASE("a result that nobody asks for stops nobody", POOL_TAG "[step2]")
{
    pool workers(1);
    workers.apply_async(pool_contract::square, 7);
    workers.apply_async(pool_contract::fail, 1);

    REQUIRE(workers.apply_async(pool_contract::square, 8).get() == 64);
}

TEST_CASE("a pool knows its size", POOL_TAG "[step2]")
{
    const int workers = support::drawn(3, 2, 9);
    REQUIRE(pool(1).size() == 1);
    REQUIRE(pool(workers).size() == workers);
}

TEST_CASE("a pool of fewer than one worker is refused with the number", POOL_TAG "[step2]")
{
    REQUIRE(pool(1).size() == 1);
    REQUIRE_THROWS_AS(pool(0), std::invalid_argument);
    REQUIRE_THROWS_AS(pool(-3), std::invalid_argument);
    const int wrong = -support::drawn(3, 2, 1'000);
    REQUIRE(pool_contract::mentions(pool_contract::error_of([wrong] { pool{wrong}; }),
                                    std::to_string(wrong)));
}

TEST_CASE("thousands of tasks finish", POOL_TAG "[step2]")
{
    pool workers(3);
    std::vector<std::future<int>> squares;
    const int count = support::drawn(5000, 4000, 6000);
    for (int n = 0; n < count; ++n) {
        squares.push_back(workers.apply_async(pool_contract::square, n));
    }

    int wrong = 0;
    for (int n = 0; n < count; ++n) {
        wrong += squares[n].get() != n * n;
    }
    REQUIRE(wrong == 0);
}

TEST_CASE("two pools work side by side", POOL_TAG "[step2]")
{
    auto first = std::make_unique<pool>(2);
    pool second(2);
    auto one = first->apply_async(pool_contract::square, 3);
    auto other = second.apply_async(pool_contract::square, 4);
    first.reset();

    REQUIRE(second.apply_async(pool_contract::square, 5).get() == 25);
    REQUIRE(one.get() == 9);
    REQUIRE(other.get() == 16);
}

TEST_CASE("a closed pool takes no more tasks", POOL_TAG "[step3]")
{
    pool workers(1);
    auto early = workers.apply_async(pool_contract::square, 3);
    workers.close();

    REQUIRE_THROWS_AS(workers.apply_async(pool_contract::square, 4), std::logic_error);
    REQUIRE(early.get() == 9);
}

TEST_CASE("join before close is refused", POOL_TAG "[step3]")
{
    pool workers(1);

    REQUIRE_THROWS_AS(workers.join(), std::logic_error);
    REQUIRE(workers.apply_async(pool_contract::square, 3).get() == 9);
}

TEST_CASE("join waits for every queued task", POOL_TAG "[step3]")
{
    pool workers(2);
    std::vector<std::future<int>> squares;
    for (int n = 0; n < 100; ++n) {
        squares.push_back(workers.apply_async(pool_contract::square, n));
    }
    workers.close();
    workers.join();

    for (int n = 0; n < 100; ++n) {
        REQUIRE(pool_contract::is_ready(squares[n]));
        REQUIRE(squares[n].get() == n * n);
    }
}

TEST_CASE("the destructor finishes the queued tasks", POOL_TAG "[step3]")
{
    std::vector<std::future<int>> squares;
    {
        pool workers(2);
        for (int n = 0; n < 100; ++n) {
            squares.push_back(workers.apply_async(pool_contract::square, n));
        }
    }

    for (int n = 0; n < 100; ++n) {
        REQUIRE(pool_contract::is_ready(squares[n]));
        REQUIRE(squares[n].get() == n * n);
    }
}

TEST_CASE("close and join may be called again", POOL_TAG "[step3]")
{
    pool workers(2);
    auto result = workers.apply_async(pool_contract::square, 3);
    workers.close();
    workers.close();
    workers.join();
    workers.join();

    REQUIRE(result.get() == 9);
}

TEST_CASE("a pool that never had a task can be closed and joined", POOL_TAG "[step3]")
{
    pool workers(3);
    workers.close();
    workers.join();

    REQUIRE(workers.size() == 3);
}

TEST_CASE("map keeps the order of its input", POOL_TAG "[step4]")
{
    pool workers(3);
    const int last = support::drawn(2, 2, 10'000);
    const std::vector<int> numbers = {5, 3, 8, 1, 9, last};

    REQUIRE(workers.map(pool_contract::square, numbers) ==
            std::vector<int>{25, 9, 64, 1, 81, last * last});
}

TEST_CASE("map of nothing gives nothing", POOL_TAG "[step4]")
{
    pool workers(2);

    REQUIRE(workers.map(pool_contract::square, std::vector<int>{}).empty());
    REQUIRE(workers.map(pool_contract::square, std::vector<int>{6}) == std::vector<int>{36});
}

TEST_CASE("map throws the first error of its input's order", POOL_TAG "[step4]")
{
    pool workers(2);
    const int first = support::drawn(7, 5, 10'000);
    const std::vector<int> numbers = {1, 2, first, 3, 6, 8};
    const auto error =
        pool_contract::error_of([&] { workers.map(pool_contract::square_below_5, numbers); });

    REQUIRE(pool_contract::mentions(error, "boom " + std::to_string(first)));
    REQUIRE(workers.map(pool_contract::square, numbers).size() == 6);
}

TEST_CASE("one task per number finds the primes", POOL_TAG "[step4]")
{
    pool workers(5);

    REQUIRE(calc_primes_pool(workers, 50) ==
            std::vector<int>{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47});
    REQUIRE(calc_primes_pool(workers, 3) == std::vector<int>{2});
    REQUIRE(calc_primes_pool(workers, 7) == std::vector<int>{2, 3, 5});
    REQUIRE(calc_primes_pool(workers, 0).empty());
    const int end = support::drawn(100, 51, 200);
    REQUIRE(calc_primes_pool(workers, end) == calc_primes(end, 1));
}
