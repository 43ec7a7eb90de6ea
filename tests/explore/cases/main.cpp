// Tests of the explorer itself, on mistakes beside the same code without them.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior.hpp"
#include "explore/cases/cases.hpp"
#include "explore/cases/reduction.hpp"
#include "explore/cases/right/programs.hpp"
#include "explore/explore.hpp"
#include "explore/litmus/check.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cases {

std::vector<twin> all()
{
    std::vector<twin> every;
    for (const auto& some :
         {of_queues(), of_waiting(), of_locks(), of_atomics(), of_memory_orders(), of_crowds(),
          of_lifetimes(), of_timeouts(), of_connections(), of_event_loops(), of_mishaps(),
          of_processes(), of_own_servers(), of_library(), of_leaks()}) {
        every.insert(every.end(), some.begin(), some.end());
    }
    return every;
}

} // namespace cases

namespace {

constexpr const char* usage =
    "usage: explorer_cases wrong [--seeds N] [NAME]         each mistake is found with each seed\n"
    "       explorer_cases right [--schedules N] [NAME]     no alarm without the mistake\n"
    "       explorer_cases determinism [--runs N] [NAME]    same seed, same report; it replays\n"
    "       explorer_cases behavior [NAME]                  everything else that is promised\n"
    "       explorer_cases reduction [--programs N] [SEED]  the reduced search against the plain\n"
    "                                                       one, of all programs or of this one\n"
    "       explorer_cases strategies [--seeds N] [NAME]    random schedules to each mistake\n"
    "       explorer_cases litmus [--programs N] [NAME]     the memory model against the axioms:\n"
    "                                                       the literature's tests and random\n"
    "                                                       programs (or one; NAME or seed)\n"
    "       explorer_cases show NAME                        the report on one mistake\n"
    "       explorer_cases real [--runs N] NAME             runs freely: how often does it show?\n"
    "       explorer_cases list\n";

struct request {
    std::string what;
    long number = 0;
    std::string name; // of one case; empty: all
};

bool is_asked_for(const request& asked, const char* name)
{
    return asked.name.empty() || asked.name == name;
}

// Prints one line a case and returns how many went wrong.
int find_mistakes(const request& asked)
{
    int missed = 0;
    for (const cases::twin& one : cases::all()) {
        if (!is_asked_for(asked, one.name)) {
            continue;
        }
        long most = 0;
        long sum = 0;
        std::string kind;
        for (long seed = 1; seed <= asked.number; ++seed) {
            explorer::options chosen = one.chosen;
            chosen.seed = static_cast<std::uint64_t>(seed);
            const explorer::result found = explorer::detail::first_failure(one.wrong, chosen);
            most = std::max(most, found.schedules);
            sum += found.schedules;
            if (!found.failed) {
                ++missed;
                std::printf("MISSED %s with seed %ld\n", one.name, seed);
            } else if (kind.find(found.kind) == std::string::npos) {
                kind += (kind.empty() ? "" : ", ") + found.kind;
            }
        }
        std::printf("%-26s %-32s mean %6.1f  most %4ld schedules\n", one.name, kind.c_str(),
                    static_cast<double>(sum) / static_cast<double>(asked.number), most);
        std::fflush(stdout);
    }
    return missed;
}

// The twins without their mistakes, and more.
std::vector<cases::right_program> all_right()
{
    std::vector<cases::right_program> every;
    for (const cases::twin& one : cases::all()) {
        every.push_back({one.name, one.right, one.chosen});
    }
    for (const auto& some :
         {cases::right_with_orders(), cases::right_with_atomics(), cases::right_with_locks(),
          cases::right_with_waits(), cases::right_by_habit(), cases::right_with_the_library(),
          cases::right_to_keep()}) {
        every.insert(every.end(), some.begin(), some.end());
    }
    return every;
}

int find_nothing(const request& asked)
{
    int alarms = 0;
    long schedules = 0;
    int programs = 0;
    for (const cases::right_program& one : all_right()) {
        if (!is_asked_for(asked, one.name)) {
            continue;
        }
        ++programs;
        explorer::options chosen = one.chosen;
        chosen.schedules = asked.number;
        const explorer::result found = explorer::search(one.body, chosen);
        schedules += found.schedules;
        if (found.failed || found.out_of_time) {
            ++alarms;
            std::printf("ALARM %s\n", one.name);
        }
        std::printf("%-26s %s\n", one.name, found.report.c_str());
        std::fflush(stdout);
    }
    std::printf("%d programs, %ld schedules, %d alarms\n", programs, schedules, alarms);
    return alarms;
}

// How many random schedules each way of drawing them takes to find each mistake, and how often it
// does not; what is found within a few in any case is left out.
int compare_strategies(const request& asked)
{
    using explorer::detail::sampling;
    constexpr struct {
        sampling way;
        const char* name;
    } ways[] = {{sampling::random_walk, "walk"},
                {sampling::pct, "PCT"},
                {sampling::pos, "POS"},
                {sampling::round_robin, "robin"},
                {sampling::in_turn, "in turn"}};
    constexpr long most = 2000;
    for (const cases::twin& one : cases::all()) {
        if (!is_asked_for(asked, one.name)) {
            continue;
        }
        std::printf("%-34s", one.name);
        for (const auto& [way, name] : ways) {
            long sum = 0;
            long missed = 0;
            for (long seed = 1; seed <= asked.number; ++seed) {
                explorer::options chosen = one.chosen;
                chosen.schedules = most;
                chosen.seed = static_cast<std::uint64_t>(seed);
                const auto found = explorer::detail::random_schedules(one.wrong, chosen, way);
                sum += found.schedules;
                missed += !found.failed;
            }
            const std::string lack = missed > 0 ? "(-" + std::to_string(missed) + ")" : "";
            std::printf("  %s %7.1f %-5s", name,
                        static_cast<double>(sum) / static_cast<double>(asked.number), lack.c_str());
            std::fflush(stdout);
        }
        std::printf("\n");
    }
    return 0;
}

// The replay line differs from search to search only in its first number.
std::string without_search_number(std::string text)
{
    constexpr const char* marker = "WORKBOOK_REPLAY=";
    if (const auto at = text.find(marker); at != std::string::npos) {
        const auto number = at + std::strlen(marker);
        text.erase(number, text.find(':', number) - number);
    }
    return text;
}

// No longer than a screen or so, and no line wider than a page; but the last one, which is to be
// copied, and words that cannot be broken.
bool fits(const std::string& report)
{
    constexpr long most_lines = 45;
    constexpr std::size_t widest = 100;
    std::istringstream lines(report);
    for (std::string line; std::getline(lines, line);) {
        const bool one_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
        if (line.size() > widest && !one_word && !line.starts_with("Again:")) {
            return false;
        }
    }
    return std::count(report.begin(), report.end(), '\n') <= most_lines;
}

int repeat(const request& asked)
{
    int differences = 0;
    int searches = 0;
    for (const cases::twin& one : cases::all()) {
        if (!is_asked_for(asked, one.name)) {
            continue;
        }
        const explorer::result first = explorer::search(one.wrong, one.chosen);
        if (!first.failed) {
            ++differences;
            std::printf("MISSED %s\n", one.name);
            continue;
        }
        if (!fits(first.report)) {
            ++differences;
            std::printf("TOO LONG OR TOO WIDE %s\n%s\n", one.name, first.report.c_str());
        }
        for (long i = 1; i < asked.number; ++i, ++searches) {
            explorer::options chosen = one.chosen;
            chosen.real_threads = i == 1; // once: whatever carries the threads, it is the same
            const explorer::result again = explorer::search(one.wrong, chosen);
            if (without_search_number(again.report) != without_search_number(first.report) ||
                again.schedules != first.schedules) {
                ++differences;
                std::printf("DIFFERS %s\n%s\n%s\n", one.name, first.report.c_str(),
                            again.report.c_str());
                break;
            }
        }
        // "0:" stands for whichever search comes.
        const std::string replay = "0" + first.replay.substr(first.replay.find(':'));
        setenv("WORKBOOK_REPLAY", replay.c_str(), 1);
        const explorer::result replayed = explorer::search(one.wrong, one.chosen);
        unsetenv("WORKBOOK_REPLAY");
        if (replayed.kind != first.kind) {
            ++differences;
            std::printf("NOT REPLAYED %s: %s instead of %s\n", one.name, replayed.kind.c_str(),
                        first.kind.c_str());
        }
    }
    std::printf("%d searches repeated, %d differences\n", searches, differences);
    return differences;
}

cases::twin with_name(const std::string& name)
{
    for (const cases::twin& one : cases::all()) {
        if (name == one.name) {
            return one;
        }
    }
    throw std::invalid_argument("no case '" + name + "'");
}

int show(const request& asked)
{
    const cases::twin one = with_name(asked.name);
    std::printf("%s: %s\n\n%s\n", one.name, one.mistake,
                explorer::search(one.wrong, one.chosen).report.c_str());
    return 0;
}

// In a process of its own each time, which has ten seconds.
int run_freely(const request& asked)
{
    const cases::twin found = with_name(asked.name);
    long failed = 0;
    for (long i = 0; i < asked.number; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);
            found.wrong();
            _exit(0);
        }
        int how = 0;
        failed += waitpid(child, &how, 0) != child || how != 0;
    }
    std::printf("%ld real runs, %ld failed\n", asked.number, failed);
    return 0;
}

