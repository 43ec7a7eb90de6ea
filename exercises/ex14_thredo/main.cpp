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
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr int interrupted = 130; // what a shell reports for a program that Ctrl+C ended

constexpr const char* usage =
    "usage: ex14_thredo [END [TASKS]]     look for the primes below END (100000) with TASKS (2)\n"
    "       ex14_thredo --queue [ITEMS]   the lecture's producer and consumer, ITEMS (10)\n"
    "Ctrl+C stops either; what was found is printed, the exit status is 130.\n";

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

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, [](std::vector<std::string> arguments) {
        const bool queue = !arguments.empty() && arguments[0] == "--queue";
        if (arguments.size() > 2) {
            throw given::usage_error{"'" + arguments[2] + "': too many arguments"};
        }
        if (queue) {
            return produce_and_consume(
                arguments.size() > 1 ? given::whole_number(arguments[1], "items", 1, 1000) : 10);
        }
        const int end =
            arguments.empty() ? 100000 : given::whole_number(arguments[0], "end", 0, 1000000000);
        const int tasks =
            arguments.size() > 1 ? given::whole_number(arguments[1], "tasks", 1, 100) : 2;
        return find_primes(end, tasks);
    });
}
