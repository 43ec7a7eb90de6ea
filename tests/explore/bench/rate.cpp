// Measures schedules per second on three bodies, of the last one also with
// `isolate`, and what one round of everyday work costs while
// the hooks are idle. To be run side by side with another build, several times in turn: on a shared
// machine only ratios mean something.
//
// SPDX-License-Identifier: MIT
#include "explore/bench/bodies.hpp"
#include "explore/explore.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

double seconds_for(const std::function<void()>& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(const char* name, void (*body)(), bool races, long schedules, bool isolate = false)
{
    explorer::options chosen;
    chosen.isolate = isolate;
    chosen.schedules = schedules;
    chosen.races = races;
    explorer::result result;
    const double seconds =
        seconds_for([&] { result = explorer::detail::random_schedules(body, chosen); });
    std::printf("%-28s %8.0f schedules/s   %ld schedules, %s\n", name,
                static_cast<double>(result.schedules) / seconds, result.schedules,
                result.failed ? result.kind.c_str() : "passed");
}

} // namespace

int main(int argc, char** argv)
{
    const long schedules = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 20000;
    if (schedules < 1 || argc > 2) {
        std::fprintf(stderr, "usage: explorer_rate [schedules]\n");
        return 2;
    }
    measure("read, work, write", bench::read_work_write, false, schedules);
    measure("one producer, two consumers", bench::one_producer_two_consumers, true, schedules);
    measure("pool of two, three tasks", bench::pool_of_two, true, schedules);
    constexpr int share = 20; // a process for each schedule takes longer
    measure("each of these in a process", bench::pool_of_two, true, std::max(1L, schedules / share),
            true);
    constexpr int rounds = 500;
    unsigned long checksum = 0;
    const double seconds = seconds_for([&] { checksum = bench::everyday_work(rounds); });
    std::printf("%-28s %8.1f us a round       (%lu)\n", "hooks idle", seconds / rounds * 1e6,
                checksum);
    return 0;
}