int list()
{
    for (const cases::twin& one : cases::all()) {
        std::printf("%-26s %s\n", one.name, one.mistake);
    }
    return 0;
}

long whole_number(const char* text)
{
    long value = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
    if (error != std::errc() || *end != '\0' || value < 1) {
        throw std::invalid_argument(std::string("'") + text + "' is not a whole number from 1 up");
    }
    return value;
}

int reduce(const request& asked)
{
    return asked.name.empty() ? cases::compare_searches(asked.number, 1, false)
                              : cases::compare_searches(1, whole_number(asked.name.c_str()), true);
}

bool is_number(const std::string& text)
{
    return text.find_first_not_of("0123456789") == std::string::npos;
}

int check_litmus(const request& asked)
{
    if (asked.name.empty()) {
        return litmus::check_standard_tests({}) +
               litmus::check_random_programs(asked.number, 1, false);
    }
    return is_number(asked.name)
               ? litmus::check_random_programs(1, whole_number(asked.name.c_str()), true)
               : litmus::check_standard_tests(asked.name);
}

struct mode {
    const char* what;
    const char* option; // with a number; null: none
    long otherwise;
    int (*run)(const request&);
};

constexpr mode modes[] = {
    {"wrong", "--seeds", 1, find_mistakes},
    {"right", "--schedules", 10000, find_nothing},
    {"strategies", "--seeds", 10, compare_strategies},
    {"determinism", "--runs", 10, repeat},
    {"reduction", "--programs", 300, reduce},
    {"litmus", "--programs", 300, check_litmus},
    {"behavior", nullptr, 0,
     [](const request& asked) { return cases::check_behavior(asked.name); }},
    {"show", nullptr, 0, show},
    {"real", "--runs", 1000, run_freely},
    {"list", nullptr, 0, [](const request&) { return list(); }},
};

