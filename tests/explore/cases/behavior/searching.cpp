// The search itself: what the environment asks for, budgets, replays, and what it leaves behind.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

void environment()
{
    const auto body = [] { in_a_thread([] {}); };
    for (const char* name : {"WORKBOOK_SCHEDULES", "WORKBOOK_SEED", "WORKBOOK_REPLAY",
                             "WORKBOOK_EXPLORE_SECONDS", "WORKBOOK_PROOF"}) {
        for (const char* value :
             {"x", "0x", "-1", "1 2", "99999999999999999999", "1:0", "1:0:7y"}) {
            const with_environment set(name, value);
            expect_failure(search(body), "misuse", std::string(name) + ": '" + value + "' is not");
        }
    }
    const with_environment set("WORKBOOK_SCHEDULES", "77");
    const result got = search([] {
        std::atomic<int> number = 0;
        const auto add = [&] {
            for (int i = 0; i < 5; ++i) {
                ++number;
            }
        };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
    });
    expect_pass(got);
    expect(got.schedules == 77, "WORKBOOK_SCHEDULES=77 gave " + std::to_string(got.schedules));
}

void exhausted()
{
    const result got = search([] {
        std::atomic<int> number = 0;
        std::thread other([&] { number = 1; });
        number = 2;
        other.join();
    });
    expect_pass(got);
    expect(got.exhausted, "a tiny body was not exhausted:\n" + got.report);
    expect(got.report.starts_with("passed: all "), got.report);
}

void out_of_time()
{
    const with_environment set("WORKBOOK_EXPLORE_SECONDS", "1");
    options many;
    many.schedules = 1'000'000'000;
    const result got = search(
        [] {
            std::atomic<int> number = 0;
            const auto add = [&] {
                for (int i = 0; i < 20; ++i) {
                    ++number;
                }
            };
            std::thread first(add);
            std::thread second(add);
            first.join();
            second.join();
        },
        many);
    expect(got.out_of_time && !got.failed, "expected to run out of time:\n" + got.report);
    expect(got.report.find("ran out of time") != std::string::npos, got.report);
}

// Asked for a proof, it gives one or no verdict, and says what is in the way.
void proof_or_no_verdict()
{
    const auto counted_by_two = [](int times) {
        return search([times] {
            std::atomic<int> number = 0;
            std::thread other([&] {
                for (int i = 0; i < times; ++i) {
                    ++number;
                }
            });
            for (int i = 0; i < times; ++i) {
                ++number;
            }
            other.join();
        });
    };
    const auto given_way = [] {
        return search([] {
            std::atomic<bool> set = false;
            std::thread other([&] { set = true; });
            while (!set) {
                std::this_thread::yield();
            }
            other.join();
        });
    };
    const with_environment set("WORKBOOK_PROOF", "100");
    const result proved = counted_by_two(2);
    expect(proved.proof && !proved.unproved, proved.report);
    expect(proved.report.ends_with("a proof"), proved.report);
    const result many = counted_by_two(9);
    expect(!many.failed && many.unproved, many.report);
    expect(many.report.starts_with("no proof after 100 schedules"), many.report);
    expect(many.report.ends_with(": there are more"), many.report);
    const result asks = given_way();
    expect(asks.unproved && asks.report.ends_with(": a thread asks again and again"), asks.report);
}

void replay_is_no_pass()
{
    const auto body = [] {
        std::atomic<int> number = 0;
        const auto add = [&] { number = number + 1; };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
        EXPLORE_REQUIRE(number == 2);
    };
    const result found = search(body);
    expect_failure(found, "wrong result");
    const std::string line = "0" + found.replay.substr(found.replay.find(':'));
    {
        const with_environment set("WORKBOOK_REPLAY", line.c_str());
        expect_failure(search(body), "wrong result");
    }
    const with_environment set("WORKBOOK_REPLAY", "0:0:");
    expect_failure(search(body), "replay", "does not fail");
}

int rounds = 0;

void state_between_schedules()
{
    const auto body = [] {
        ++rounds;
        std::atomic<int> number = 0;
        const auto add = [&] {
            ++number;
            ++number;
        };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
        EXPLORE_REQUIRE(rounds < 3);
    };
    rounds = 0;
    expect_failure(search(body), "wrong result", "does not fail: something is kept");
    options each_alone;
    each_alone.isolate = true;
    each_alone.schedules = 20;
    expect_pass(search(body, each_alone));
}

int open_descriptors()
{
    return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                          std::filesystem::directory_iterator()));
}

void leaves_nothing()
{
    const int before = open_descriptors();
    search([] { in_a_thread([] {}); });
    search([] { in_a_thread([] { EXPLORE_REQUIRE(false); }); });
    expect(open_descriptors() == before, "a descriptor was left open");
    expect(waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD, "a child was left");
}

// The exploring child must not outlive the process that explores.
void dies_with_its_parent()
{
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    const pid_t explorer = fork();
    if (explorer == 0) {
        close(ends[0]);
        options many;
        many.schedules = 1'000'000'000;
        search(
            [&] {
                std::atomic<int> number = 0;
                std::thread other([&] {
                    for (int i = 0; i < 100; ++i) {
                        ++number;
                    }
                });
                for (int i = 0; i < 100; ++i) {
                    ++number;
                }
                other.join();
                [[maybe_unused]] const auto told = write(ends[1], "x", 1);
            },
            many);
        _exit(0);
    }
    close(ends[1]);
    char byte = 0;
    expect(read(ends[0], &byte, 1) == 1, "the exploration did not begin");
    kill(explorer, SIGKILL);
    waitpid(explorer, nullptr, 0);
    // The pipe's end is reached once its last writer, the child, is gone.
    pollfd event{ends[0], POLLIN, 0};
    const auto give_up = std::chrono::steady_clock::now() + 1min;
    ssize_t got = 1;
    while (got > 0 && std::chrono::steady_clock::now() < give_up) {
        std::array<char, 4096> rest;
        got = poll(&event, 1, 1000) > 0 ? read(ends[0], rest.data(), rest.size()) : 1;
    }
    close(ends[0]);
    expect(got == 0, "the exploring child outlived its parent");
}

} // namespace

std::vector<check> checks_of_searching()
{
    return {
        {"environment", environment},
        {"exhausted", exhausted},
        {"out_of_time", out_of_time},
        {"proof_or_no_verdict", proof_or_no_verdict},
        {"replay_is_no_pass", replay_is_no_pass},
        {"state_between_schedules", state_between_schedules},
        {"leaves_nothing", leaves_nothing},
        {"dies_with_its_parent", dies_with_its_parent},
    };
}

} // namespace cases
