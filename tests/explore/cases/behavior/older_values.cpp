// Older values of atomics: where they come, what a report says of them, and what a pass says.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace cases {
namespace {

using explorer::options;
using explorer::result;
using explorer::search;

options with_older_values()
{
    options chosen;
    chosen.older_values = 4;
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

constexpr auto relaxed_body = both_look<std::memory_order_relaxed, std::memory_order_relaxed>;

void reported()
{
    const result got = search(relaxed_body, with_older_values());
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
    expect_failure(search(relaxed_body, with_older_values()), "wrong result", ", older (newest 1)");
}

void not_unasked()
{
    const result got = search(relaxed_body);
    expect_pass(got);
    expect(got.proof && got.older_values == 0, got.report);
}

void not_with_seq_cst()
{
    const result got = search(both_look<std::memory_order_seq_cst, std::memory_order_seq_cst>,
                              with_older_values());
    expect_pass(got);
    expect(got.proof && got.older_values == 0, got.report);
}

void a_pass_says_what_is_proved()
{
    const result got = search(
        [] {
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
        },
        with_older_values());
    expect_pass(got);
    expect(got.proof && got.older_values > 0 &&
               got.report.find("in which atomics may give older values") != std::string::npos &&
               got.report.find("sequential consistency: a proof") != std::string::npos,
           got.report);
}

// What others did before they let go of it is seen by the last one.
void shared_ownership()
{
    expect_pass(search(
        [] {
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
        },
        with_older_values()));
}

} // namespace

std::vector<check> checks_of_older_values()
{
    return {
        {"older_value_reported", reported},
        {"older_values_off", not_unasked},
        {"no_older_with_seq_cst", not_with_seq_cst},
        {"older_values_and_proof", a_pass_says_what_is_proved},
        {"shared_ownership", shared_ownership},
    };
}

} // namespace cases
