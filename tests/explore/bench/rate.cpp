// Measures schedules per second of CPU time on three bodies, of the last one also with `isolate`,
// and what one round of everyday work costs while the hooks are idle. To be run side by side with
// another build, several times in turn: on a shared machine only ratios mean something.
//
// SPDX-License-Identifier: MIT
#include "explore/bench/bodies.hpp"
#include "explore/explore.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/resource.h>

namespace {

// Of this process and of its children that have ended.
double cpu_seconds()
{
    double sum = 0;
    for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage used{};
        getrusage(who, &used);
        for (const timeval& time : {used.ru_utime, used.ru_stime}) {
            sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
        }
    }
    return sum;
}

double seconds_for(const std::function<void()>& work)
{
    const double start = cpu_seconds();
    work();
    return cpu_seconds() - start;
}

const char* wanted = ""; // in the name of what is to be measured

void measure(const char* name, void (*body)(), bool races, long schedules, bool isolate = false)
{
    if (std::strstr(name, wanted) == nullptr) {
        return;
    }
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
    if (schedules < 1 || argc > 3) {
        std::fprintf(stderr,
                     "usage: explorer_rate [schedules [WORD]]   WORD: of some names only\n");
        return 2;
    }
    wanted = argc > 2 ? argv[2] : wanted;
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
