// The program of ex14: a search for primes, or the lecture's producer and consumer, that Ctrl+C
// stops. Press it twice and the program ends at once.
//
// Threads: main, one per task, and the one that waits for Ctrl+C; run() joins them all.
//
// SPDX-License-Identifier: MIT
#include "thredo.hpp"

#include "calc_primes.hpp"
#include "given/arguments.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int interrupted = 130; // what a shell reports for a program that Ctrl+C ended

constexpr const char* usage = R"(usage: ex14_thredo [END] [TASKS]     look for the primes below END
       ex14_thredo --queue [ITEMS]   the lecture's producer and consumer
       ex14_thredo --cost            what a task and an item in a queue cost
Ctrl+C stops the first two; what was found is printed, the exit status is 130.
END: 0 to 1000000000, 100000 if not given
TASKS: 1 to 100, 2 if not given
ITEMS: 1 to 1000, 10 if not given
)";

int find_primes(int end, int tasks)
{
    std::vector<int> found;
    const auto start = std::chrono::steady_clock::now();
    const int status = thredo::run([&] { thredo::calc_primes(end, tasks, found, is_prime); });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

    std::cout << (status == interrupted ? "\nstopped" : "done") << " after " << took.count()
              << " s with " << tasks << " tasks\n"
              << found.size() << " primes below " << end;
    if (!found.empty()) {
        std::cout << ", the last of them:";
        for (const int prime : std::span{found}.last(std::min<std::size_t>(found.size(), 8))) {
            std::cout << ' ' << prime;
        }
    }
    std::cout << '\n';
    return status;
}

int produce_and_consume(int items)
{
    using namespace std::chrono_literals;
    const int status = thredo::run([&] { thredo::producer_and_consumer(items, 1s, std::cout); });
    if (status == interrupted) {
        std::cout << "\nstopped\n";
    }
    return status;
}

/// The best of several rounds, each of which does the thing so many times.
double nanoseconds_each(int times, const std::function<void()>& round)
{
    double best = 1e300;
    for (int i = 0; i < 7; ++i) {
        const auto start = std::chrono::steady_clock::now();
        round();
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - start;
        best = std::min(best, took.count() / times);
    }
    return best;
}

int show_cost()
{
    const int tasks = 1000;
    const double task = nanoseconds_each(tasks, [] {
        for (int i = 0; i < tasks; ++i) {
            thredo::spawn([] {}).join();
        }
    });
    const double thread = nanoseconds_each(tasks, [] {
        for (int i = 0; i < tasks; ++i) {
            std::thread{[] {}}.join();
        }
    });
    const int items = 20000;
    const double item = nanoseconds_each(items, [] {
        thredo::queue<int> numbers;
        for (int i = 0; i < items; ++i) {
            numbers.put(i);
        }
        for (int i = 0; i < items; ++i) {
            numbers.get();
        }
    });
    const double item_in_task = nanoseconds_each(items, [] {
        thredo::spawn([] {
            thredo::queue<int> numbers;
            for (int i = 0; i < items; ++i) {
                numbers.put(i);
            }
            for (int i = 0; i < items; ++i) {
                numbers.get();
            }
        }).join();
    });
    std::cout << std::fixed << std::setprecision(0);
    std::cout << "spawn and join a task          " << std::setw(6) << task << " ns\n"
              << "start and join a std::thread   " << std::setw(6) << thread << " ns\n"
              << "put and get, not cancellable   " << std::setw(6) << item << " ns\n"
              << "put and get, inside a task     " << std::setw(6) << item_in_task << " ns\n";
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, [](const given::arguments& arguments) {
        if (arguments.has("--cost")) {
            return show_cost();
        }
        if (arguments.has("--queue")) {
            return produce_and_consume(arguments.number("ITEMS"));
        }
        return find_primes(arguments.number("END"), arguments.number("TASKS"));
    });
}
