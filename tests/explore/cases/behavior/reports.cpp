// How a report is laid out, and what it tells.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"
#include "given/line_client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

int plain = 0;

void report_layout()
{
    const result got = search([] {
        plain = 0;
        std::array<std::thread, 6> threads;
        for (std::thread& one : threads) {
            one = std::thread([] { ++plain; });
        }
        for (std::thread& one : threads) {
            one.join();
        }
    });
    expect_failure(got, "data race", "plain");
    std::istringstream lines(got.report);
    for (std::string line; std::getline(lines, line);) {
        expect(line.size() <= 100 || line.find("WORKBOOK_REPLAY=") != std::string::npos,
               "a line of " + std::to_string(line.size()) + " characters: " + line);
    }
    expect(got.report.find("reports.cpp:") != std::string::npos, "no place in the source");
    expect(got.report.find('\033') == std::string::npos || isatty(STDOUT_FILENO),
           "color where there is no terminal");
}

// The mistake lies between many steps that have nothing to do with it.
void busy_before_and_after()
{
    std::mutex mutex;
    int unrelated = 0;
    std::atomic<int> count = 0;
    const auto busy = [&](int from) {
        for (int i = 0; i < 40; ++i) {
            const std::lock_guard lock(mutex);
            unrelated = from + i;
        }
    };
    const auto add = [&](int from) {
        busy(from);
        const int seen = count;
        count = seen + 1;
        busy(from);
    };
    std::thread first(add, 100);
    std::thread second(add, 200);
    first.join();
    second.join();
    EXPLORE_REQUIRE(count == 2);
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        all.push_back(line);
    }
    return all;
}

std::size_t marked_lines(const std::vector<std::string>& lines)
{
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [](const std::string& one) { return one.starts_with("> "); }));
}

void report_rows()
{
    const std::string report = search(busy_before_and_after).report;
    const auto lines = lines_of(report);
    expect(lines.size() <= 45, std::to_string(lines.size()) + " lines:\n" + report);
    expect(marked_lines(lines) == 4, "not what decides is marked:\n" + report);
    expect(report.find(" later. To see all: WORKBOOK_STEPS=all") != std::string::npos ||
               report.find(" in between. To see all: WORKBOOK_STEPS=all") != std::string::npos,
           "not said what was left out:\n" + report);
    const with_environment all("WORKBOOK_STEPS", "all");
    const std::string whole = search(busy_before_and_after).report;
    expect(lines_of(whole).size() > 200, "WORKBOOK_STEPS=all does not show all:\n" + whole);
    expect(whole.find("Steps not shown") == std::string::npos, whole);
}

void lock_both(std::mutex& the_first_mutex, std::mutex& other)
{
    std::lock_guard held(the_first_mutex);
    other.lock();
    other.unlock();
}

void locks_in_two_orders()
{
    std::mutex left;
    std::mutex right;
    std::thread one([&] { lock_both(left, right); });
    std::thread other([&] { lock_both(right, left); });
    one.join();
    other.join();
}

// With a column of its own for each thread there would be room for half of it.
void code_in_wide_reports()
{
    const std::string report = search(locks_in_two_orders).report;
    for (const std::string& line : lines_of(report)) {
        const bool locks = line.find("  lock ") != std::string::npos;
        expect(!locks || line.ends_with("std::lock_guard held(the_first_mutex);"),
               "cut off: " + line + "\nin\n" + report);
    }
}

std::string without_breaks(const std::string& text)
{
    std::istringstream in(text);
    std::string all;
    for (std::string word; in >> word;) {
        all += word + " ";
    }
    return all;
}

void narrow_reports()
{
    const std::string wide = told_as(search(looked_and_then_slept).report, "Cause: ");
    for (const char* columns : {"40", "60"}) {
        const with_environment narrow("COLUMNS", columns);
        const std::string report = search(looked_and_then_slept).report;
        for (const std::string& line : lines_of(report)) {
            const auto begin = line.find_first_not_of(' ');
            const bool one_word =
                begin != std::string::npos && line.find(' ', begin) == std::string::npos;
            expect(line.size() <= static_cast<std::size_t>(std::atoi(columns)) || one_word ||
                       line.find("WORKBOOK_REPLAY=") != std::string::npos,
                   std::string("too wide for ") + columns + ": " + line + "\nin\n" + report);
            expect(!line.ends_with(".."), "cut off: " + line + "\nin\n" + report);
        }
        expect(without_breaks(told_as(report, "Cause: ")) == without_breaks(wide),
               "words are broken:\n" + report);
        expect(marked_lines(lines_of(report)) >= 4, "nothing is marked:\n" + report);
    }
}

// ---- values as a learner knows them

void told_values()
{
    const result got = search([] {
        std::atomic<std::thread::id> holder{};
        std::atomic<bool> asked = false;
        std::thread other([&] {
            asked.store(true, std::memory_order_release);
            holder = std::this_thread::get_id();
        });
        other.join();
        EXPLORE_REQUIRE(asked && holder.load() == std::thread::id{});
    });
    expect_failure(got, "wrong result", "holder = T1");
    expect_failure(got, "wrong result", "asked = true (release)");
}

