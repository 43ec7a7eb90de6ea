// What ex02 promises: the queue, then the pool, which also keeps the contract shared with ex03.
//
// A queue goes wrong in one schedule of thousands, so what waits and wakes is explored: small
// bodies, two or three threads, every schedule tried. The rest runs freely on real threads.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/drawn.hpp"
#include "support/inside_work.hpp"
#include "support/rendezvous.hpp"
#include "support/scarce_threads.hpp"

#include "blocking_queue.hpp"
#include "calc_primes_pool.hpp" // for calc_primes_pool()
#include "dummy_pool.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#define POOL_TAG "[ex02]"
using pool = dummy_pool;
#include "support/pool_contract.hpp"

namespace {

using support::drawn;

/// Looks like a pool, and runs each task when its result is asked for: which comes first?
class recording_pool {
public:
    std::future<bool> apply_async(bool (*task)(int), int n)
    {
        ++submitted_;
        return std::async(std::launch::deferred, [this, task, n] {
            if (first_asked_at_ < 0) {
                first_asked_at_ = submitted_;
            }
            return task(n);
        });
    }
    int submitted() const { return submitted_; }
    int submitted_when_first_asked() const { return first_asked_at_; }

private:
    int submitted_ = 0;
    int first_asked_at_ = -1;
};

} // namespace

// ------------------------------------------------------------------------------- the queue

