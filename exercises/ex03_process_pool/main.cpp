// The lecture's comparison: primes with one worker and with several, on threads, on the thread pool
// and on the process pool; and what a task costs that does nothing. Threads and thread pool are the
// references of ex01 and ex02. --sizes shows from which size of task on a pool is worth it, --kill
// what becomes of a killed worker's task.
//
// The fork server is started first, before any thread, and lives until main's body ends.
//
// SPDX-License-Identifier: MIT
#include "given/arguments.hpp"
#include "given/fork_server.hpp"

#include "calc_primes.hpp"
#include "calc_primes_pool.hpp"
#include "dummy_pool.hpp"
#include "process_pool.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace {

constexpr const char* usage =
    R"(usage: ex03_process_pool [END] [WORKERS]     the primes below END with 1 and with WORKERS
       ex03_process_pool --sizes [WORKERS]   the same work in tasks of several sizes
       ex03_process_pool --kill              kill a worker in the middle of its task
END: 0 to 1000000, 20000 if not given
WORKERS: 1 to 100, 5 if not given; with --sizes as many as there are cores
)";

/// The shortest of three runs, in milliseconds: whatever else the machine does makes runs longer,
/// never shorter.
template <class Run>
double milliseconds(Run run)
{
    using clock = std::chrono::steady_clock;
    double best = 0;
    for (int i = 0; i < 3; ++i) {
        const auto start = clock::now();
        run();
        const double took = std::chrono::duration<double, std::milli>(clock::now() - start).count();
        best = i == 0 ? took : std::min(best, took);
    }
    return best;
}

void nothing(int) {}

template <class Pool>
void run_empty_tasks(int tasks)
{
    Pool pool(1);
    std::vector<std::future<void>> done;
    for (int n = 0; n < tasks; ++n) {
        done.push_back(pool.apply_async(nothing, n));
    }
    for (auto& each : done) {
        each.get();
    }
}

void run_empty_threads(int tasks)
{
    for (int n = 0; n < tasks; ++n) {
        std::thread(nothing, n).join();
    }
}

template <class Pool>
std::vector<int> primes_on(int end, int workers)
{
    Pool pool(workers);
    return calc_primes_pool(pool, end);
}

struct contestant {
    const char* name;
    std::vector<int> (*primes)(int end, int workers);
    void (*empty_tasks)(int tasks);
};

std::vector<int> primes_on_threads(int end, int workers)
{
    return calc_primes(end, workers);
}

int compare(int end, int workers)
{
    constexpr int empty_tasks = 2000;
    const contestant contestants[] = {
        {"threads", primes_on_threads, run_empty_threads},
        {"dummy pool", primes_on<dummy_pool>, run_empty_tasks<dummy_pool>},
        {"process pool", primes_on<process_pool>, run_empty_tasks<process_pool>},
    };
    const auto expected = primes_on_threads(end, 1);
    const unsigned cores = std::thread::hardware_concurrency();
    fmt::print("{} primes below {}; best of 3 runs; {} cores\n\n", expected.size(), end, cores);
    fmt::print("{:<14}{:>11}{:>13}{:>10}{:>16}\n", "", "1 worker",
               fmt::format("{} worker{}", workers, workers == 1 ? "" : "s"), "speed-up",
               "an empty task");
    for (const contestant& each : contestants) {
        if (each.primes(end, workers) != expected) {
            throw std::runtime_error(std::string(each.name) + ": wrong primes");
        }
        const double one = milliseconds([&] { each.primes(end, 1); });
        const double several = milliseconds([&] { each.primes(end, workers); });
        const double empty = milliseconds([&] { each.empty_tasks(empty_tasks); }) / empty_tasks;
        fmt::print("{:<14}{:>8.1f} ms{:>10.1f} ms{:>10.2f}{:>13.1f} us\n", each.name, one, several,
                   one / several, empty * 1000);
        std::fflush(stdout);
    }
    return 0;
}

volatile unsigned kept; // a result that is stored must be computed

void keep(unsigned value)
{
    kept = value;
}

// Each step needs the one before, so no optimizer leaves any out.
unsigned work(unsigned rounds)
{
    unsigned x = rounds;
    for (unsigned i = 0; i < rounds; ++i) {
        x = x * 1664525 + 1013904223;
    }
    return x;
}

template <class Pool>
double pooled_us(Pool& pool, int tasks, unsigned rounds)
{
    return milliseconds([&] { pool.map(work, std::vector<unsigned>(tasks, rounds)); }) * 1000 /
           tasks;
}

int compare_sizes(int workers)
{
    dummy_pool threads(workers);
    process_pool processes(workers);
    const double rounds_per_us = 1e7 / (milliseconds([] { keep(work(10'000'000)); }) * 1000);
    fmt::print("us for each task, and speed-up; {} workers, {} cores\n\n", workers,
               std::thread::hardware_concurrency());
    fmt::print("{:>12}{:>16}{:>22}\n", "alone", "dummy pool", "process pool");
    for (const int size_us : {1, 10, 30, 100, 300, 1000, 10'000}) {
        const int tasks = std::clamp(100'000 / size_us, 20, 2000);
        const auto rounds = static_cast<unsigned>(size_us * rounds_per_us);
        const double alone = milliseconds([&] {
                                 for (int i = 0; i < tasks; ++i) {
                                     keep(work(rounds));
                                 }
                             }) *
                             1000 / tasks;
        const double dummy = pooled_us(threads, tasks, rounds);
        const double process = pooled_us(processes, tasks, rounds);
        fmt::print("{:>12.1f}{:>10.1f}{:>8.2f}{:>14.1f}{:>8.2f}\n", alone, dummy, alone / dummy,
                   process, alone / process);
    }
    return 0;
}

int stay_for_ever()
{
    for (;;) {
        pause();
    }
}

pid_t own_pid()
{
    return getpid();
}

int kill_a_worker()
{
    process_pool pool(2);
    auto doomed = pool.apply_async(stay_for_ever);
    const pid_t survivor = pool.apply_async(own_pid).get();
    const auto pids = pool.worker_pids();
    const pid_t victim = pids[0] == survivor ? pids[1] : pids[0];
    fmt::print("workers {}; {} holds a task that never ends\n", fmt::join(pids, " and "), victim);

    std::vector<std::future<bool>> others;
    for (int n = 0; n < 1000; ++n) {
        others.push_back(pool.apply_async(is_prime, n));
        if (n == 500) {
            fmt::print("1000 more tasks; after the 500th: kill -9 {}\n", victim);
            kill(victim, SIGKILL);
        }
    }
    try {
        doomed.get();
    } catch (const worker_died& death) {
        fmt::print("its task: worker_died: {}\n", death.what());
    }
    const auto primes =
        std::count_if(others.begin(), others.end(), [](auto& each) { return each.get(); });
    fmt::print("the other tasks: all done, {} primes below 1000\n", primes);
    fmt::print("workers now: {}\n", fmt::join(pool.worker_pids(), " and "));
    return 0;
}

int run(const given::arguments& arguments)
{
    const auto server = given::fork_server::start();
    if (arguments.has("--kill")) {
        return kill_a_worker();
    }
    if (arguments.has("--sizes")) {
        const int cores = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
        return compare_sizes(arguments.has("WORKERS") ? arguments.number("WORKERS") : cores);
    }
    return compare(arguments.number("END"), arguments.number("WORKERS"));
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
