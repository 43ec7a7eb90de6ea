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

#include <string>
#include <vector>

namespace {

const char* const usage = R"(usage: ex00_scaffold [THREADS [TIMES]]
PLACEHOLDER: what it prints. THREADS is 2 unless you say otherwise, TIMES 100000.
)";

int run(const std::vector<std::string>& arguments)
{
    if (arguments.size() > 2) {
        throw given::usage_error("'" + arguments[2] + "' is one argument too many");
    }
    const int threads =
        arguments.empty() ? 2 : given::whole_number(arguments[0], "THREADS", 1, 1000);
    const int times =
        arguments.size() < 2 ? 100'000 : given::whole_number(arguments[1], "TIMES", 0, 1'000'000);

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