TEST_CASE("the queue hands items out in the order in which they came", "[ex02][step1]")
{
    blocking_queue<int> queue;
    const int third = drawn(3, 3, 10'000);
    queue.push(1);
    queue.push(2);
    queue.push(third);

    REQUIRE(queue.pop() == 1);
    REQUIRE(queue.pop() == 2);
    queue.push(4);
    REQUIRE(queue.pop() == third);
    REQUIRE(queue.pop() == 4);

    blocking_queue<std::unique_ptr<int>> owners; // of items that can only be moved
    owners.push(std::make_unique<int>(5));
    owners.push(std::make_unique<int>(6));
    REQUIRE(**owners.pop() == 5);
    REQUIRE(**owners.pop() == 6);
}

TEST_CASE("a closed queue is emptied first and then says that it is over", "[ex02][step1]")
{
    blocking_queue<int> queue;
    queue.push(1);
    queue.push(2);
    REQUIRE_FALSE(queue.closed());
    queue.close();

    REQUIRE(queue.closed());
    REQUIRE(queue.pop() == 1);
    REQUIRE(queue.pop() == 2);
    REQUIRE(queue.pop() == std::nullopt);
    REQUIRE(queue.pop() == std::nullopt);
}

TEST_CASE("a closed queue takes nothing more", "[ex02][step1]")
{
    blocking_queue<int> queue;
    queue.close();
    queue.close();

    REQUIRE_THROWS_AS(queue.push(1), std::logic_error);
    REQUIRE(queue.pop() == std::nullopt);
}

TEST_CASE("a taker that waits gets what is pushed later", "[ex02][step1][explore]")
{
    explore([] {
        blocking_queue<int> queue;
        std::optional<int> taken;
        std::thread taker([&] { taken = queue.pop(); });
        queue.push(7);
        taker.join();
        EXPLORE_REQUIRE(taken == 7);
    });
}

TEST_CASE("each item goes to one taker and each taker gets one", "[ex02][step1][explore]")
{
    explore([] {
        blocking_queue<int> queue;
        std::optional<int> first;
        std::optional<int> second;
        std::thread one([&] { first = queue.pop(); });
        std::thread other([&] { second = queue.pop(); });
        queue.push(1);
        queue.push(2);
        one.join();
        other.join();
        EXPLORE_REQUIRE(first.has_value() && second.has_value());
        EXPLORE_REQUIRE(*first + *second == 3);
    });
}

TEST_CASE("two who push at once lose nothing", "[ex02][step1][explore]")
{
    explore([] {
        blocking_queue<int> queue;
        std::thread one([&] { queue.push(1); });
        queue.push(2);
        one.join();
        queue.close();
        const std::optional<int> first = queue.pop();
        const std::optional<int> second = queue.pop();
        EXPLORE_REQUIRE(first.has_value() && second.has_value());
        EXPLORE_REQUIRE(*first + *second == 3);
    });
}

TEST_CASE("close wakes everyone who waits", "[ex02][step1][explore]")
{
    explore([] {
        blocking_queue<int> queue;
        std::optional<int> first = 1;
        std::optional<int> second = 1;
        std::thread one([&] { first = queue.pop(); });
        std::thread other([&] { second = queue.pop(); });
        queue.close();
        one.join();
        other.join();
        EXPLORE_REQUIRE(!first && !second);
    });
}

TEST_CASE("a taker with nothing to take sleeps and does not spin", "[ex02][step1][explore]")
{
    // Nobody will ever push: the one right outcome is that everybody sleeps, which the explorer
    // calls a deadlock. A taker that asks again and again would be its livelock.
    const explorer::result outcome = explore_for("deadlock", [] {
        blocking_queue<int> queue;
        std::thread taker([&] { queue.pop(); });
        taker.join();
    });

    INFO("the taker should wait on a condition variable");
    REQUIRE(outcome.failed);
}

// --------------------------------------------------------------------------------- the workers

TEST_CASE("tasks run on the workers and never on the caller", "[ex02][step2]")
{
    const int size = drawn(3, 2, 6);
    const int tasks = drawn(60, 30, 100);
    dummy_pool workers(size);
    support::thread_counter counter;
    std::vector<std::future<std::thread::id>> runners;
    for (int n = 0; n < tasks; ++n) {
        runners.push_back(workers.apply_async([&counter] {
            counter.count();
            return std::this_thread::get_id();
        }));
    }

    for (auto& each : runners) {
        REQUIRE(each.get() != std::this_thread::get_id());
    }
    REQUIRE(counter.threads() >= 1);
    REQUIRE(counter.threads() <= size);
}

TEST_CASE("all the workers work at the same time", "[ex02][step2]")
{
    const int size = drawn(3, 2, 9);
    dummy_pool workers(size);
    support::meeting everyone(size);
    std::vector<std::future<void>> done;
    for (int n = 0; n < size; ++n) {
        done.push_back(workers.apply_async([&everyone] { everyone.arrive(); }));
    }
    for (auto& each : done) {
        each.get();
    }

    REQUIRE_FALSE(everyone.missed());
}

TEST_CASE("tasks of one worker run one after another in their order", "[ex02][step2]")
{
    dummy_pool workers(1);
    support::gate taken;
    support::gate all_queued;
    workers.apply_async([&] {
        taken.open();
        all_queued.wait();
    });
    REQUIRE(taken.wait());
    const int tasks = drawn(10, 5, 60);
    std::vector<int> order; // written by the only worker
    std::vector<std::future<void>> done;
    for (int n = 0; n < tasks; ++n) {
        done.push_back(workers.apply_async([&order, n] { order.push_back(n); }));
    }
    all_queued.open();
    for (auto& each : done) {
        each.get();
    }

    REQUIRE(order == pool_contract::count_up(tasks));
}

TEST_CASE("a task is queued at once while every worker is busy", "[ex02][step2]")
{
    dummy_pool workers(1);
    support::gate all_queued;
    auto busy = workers.apply_async([&] { return all_queued.wait(); });
    const int tasks = drawn(1000, 500, 2000);
    for (int n = 0; n < tasks; ++n) {
        workers.apply_async(pool_contract::square, n);
    }
    all_queued.open();

    REQUIRE(busy.get());
}

TEST_CASE("the exception keeps its type on its way to the caller", "[ex02][step2]")
{
    dummy_pool workers(1);
    auto doomed = workers.apply_async([]() -> int { throw std::out_of_range("boom"); });

    REQUIRE_THROWS_AS(doomed.get(), std::out_of_range);
}

TEST_CASE("a task owns its arguments: copied or moved into it", "[ex02][step2]")
{
    dummy_pool workers(1);
    support::gate changed;
    workers.apply_async([&changed] { changed.wait(); });
    std::string text = "before";
    auto seen = workers.apply_async([](const std::string& argument) { return argument; }, text);
    text = "after and longer than before";
    changed.open();
    REQUIRE(seen.get() == "before");

    auto owned = std::make_unique<int>(7);
    auto from_task = workers.apply_async([owned = std::move(owned)] { return *owned; });
    auto from_argument = workers.apply_async([](std::unique_ptr<int> number) { return number; },
                                             std::make_unique<int>(8));
    REQUIRE(from_task.get() == 7);
    REQUIRE(*from_argument.get() == 8);
}

TEST_CASE("an argument wrapped in std::ref is passed by reference", "[ex02][step2]")
{
    dummy_pool workers(1);
    const int number = 1;
    auto address = workers.apply_async([](const int& n) { return &n; }, std::ref(number));

    REQUIRE(address.get() == &number);
}

TEST_CASE("every task runs once under every schedule", "[ex02][step2][explore]")
{
    explore([] {
        dummy_pool workers(2);
        std::future<int> first = workers.apply_async(pool_contract::square, 2);
        std::future<int> second = workers.apply_async(pool_contract::square, 3);
        EXPLORE_REQUIRE(first.get() == 4);
        EXPLORE_REQUIRE(second.get() == 9);
    });
}

TEST_CASE("a task may submit a task under every schedule", "[ex02][step2][explore]")
{
    explore([] {
        dummy_pool workers(1);
        auto outer = workers.apply_async(
            [&workers] { return workers.apply_async(pool_contract::square, 3); });
        EXPLORE_REQUIRE(outer.get().get() == 9);
    });
}

TEST_CASE("a worker that cannot be started is reported", "[ex02][step2][stretch]")
{
    const support::census before = support::take_census();
    REQUIRE(dummy_pool(2).size() == 2);
    REQUIRE(support::back_to(before));
    {
        support::scarce_threads at_most_two;
        REQUIRE_THROWS_AS(dummy_pool(5), std::system_error);
    }
    REQUIRE(support::back_to(before));
}

// ------------------------------------------------------------------------------ close and join

TEST_CASE("no thread is left when the pool is gone", "[ex02][step3]")
{
    const support::census before = support::take_census();
    {
        const int size = drawn(4, 2, 9);
        dummy_pool workers(size);
        REQUIRE(workers.apply_async(pool_contract::square, 3).get() == 9);
        REQUIRE(support::take_census().threads == before.threads + size);
    }
    REQUIRE(support::back_to(before));
}

TEST_CASE("after join no worker is left under any schedule", "[ex02][step3][explore]")
{
    explore([] {
        auto lives = std::make_unique<support::lifetimes>();
        const auto begin_life = [&lives] { thread_local const support::life mine(*lives); };
        dummy_pool workers(2);
        workers.apply_async(begin_life);
        workers.apply_async(begin_life);
        workers.close();
        workers.join();
        EXPLORE_REQUIRE(lives->begun >= 1);
        EXPLORE_REQUIRE(lives->ended == lives->begun);
    });
}

TEST_CASE("idle workers leave when the pool closes under every schedule", "[ex02][step3][explore]")
{
    explore([] {
        dummy_pool workers(2);
        workers.close();
        workers.join();
        EXPLORE_REQUIRE(workers.size() == 2);
    });
}

TEST_CASE("join returns after the last task under every schedule", "[ex02][step3][explore]")
{
    explore([] {
        auto ended = std::make_unique<std::atomic<int>>(0);
        dummy_pool workers(2);
        workers.apply_async([&ended] { ++*ended; });
        workers.apply_async([&ended] { ++*ended; });
        workers.close();
        workers.join();
        EXPLORE_REQUIRE(*ended == 2);
    });
}

TEST_CASE("the destructor runs what is queued under every schedule", "[ex02][step3][explore]")
{
    explore([] {
        auto ended = std::make_unique<std::atomic<int>>(0);
        {
            dummy_pool workers(2);
            workers.apply_async([&ended] { ++*ended; });
            workers.apply_async([&ended] { ++*ended; });
        }
        EXPLORE_REQUIRE(*ended == 2);
    });
}

TEST_CASE("a task that comes as the pool closes is run or refused", "[ex02][step3][explore]")
{
    explore([] {
        bool taken = false;
        std::atomic<bool> ran = false;
        dummy_pool workers(1);
        std::thread late([&] {
            try {
                workers.apply_async([&ran] { ran = true; });
                taken = true;
            } catch (const std::logic_error&) {
                taken = false;
            }
        });
        workers.close();
        late.join();
        workers.join();
        EXPLORE_REQUIRE(ran == taken);
    });
}

// --------------------------------------------------------------------------------- whole batches

TEST_CASE("map uses all the workers at the same time", "[ex02][step4]")
{
    dummy_pool workers(3);
    support::meeting everyone(3);
    const auto positive = workers.map(
        [&everyone](int n) {
            everyone.arrive();
            return n > 0;
        },
        std::vector<int>{1, 0, 2});

    REQUIRE_FALSE(everyone.missed());
    REQUIRE(positive == std::vector<bool>{true, false, true});
    const auto runner =
        workers.map([](int) { return std::this_thread::get_id(); }, std::vector<int>{7});
    REQUIRE(runner.front() != std::this_thread::get_id()); // a single task is a worker's, too
    REQUIRE(workers.map([](char letter) { return std::string(2, letter); }, std::string("ab")) ==
            std::vector<std::string>{"aa", "bb"});
    const auto moved = workers.map([](int n) { return std::make_unique<int>(n); }, std::vector{7});
    REQUIRE(*moved.front() == 7);
}

TEST_CASE("map waits for all even when one fails", "[ex02][step4][explore]")
{
    explore([] {
        auto ended = std::make_unique<std::atomic<int>>(0);
        dummy_pool workers(2);
        bool thrown = false;
        try {
            workers.map(
                [&ended](int n) {
                    if (n == 0) {
                        throw 42; // whatever it is: an exception need not be a std::exception
                    }
                    return ++*ended;
                },
                std::vector<int>{0, 1});
        } catch (int) {
            thrown = true;
        }
        EXPLORE_REQUIRE(thrown);
        EXPLORE_REQUIRE(*ended == 1);
    });
}

TEST_CASE("map throws the first error of its input and not of time", "[ex02][step4][explore]")
{
    explore([] {
        dummy_pool workers(2);
        int thrown = 0;
        try {
            workers.map([](int n) -> int { throw n; }, std::vector<int>{7, 8});
        } catch (int which) {
            thrown = which;
        }
        EXPLORE_REQUIRE(thrown == 7);
    });
}

TEST_CASE("map on a closed pool is refused", "[ex02][step4]")
{
    dummy_pool workers(2);
    workers.close();

    REQUIRE_THROWS_AS(workers.map(pool_contract::square, std::vector<int>{1, 2}), std::logic_error);
}

TEST_CASE("map waits for what it submitted when the pool closes", "[ex02][step4][explore]")
{
    explore([] {
        auto runs = std::make_unique<std::atomic<int>>(0);
        dummy_pool workers(1);
        std::thread closer([&] { workers.close(); });
        try {
            workers.map([&runs](int) { return ++*runs; }, std::vector<int>{0, 1});
        } catch (const std::logic_error&) { // it came too late for one or for both
        }
        const int until_it_returned = *runs;
        closer.join();
        workers.join();
        EXPLORE_REQUIRE(*runs == until_it_returned);
    });
}

TEST_CASE("under every schedule two pools do not disturb each other", "[ex02][step4][explore]")
{
    explore([] {
        dummy_pool one(1);
        dummy_pool other(1);
        std::vector<int> of_other;
        std::thread second(
            [&] { of_other = other.map(pool_contract::square, std::vector<int>{3}); });
        EXPLORE_REQUIRE(one.map(pool_contract::square, std::vector<int>{2}) == std::vector{4});
        second.join();
        EXPLORE_REQUIRE(of_other == std::vector{9});
    });
}

TEST_CASE("all the numbers are queued before a result is asked for", "[ex02][step4]")
{
    for (const int end : {drawn(20, 10, 100), 20'000}) { // many: some would queue so many at a time
        recording_pool recorder;
        const std::vector<int> primes = calc_primes_pool(recorder, end);

        REQUIRE((primes == calc_primes(end, 1))); // in brackets, lest thousands be printed
        REQUIRE(recorder.submitted() == end);
        REQUIRE(recorder.submitted_when_first_asked() == end);
    }
}

TEST_CASE("there are no primes below a negative end", "[ex02][step4]")
{
    const int end = -drawn(1, 1, 10'000);
    recording_pool recorder;

    REQUIRE(calc_primes_pool(recorder, end).empty());
    REQUIRE(recorder.submitted() == 0);
}
