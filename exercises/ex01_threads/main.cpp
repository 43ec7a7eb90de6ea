// Primes by threads: how much faster than one, and does it matter who tests what?
//
// First the lecture's example, then calc_primes() with each number of threads, then three ways to
// share the numbers out, written here. The main thread starts the others and joins them before it
// prints.
//
// Answers' headers stand in <>: with "" the stub's own would be found, next to this file, for the
// solution's program too.
//
// SPDX-License-Identifier: MIT
#include "given/arguments.hpp"
#include "given/stopwatch.hpp"

#include <calc_primes.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr const char* usage =
    R"(usage: ex01_threads [END] [THREADS...]   the primes below END, with each number of THREADS
END: 0 to 10000000, 20000 if not given
THREADS: 1 to 1000, 1 2 5 if not given; speed-ups are against the first
Press Ctrl+C in the middle of a long run, such as  ex01_threads 400000 5, and see who stops.
)";

/// How many divisions is_prime() makes to find out about n.
long divisions(int n)
{
    for (int divisor = 2; divisor <= n / 2; ++divisor) {
        if (n % divisor == 0) {
            return divisor - 1;
        }
    }
    return std::max(n / 2 - 1, 0);
}

/// Shares the numbers below end out to threads, and notes in tested_by[n] which of them had n.
using way_to_share = std::function<void(int end, int threads, std::vector<int>& tested_by)>;

void on_threads(int threads, const std::function<void(int)>& work)
{
    std::vector<std::jthread> running;
    for (int k = 0; k < threads; ++k) {
        running.emplace_back(work, k);
    }
}

void every_nth_number(int end, int threads, std::vector<int>& tested_by)
{
    on_threads(threads, [&](int k) {
        for (int n = k; n < end; n += threads) {
            is_prime(n);
            tested_by[n] = k;
        }
    });
}

void blocks(int end, int threads, std::vector<int>& tested_by)
{
    on_threads(threads, [&](int k) {
        const auto bound = [&](long share) { return static_cast<int>(share * end / threads); };
        for (int n = bound(k); n < bound(k + 1); ++n) {
            is_prime(n);
            tested_by[n] = k;
        }
    });
}

void shared_counter(int end, int threads, std::vector<int>& tested_by)
{
    std::atomic<int> next = 0;
    on_threads(threads, [&](int k) {
        for (int n = next++; n < end; n = next++) {
            is_prime(n);
            tested_by[n] = k;
        }
    });
}

/// The part of all divisions that the busiest thread made, in percent.
double largest_share(int threads, const std::vector<int>& tested_by)
{
    std::vector<long> made(threads);
    long all = 0;
    for (int n = 0; n < static_cast<int>(tested_by.size()); ++n) {
        made[tested_by[n]] += divisions(n);
        all += divisions(n);
    }
    return 100.0 * *std::max_element(made.begin(), made.end()) / std::max(all, 1L);
}

void compare_ways_to_share(int end, int threads, double reference_ms)
{
    fmt::print("\n{} threads, three ways to share the numbers\n", threads);
    fmt::print("{:<18}{:>12}{:>10}{:>26}\n", "", "time", "speed-up", "busiest thread's part");
    const auto row = [&](const char* name, const way_to_share& share) {
        std::vector<int> tested_by(end);
        const double ms = given::median_ms([&] { share(end, threads, tested_by); });
        fmt::print("{:<18}{:>9.1f} ms{:>10.2f}{:>24.0f} %\n", name, ms, reference_ms / ms,
                   largest_share(threads, tested_by));
        std::fflush(stdout);
    };
    row("every n-th number", every_nth_number);
    row("blocks", blocks);
    row("shared counter", shared_counter);
}

int run(const given::arguments& arguments)
{
    const int end = arguments.number("END");
    const std::vector<int>& thread_counts = arguments.numbers("THREADS");

    fmt::print("calc_primes(50, 5)\n{}\n", fmt::join(calc_primes(50, 5), " "));

    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    fmt::print("\nThe primes below {}, on {} core{}\n", end, cores, cores == 1 ? "" : "s");
    fmt::print("{:>7}{:>12}{:>10}{:>8}{:>9}\n", "threads", "time", "speed-up", "ideal", "primes");
    double reference_ms = 0;
    for (int threads : thread_counts) {
        std::size_t found = 0;
        const double ms = given::median_ms([&] { found = calc_primes(end, threads).size(); });
        reference_ms = reference_ms > 0 ? reference_ms : ms;
        const double ideal = 1.0 * std::min(threads, cores) / std::min(thread_counts[0], cores);
        fmt::print("{:>7}{:>9.1f} ms{:>10.2f}{:>8.2f}{:>9}\n", threads, ms, reference_ms / ms,
                   ideal, found);
        std::fflush(stdout);
    }

    for (int threads : thread_counts) {
        if (threads > 1) {
            compare_ways_to_share(end, threads, reference_ms);
        }
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
