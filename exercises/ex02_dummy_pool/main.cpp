// One task per number on the pool: what does a task cost, beside the work that is in it?
//
// The same primes three ways: shared out beforehand (ex01's answer), one task per number as in the
// lecture, and one task per hundred numbers; then as many tasks that do nothing. The pool's workers
// are joined before each line is printed.
//
// Answers' headers stand in <>: with "" the stub's own would be found, next to this file, for the
// solution's program too.
//
// SPDX-License-Identifier: MIT
#include "given/arguments.hpp"
#include "given/stopwatch.hpp"

#include <calc_primes_pool.hpp>
#include <dummy_pool.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr const char* usage =
    R"(usage: ex02_dummy_pool [END] [WORKERS...]   the primes below END on pools of so many WORKERS
END: 0 to 1000000, 20000 if not given
WORKERS: 1 to 1000, 1 5 if not given
)";

std::vector<int> primes_in_batches(dummy_pool& pool, int end)
{
    const int batch = 100;
    std::vector<int> starts;
    for (int start = 0; start < end; start += batch) {
        starts.push_back(start);
    }
    const auto parts = pool.map(
        [end](int start) {
            std::vector<int> found;
            for (int n = start; n < std::min(start + batch, end); ++n) {
                if (is_prime(n)) {
                    found.push_back(n);
                }
            }
            return found;
        },
        starts);

    std::vector<int> primes;
    for (const std::vector<int>& part : parts) {
        primes.insert(primes.end(), part.begin(), part.end());
    }
    return primes;
}

void empty_tasks(dummy_pool& pool, int count)
{
    std::vector<std::future<void>> done;
    for (int n = 0; n < count; ++n) {
        done.push_back(pool.apply_async([] {}));
    }
    for (auto& each : done) {
        each.get();
    }
}

void row(const char* name, const std::vector<int>& worker_counts,
         const std::function<void(int workers)>& work)
{
    fmt::print("{:<28}", name);
    for (int workers : worker_counts) {
        fmt::print("{:>9.1f} ms", given::median_ms([&] { work(workers); }));
        std::fflush(stdout);
    }
    fmt::print("\n");
}

int run(const given::arguments& arguments)
{
    const int end = arguments.number("END");
    const std::vector<int>& worker_counts = arguments.numbers("WORKERS");

    dummy_pool pool(5);
    fmt::print("calc_primes_pool(pool, 50) on {} workers\n{}\n", pool.size(),
               fmt::join(calc_primes_pool(pool, 50), " "));

    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    fmt::print("\nThe primes below {}, on {} core{}\n", end, cores, cores == 1 ? "" : "s");
    fmt::print("{:<28}", "workers");
    for (int workers : worker_counts) {
        fmt::print("{:>12}", workers);
    }
    fmt::print("\n");

    row("threads, every n-th number", worker_counts,
        [end](int workers) { calc_primes(end, workers); });
    row("pool, a task per number", worker_counts, [end](int workers) {
        dummy_pool fresh(workers);
        calc_primes_pool(fresh, end);
    });
    row("pool, a task per 100", worker_counts, [end](int workers) {
        dummy_pool fresh(workers);
        primes_in_batches(fresh, end);
    });
    row(fmt::format("pool, {} empty tasks", end).c_str(), worker_counts, [end](int workers) {
        dummy_pool fresh(workers);
        empty_tasks(fresh, end);
    });
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
