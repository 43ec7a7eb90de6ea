// Virtual time.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include "explore/compute.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

void virtual_time()
{
    const auto start = std::chrono::steady_clock::now();
    options few;
    few.schedules = 50;
    expect_pass(search(
        [] {
            using clock = std::chrono::steady_clock;
            const auto begin = clock::now();
            std::mutex mutex;
            std::condition_variable never;
            std::unique_lock lock(mutex);
            EXPLORE_REQUIRE(!never.wait_for(lock, 10h, [] { return false; }));
            EXPLORE_REQUIRE(clock::now() - begin >= 10h);
            EXPLORE_REQUIRE(clock::now() - begin < 11h);
            std::this_thread::sleep_for(1h);
            sleep(3600);
            usleep(900'000);
            timespec hour{3600, 0};
            nanosleep(&hour, nullptr);
            const auto until = std::chrono::system_clock::now() + 1h;
            std::this_thread::sleep_until(until);
            EXPLORE_REQUIRE(std::chrono::system_clock::now() >= until);
            const auto deadline = clock::now() + 5ms;
            while (clock::now() < deadline) { // spinning on the clock makes it move
            }
            std::promise<void> promised;
            EXPLORE_REQUIRE(promised.get_future().wait_for(1h) == std::future_status::timeout);
            std::binary_semaphore none(0);
            EXPLORE_REQUIRE(!none.try_acquire_for(1h));
        },
        few));
    expect(std::chrono::steady_clock::now() - start < 1h, "virtual hours took real time");
}

void computations()
{
    expect_pass(search([] {
        using clock = std::chrono::steady_clock;
        std::mutex mutex;
        std::jthread other([&] {
            const std::lock_guard lock(mutex);
            explorer::compute(1h);
        });
        const clock::time_point begin = clock::now();
        explorer::compute(3h);
        const clock::duration took = clock::now() - begin; // a look at the clock moves it as well
        EXPLORE_REQUIRE(took >= 3h && took < 3h + 1s);
        EXPLORE_REQUIRE(mutex.try_lock()); // the other one is done, whoever began
        mutex.unlock();
    }));
    bool refused = false;
    try {
        explorer::compute(1ms);
    } catch (const std::logic_error&) {
        refused = true;
    }
    expect(refused, "a computation outside a body was not refused");

    explorer::in_this_process = true;
    const result free = search([] { explorer::compute(24h); });
    explorer::in_this_process = false;
    expect_pass(free);
}

void order_of_sleepers()
{
    expect_pass(search([] {
        std::atomic<int> last = 0;
        std::thread late([&] {
            std::this_thread::sleep_for(20ms);
            last = 2;
        });
        std::thread early([&] {
            std::this_thread::sleep_for(10ms);
            last = 1;
        });
        late.join();
        early.join();
        EXPLORE_REQUIRE(last == 2);
    }));
}

void eager_time()
{
    const auto body = [] {
        std::atomic<bool> done = false;
        std::thread other([&] { done = true; });
        std::this_thread::sleep_for(10ms);
        EXPLORE_REQUIRE(done);
        other.join();
    };
    expect_pass(search(body));
    options eager;
    eager.eager_time = true;
    expect_failure(search(body, eager), "wrong result");
}

} // namespace

std::vector<check> checks_of_time()
{
    return {
        {"virtual_time", virtual_time},
        {"computations", computations},
        {"order_of_sleepers", order_of_sleepers},
        {"eager_time", eager_time},
    };
}

} // namespace cases
