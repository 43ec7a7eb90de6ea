// Everyday work, free-running, in instrumented code. Linked once with the explorer, whose hooks are
// idle then, and once with hooks that do nothing: the difference is what the explorer costs the
// tests that do not explore. tests/explore/bench/compare.py runs the two in turn.
//
// SPDX-License-Identifier: MIT
#include "explore/bench/bodies.hpp"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv)
{
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 200;
    std::printf("%lu\n", bench::everyday_work(rounds));
    return 0;
}
