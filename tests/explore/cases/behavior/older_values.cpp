// Older values of atomics: where they come, what a report says of them, and what a pass says.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <new>
#include <semaphore>
#include <string>
#include <thread>

namespace cases {
namespace {

using explorer::options;
using explorer::result;
using explorer::search;

using namespace std::chrono_literals;

constexpr auto relaxed = std::memory_order_relaxed;

options with_older_values(int most)
{
    options chosen;
    chosen.older_values = most;
    return chosen;
}

// At least one of the two sees the other.
template <std::memory_order Store, std::memory_order Load>
void both_look()
{
    std::atomic<int> left = 0;
    std::atomic<int> right = 0;
    int seen = 0;
    std::thread other([&] {
        left.store(1, Store);
        seen = right.load(Load);
    });
    right.store(1, Store);
    const int mine = left.load(Load);
    other.join();
    EXPLORE_REQUIRE(mine + seen > 0);
}

constexpr auto relaxed_body = both_look<relaxed, relaxed>;

void reported()
{
    const result got = search(relaxed_body);
    expect_failure(got, "wrong result", " = 0 (relaxed), older (newest 1)");
    const std::string cause = told_as(got.report, "Cause: ");
    for (const char* part : {" reads ", " = 0 (",
                             ", an older value (newest 1): memory_order_relaxed "
                             "allows it.",
                             " had stored the newest ("}) {
        expect(cause.find(part) != std::string::npos, part + (" is missing in\n" + got.report));
    }
    expect(got.replay.find("o1:") != std::string::npos,
           "one older value will do, and the replay line says so: " + got.replay);
    const std::string line = "0" + got.replay.substr(got.replay.find(':'));
    const with_environment replay("WORKBOOK_REPLAY", line.c_str());
    expect_failure(search(relaxed_body), "wrong result", ", older (newest 1)");
}

// Then what is proved is proved of the newest values, and the line says so.
void not_unasked()
{
    const result got = search(relaxed_body, with_older_values(0));
    expect_pass(got);
    expect(got.proof && got.older_values == 0 &&
               got.report.ends_with(" schedules that differ with sequential consistency: a proof"),
           got.report);
    const with_environment set("WORKBOOK_PROOF", "1000");
    const result proved = search(relaxed_body);
    expect(proved.proof && proved.report == got.report, proved.report);
}

// Only one schedule, and nobody to see it otherwise.
void not_alone()
{
    const result got = search([] {
        std::atomic<int> number = 0;
        in_a_thread([] {});
        number.store(1, relaxed);
        EXPLORE_REQUIRE(number.load(relaxed) == 1);
    });
    expect_pass(got);
    expect(got.proof && got.older_values == 0 &&
               got.report.find("sequential consistency") == std::string::npos,
           got.report);
}

void not_with_seq_cst()
{
    const result got = search(both_look<std::memory_order_seq_cst, std::memory_order_seq_cst>);
    expect_pass(got);
    expect(got.proof && got.older_values == 0, got.report);
}

void a_pass_says_what_is_proved()
{
    const result got = search([] {
        std::atomic<int> message = 0;
        std::atomic<bool> sent = false;
        std::thread sender([&] {
            message.store(42, std::memory_order_relaxed);
            sent.store(true, std::memory_order_release);
        });
        if (sent.load(std::memory_order_acquire)) {
            EXPLORE_REQUIRE(message.load(std::memory_order_relaxed) == 42);
        }
        sender.join();
    });
    expect_pass(got);
    expect(got.proof && got.older_values > 0 &&
               got.report.find("in which atomics may give older values") != std::string::npos &&
               got.report.find("sequential consistency: a proof") != std::string::npos,
           got.report);
}

// The schedules with older values never end here: the proof was there before.
void a_proof_outlives_its_time()
{
    const with_environment set("WORKBOOK_EXPLORE_SECONDS", "5");
    options endless;
    endless.max_steps = 1'000'000'000'000;
    const result got = search(
        [] {
            std::atomic<int> message = 0;
            std::atomic<bool> sent = false;
            std::thread sender([&] {
                message.store(42, relaxed);
                sent.store(true, relaxed);
            });
            if (sent.load(relaxed) && message.load(relaxed) == 0) {
                for (;;) {
                    std::this_thread::yield();
                }
            }
            sender.join();
        },
        endless);
    expect_pass(got);
    expect(got.proof && got.report.ends_with("with sequential consistency: a proof"), got.report);
}

// Whatever was stored is seen once time has moved on, for which all others had to wait.
void seen_after_some_time()
{
    constexpr int many = 1000;
    const auto set_by_another = [](auto wait) {
        return [wait] {
            std::atomic<bool> set = false;
            std::thread other([&] { set.store(true, relaxed); });
            wait(set);
            other.join();
        };
    };
    expect_pass(search(set_by_another([](std::atomic<bool>& set) {
                           std::this_thread::sleep_for(1h);
                           EXPLORE_REQUIRE(set.load(relaxed));
                       }),
                       with_older_values(many)));
    expect_pass(search(set_by_another([](std::atomic<bool>& set) {
                           for (int polls = 0; !set.load(relaxed); ++polls) {
                               EXPLORE_REQUIRE(polls < 2);
                               std::this_thread::sleep_for(1ms);
                           }
                       }),
                       with_older_values(many)));
    expect_pass(search(set_by_another([](std::atomic<bool>& set) {
                           const auto deadline = std::chrono::steady_clock::now() + 1s;
                           while (!set.load(relaxed)) {
                               EXPLORE_REQUIRE(std::chrono::steady_clock::now() < deadline);
                           }
                       }),
                       with_older_values(many)));
    expect_pass(search(set_by_another([](std::atomic<bool>& set) {
                           for (int polls = 0; !set.load(relaxed); ++polls) {
                               EXPLORE_REQUIRE(polls < 100);
                           }
                       }),
                       with_older_values(many)));
}

// A condition variable whose predicate is an atomic that nobody locks: late, but not lost.
void seen_after_a_time_out()
{
    expect_pass(search([] {
        std::atomic<bool> set = false;
        std::mutex mutex;
        std::condition_variable changed;
        std::thread other([&] {
            set.store(true, relaxed);
            changed.notify_one();
        });
        std::unique_lock lock(mutex);
        EXPLORE_REQUIRE(changed.wait_for(lock, 1ms, [&] { return set.load(relaxed); }));
        lock.unlock();
        other.join();
    }));
}

template <class T>
void waits_and_is_notified()
{
    std::atomic<T> stage = 0;
    std::thread other([&] {
        stage.wait(0, relaxed);
        stage.store(2, relaxed);
        stage.notify_one();
    });
    stage.store(1, relaxed);
    stage.notify_one();
    stage.wait(1, relaxed);
    other.join();
}

int once_made()
{
    static const int made = [] { return 7; }();
    return made;
}

// Nobody sleeps through what was stored, and what the library hands over is seen.
void no_wait_is_lost()
{
    expect_pass(search(waits_and_is_notified<int>));
    expect_pass(search(waits_and_is_notified<long>));
    expect_pass(search([] {
        std::atomic<int> number = 0;
        std::latch both(2);
        std::counting_semaphore<2> free(0);
        std::promise<void> told;
        std::once_flag once;
        std::thread other([&] {
            number.store(once_made() - 6, relaxed);
            both.arrive_and_wait();
            free.acquire();
            EXPLORE_REQUIRE(number.load(relaxed) == 2);
            number.store(3, relaxed);
            told.set_value();
            std::call_once(once, [&] { number.store(4, relaxed); });
        });
        both.arrive_and_wait();
        EXPLORE_REQUIRE(number.load(relaxed) == once_made() - 6);
        number.store(2, relaxed);
        free.release();
        told.get_future().wait();
        EXPLORE_REQUIRE(number.load(relaxed) >= 3);
        std::call_once(once, [&] { number.store(4, relaxed); });
        EXPLORE_REQUIRE(number.load(relaxed) == 4);
        other.join();
    }));
}

// The same memory, one atomic after the other: what the dead one held is not read.
void memory_used_again()
{
    expect_pass(search(
        [] {
            alignas(std::atomic<int>) std::array<std::byte, sizeof(std::atomic<int>)> memory;
            std::mutex mutex;
            const auto use = [&] {
                const std::lock_guard lock(mutex);
                auto* const number = new (memory.data()) std::atomic<int>(0);
                EXPLORE_REQUIRE(number->load(relaxed) == 0);
                number->store(1, relaxed);
                number->store(0, relaxed);
                std::destroy_at(number);
            };
            std::thread first(use);
            std::thread second(use);
            use();
            first.join();
            second.join();
        },
        with_older_values(100)));
}

// Two threads that each look at what the other one did: it fails once they have taken turns often
// enough. Meanwhile they also look at a count that matters to nobody.
void taking_turns()
{
    constexpr int times = 3;
    std::atomic<int> turns = 0;
    std::atomic<int> beside = 0;
    std::atomic<int> begun = 0;
    const auto take = [&](int mine) {
        ++begun;
        while (begun.load() < 2) { // which no search for a proof covers
        }
        for (int i = 0; i < times; ++i) {
            beside.store(i, relaxed);
            if (const int seen = turns.load(); seen % 2 == mine) {
                turns.store(seen + 1);
            }
            beside.load(relaxed);
        }
    };
    std::thread other([&] { take(1); });
    take(0);
    other.join();
    EXPLORE_REQUIRE(turns.load() < 2 * times - 1);
}

void no_older_value_is_blamed_beside()
{
    const result got = search(taking_turns);
    expect_failure(got, "wrong result");
    expect(got.report.find("(relaxed), older") == std::string::npos &&
               told_as(got.report, "Cause: ").find("an older value") == std::string::npos,
           "no older value is needed, but:\n" + got.report);
}

// What others did before they let go of it is seen by the last one.
void shared_ownership()
{
    expect_pass(search([] {
        auto number = std::make_shared<int>(0);
        std::weak_ptr<int> seen = number;
        std::thread other([mine = number]() mutable { mine.reset(); });
        std::thread third([seen] {
            if (const auto mine = seen.lock()) {
                EXPLORE_REQUIRE(*mine == 0);
            }
        });
        number.reset();
        other.join();
        third.join();
        EXPLORE_REQUIRE(seen.expired());
    }));
}

} // namespace

std::vector<check> checks_of_older_values()
{
    return {
        {"older_value_reported", reported},
        {"older_values_off", not_unasked},
        {"no_older_with_seq_cst", not_with_seq_cst},
        {"older_values_and_proof", a_pass_says_what_is_proved},
        {"proof_outlives_its_time", a_proof_outlives_its_time},
        {"no_older_alone", not_alone},
        {"seen_after_some_time", seen_after_some_time},
        {"seen_after_a_time_out", seen_after_a_time_out},
        {"no_wait_is_lost", no_wait_is_lost},
        {"memory_used_again", memory_used_again},
        {"no_older_value_blamed", no_older_value_is_blamed_beside},
        {"shared_ownership", shared_ownership},
    };
}

} // namespace cases
