// The explorer's own test material: mistakes of students, each beside the same code without it.
// Plain C++20 but for EXPLORE_REQUIRE.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"

#include <vector>

namespace cases {

/// The same body twice.
struct twin {
    const char* name;
    const char* mistake;
    void (*wrong)(); // at least one schedule fails
    void (*right)(); // none does
    explorer::options chosen{};
};

std::vector<twin> of_atomics();
std::vector<twin> of_connections();
std::vector<twin> of_crowds();
std::vector<twin> of_event_loops();
std::vector<twin> of_leaks();
std::vector<twin> of_library();
std::vector<twin> of_lifetimes();
std::vector<twin> of_locks();
std::vector<twin> of_memory_orders();
std::vector<twin> of_mishaps();
std::vector<twin> of_own_servers();
std::vector<twin> of_processes();
std::vector<twin> of_queues();
std::vector<twin> of_timeouts();
std::vector<twin> of_waiting();

std::vector<twin> all();

} // namespace cases
