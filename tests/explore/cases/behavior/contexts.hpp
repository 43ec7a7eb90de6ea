// Bodies whose threads take turns, for checks of what carries them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/cases/behavior/check.hpp"

#include <atomic>
#include <thread>

namespace cases {

inline std::atomic<int> turns_given =
    0; // what all of them touch: else their order would not matter

inline void give_turn()
{
    ++turns_given;
    std::this_thread::yield();
    ++turns_given;
}

// Lets three threads do it at the same time, T0 one of them.
template <class Deed>
void by_three(Deed deed)
{
    std::thread first([&] { deed(1); });
    std::thread second([&] { deed(2); });
    deed(3);
    first.join();
    second.join();
}

// A pass, by contexts.
inline void pass_as_contexts(void (*body)())
{
    const explorer::result got = explorer::search(body);
    expect_pass(got);
    expect(!got.real_threads, "there is no need for threads of the kernel's");
    explorer::options real;
    real.real_threads = true;
    expect_pass(explorer::search(body, real));
}

} // namespace cases
