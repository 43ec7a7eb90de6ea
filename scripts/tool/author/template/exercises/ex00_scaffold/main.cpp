// PLACEHOLDER: what the program shows, and which threads run in it.
//
// Answers' headers stand in <>: with "" the stub's own would be found, next to this file, for the
// solution's program too.
//
// SPDX-License-Identifier: MIT
#include <scaffold.hpp>

#include "given/arguments.hpp"
#include "given/stopwatch.hpp"

#include <fmt/core.h>

namespace {

constexpr const char* usage =
    R"(usage: ex00_scaffold [THREADS] [TIMES]   PLACEHOLDER: what it prints
THREADS: 1 to 1000, 2 if not given
TIMES: 0 to 1000000, 100000 if not given
)";

int run(const given::arguments& arguments)
{
    const int threads = arguments.number("THREADS");
    const int times = arguments.number("TIMES");
    int sum = 0;
    const double ms = given::median_ms([&] { sum = sum_of_ones(threads, times); });
    fmt::print("{:>7}{:>12}{:>12}\n", "threads", "time", "sum");
    fmt::print("{:>7}{:>9.1f} ms{:>12}\n", threads, ms, sum);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