// g++ tells of the write, then of the read, and only then does both.
void told_copies()
{
    const result got = search([] {
        std::thread::id holder;
        std::mutex mutex;
        std::thread other([&] {
            const std::lock_guard lock(mutex);
            holder = std::this_thread::get_id();
            holder = std::thread::id{};
        });
        {
            const std::lock_guard lock(mutex);
            EXPLORE_REQUIRE(holder == std::thread::id{});
        }
        other.join();
        const std::lock_guard lock(mutex);
        EXPLORE_REQUIRE(holder != std::thread::id{});
    });
    expect_failure(got, "wrong result", "write holder = T1");
    expect_failure(got, "wrong result", "write holder = no thread");
}

// What the step that fails would write has not been written.
void values_not_written()
{
    const result got = search([] {
        bool over = false;
        std::thread other([&] { over = true; });
        EXPLORE_REQUIRE(!over);
        other.join();
    });
    expect_failure(got, "data race", "T1: write over ");
    expect(got.report.find("write over = false") == std::string::npos &&
               got.report.find("T1 wrote false") == std::string::npos,
           got.report);
}

void helpers_callers()
{
    const result got = search([] {
        std::thread other([] { given::line_client({"127.0.0.1", 1}); }); // nobody listens there
        other.join();
    });
    expect_failure(got, "std::terminate", "called at tests/explore/cases/behavior/reports.cpp:");
}

void told_operands()
{
    const auto fails = [](void (*body)(), const std::string& told) {
        const result got = search(body);
        expect_failure(got, "wrong result");
        expect(without_breaks(got.report).find(told) != std::string::npos,
               "expected '" + told + "' in:\n" + got.report);
    };
    fails(
        [] {
            in_a_thread([] {
                const double other = 3;
                EXPLORE_REQUIRE(other == 1000.0);
            });
        },
        "( other == 1000.0 ) does not hold: 3 == 1000 (");
    fails(
        [] {
            std::atomic<int> held = 0;
            EXPLORE_REQUIRE(++held + 1 != 2);
        },
        "hold: 2 != 2 (");
    fails(
        [] {
            std::atomic<int> held = 2;
            EXPLORE_REQUIRE(held < 2u);
        },
        "hold: 2 < 2 (");
    fails(
        [] {
            EXPLORE_REQUIRE(std::vector<int>{1, 2} == std::vector<int>{2});
        },
        "hold: {1, 2} == {2} (");
    fails([] { EXPLORE_REQUIRE(std::optional<std::string>("a") == "b"); },
          "hold: \"a\" == \"b\" (");
    fails([] { EXPLORE_REQUIRE(std::optional<int>() >= 1); }, "hold: nothing >= 1 (");
    fails([] { EXPLORE_REQUIRE(std::chrono::milliseconds(1500) < 1s); }, "hold: 1.5 s < 1 s (");
    fails([] { EXPLORE_REQUIRE(std::this_thread::get_id() == std::thread::id()); },
          "hold: T0 == no thread (");
    // Nothing to tell: what has no words, and what is no comparison.
    fails([] { EXPLORE_REQUIRE(std::make_unique<int>(1) == nullptr); },
          "nullptr ) does not hold (");
    fails(
        [] {
            const bool yes = true;
            EXPLORE_REQUIRE(!yes || (yes && !yes));
        },
        "does not hold (");
    fails(
        [] {
            const std::atomic<bool> done = false;
            EXPLORE_REQUIRE(done);
        },
        "does not hold (");
    // What it looks at once it looks at once.
    expect_pass(search([] {
        int looks = 0;
        EXPLORE_REQUIRE(++looks == 1);
        EXPLORE_REQUIRE(looks == 1 && ++looks == 2);
        EXPLORE_REQUIRE(looks != 2 || ++looks == 3);
        EXPLORE_REQUIRE(std::make_unique<int>(looks));
    }));
}

void without_addr2line()
{
    const std::string before = std::getenv("PATH");
    setenv("PATH", "/nowhere", 1);
    const result got = search([] { in_a_thread([] { EXPLORE_REQUIRE(false); }); });
    setenv("PATH", before.c_str(), 1);
    expect_failure(got, "wrong result", "addr2line (package binutils) is missing");
}

} // namespace

std::vector<check> checks_of_reports()
{
    return {
        {"report_layout", report_layout},
        {"report_rows", report_rows},
        {"code_in_wide_reports", code_in_wide_reports},
        {"narrow_reports", narrow_reports},
        {"told_values", told_values},
        {"told_copies", told_copies},
        {"values_not_written", values_not_written},
        {"helpers_callers", helpers_callers},
        {"told_operands", told_operands},
        {"without_addr2line", without_addr2line},
    };
}

} // namespace cases
