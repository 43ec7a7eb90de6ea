// Right programs, each of which an explorer could be wrong about: no schedule of any may fail.
// Plain C++20 but for EXPLORE_REQUIRE.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"

#include <functional>
#include <thread>
#include <vector>

namespace cases {

struct right_program {
    const char* name;
    void (*body)();
    explorer::options chosen{};
};

std::vector<right_program> right_with_orders();
std::vector<right_program> right_with_atomics();
std::vector<right_program> right_with_locks();
std::vector<right_program> right_with_waits();
std::vector<right_program> right_by_habit();
std::vector<right_program> right_with_the_library();
std::vector<right_program> right_to_keep();

/// The same by several threads, the calling one among them; and different things by two.
inline void by_all(int threads, const std::function<void(int)>& deed)
{
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) {
        others.emplace_back(deed, i);
    }
    deed(0);
    for (std::thread& one : others) {
        one.join();
    }
}
inline void by_two(const std::function<void()>& one, const std::function<void()>& other)
{
    by_all(2, [&](int thread) { thread == 0 ? one() : other(); });
}

} // namespace cases