int run(int argc, char** argv)
{
    const auto found = std::find_if(std::begin(modes), std::end(modes), [&](const mode& one) {
        return argc > 1 && std::strcmp(one.what, argv[1]) == 0;
    });
    if (found == std::end(modes)) {
        throw std::invalid_argument("what to do?");
    }
    request asked{found->what, found->otherwise, {}};
    for (int i = 2; i < argc; ++i) {
        if (found->option && std::strcmp(argv[i], found->option) == 0 && i + 1 < argc) {
            asked.number = whole_number(argv[++i]);
        } else if (argv[i][0] != '-' && asked.name.empty()) {
            asked.name = argv[i];
        } else {
            throw std::invalid_argument(std::string("unknown argument '") + argv[i] + "'");
        }
    }
    // Whoever calls may want larger searches of the answers; each case here says its own.
    for (const char* name : {"WORKBOOK_SCHEDULES", "WORKBOOK_EXPLORE_SECONDS", "WORKBOOK_PROOF"}) {
        unsetenv(name);
    }
    std::string why;
    if (!explorer::canary_sings(why)) {
        std::printf("the canary is silent: %s\n", why.c_str());
        return 1;
    }
    return found->run(asked) == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
        std::fputs(usage, stdout);
        return 0;
    }
    try {
        return run(argc, argv);
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "explorer_cases: %s\n%s", error.what(), usage);
        return 2;
    }
}
