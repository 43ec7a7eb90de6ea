// The kinds of failure.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include "given/todo.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

void wrong_result()
{
    expect_failure(search([] { in_a_thread([] { EXPLORE_REQUIRE(1 + 1 == 3); }); }), "wrong result",
                   "EXPLORE_REQUIRE( 1 + 1 == 3 )");
}

int plain = 0;

void plain_points()
{
    const auto body = [] {
        plain = 0;
        const auto add = [] {
            const int read = plain;
            plain = read + 1;
        };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
        EXPLORE_REQUIRE(plain == 2);
    };
    expect_failure(search(body), "data race", "plain");
    options no_races;
    no_races.races = false;
    expect_pass(search(body, no_races));
    no_races.plain_points = true;
    expect_failure(search(body, no_races), "wrong result", "write plain = 1");
}

void uncaught_exception()
{
    expect_failure(search([] { in_a_thread([] { throw std::runtime_error("boom"); }); }),
                   "std::terminate", "std::runtime_error(\"boom\")");
    expect_failure(search([] { throw std::runtime_error("from the body"); }), "std::terminate",
                   "from the body");
}

void crashes()
{
    expect_failure(search([] {
                       in_a_thread([] {
                           volatile int* nowhere = nullptr;
                           *nowhere = 1;
                       });
                   }),
                   "crash", "in T1");
    expect_failure(search([] { in_a_thread([] { std::abort(); }); }), "crash", "T1 called abort()");
    expect_failure(search([] { std::_Exit(3); }), "crash", "exit status 3");
    expect_failure(search([] {
                       std::atomic<int> number = 0;
                       std::thread other([&] {
                           number.load();
                           std::_Exit(3);
                       });
                       number.store(1);
                       other.join();
                   }),
                   "crash", "exit status 3");
}

volatile bool deep_enough = false;

int descend(int depth)
{
    volatile int here[1000]; // so that it takes few steps
    here[0] = depth;
    return deep_enough ? here[0] : descend(depth + 1) + here[0];
}

void stack_overflow()
{
    expect_failure(search([] { in_a_thread([] { descend(0); }); }), "crash", "ran out of stack");
}

void livelock()
{
    expect_failure(search([] {
                       std::atomic<bool> never = false;
                       std::thread other([&] {
                           while (!never) {
                               std::this_thread::yield();
                           }
                       });
                       other.join();
                   }),
                   "livelock", "never");
}

void deadlock_with_oneself()
{
    expect_failure(search([] {
                       std::mutex mutex;
                       mutex.lock();
                       mutex.lock();
                   }),
                   "deadlock", "holds already");
}

void wrong_unlock()
{
    expect_failure(search([] {
                       std::mutex mutex;
                       mutex.lock();
                       std::thread([&] { mutex.unlock(); }).join();
                   }),
                   "misuse", "does not hold");
}

void shared_twice()
{
    expect_failure(search([] {
                       std::shared_mutex mutex;
                       const std::shared_lock outer(mutex);
                       const std::shared_lock inner(mutex);
                   }),
                   "misuse", "holds already");
    expect_failure(search([] {
                       std::shared_mutex mutex;
                       const std::shared_lock mine(mutex);
                       std::thread([&] { mutex.unlock_shared(); }).join();
                   }),
                   "misuse", "does not hold");
}

void stuck()
{
    expect_failure(search([] {
                       in_a_thread([] {
                           for (;;) { // as an optimizer leaves "while (!stop)" on a plain bool
                               asm volatile("");
                           }
                       });
                   }),
                   "stuck", "T1");
    expect_failure(search([] {
                       in_a_thread([] {
                           sigset_t none;
                           sigemptyset(&none);
                           const timespec long_time{1000, 0};
                           sigtimedwait(&none, nullptr, &long_time);
                       });
                   }),
                   "stuck", "T1");
}

void unfinished()
{
    const auto body = [] {
        std::thread worker([] { todo("start the workers"); });
        worker.join();
    };
    char page[todo_page_size] = "";
    char* const before = todo_page;
    todo_page = page;
    const result got = search(body);
    todo_page = before;
    expect_failure(got, "todo", "start the workers");
    expect(std::string(page).find("start the workers") != std::string::npos,
           "the supervisor's page did not get the TODO");
    expect_failure(search([] {
                       try {
                           todo("caught and dropped");
                       } catch (const todo_error&) { // as an answer's catch (...) might
                       }
                   }),
                   "todo", "caught and dropped");
}

} // namespace

std::vector<check> checks_of_failures()
{
    return {
        {"wrong_result", wrong_result},
        {"plain_points", plain_points},
        {"uncaught_exception", uncaught_exception},
        {"crashes", crashes},
        {"stack_overflow", stack_overflow},
        {"livelock", livelock},
        {"deadlock_with_oneself", deadlock_with_oneself},
        {"wrong_unlock", wrong_unlock},
        {"shared_twice", shared_twice},
        {"stuck", stuck},
        {"unfinished", unfinished},
    };
}

} // namespace cases
