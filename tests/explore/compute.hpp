// A computation, for the bodies that the explorer runs.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace explorer {

/// Keeps the calling thread busy for `time`, with the locks that it holds: virtual time goes by,
/// which moves only when no other thread can run, and no real time. Any thread of an explored body;
/// anywhere else throws std::logic_error, because a test must not wait for a real clock. A body
/// that runs freely under a debugger (see in_this_process) has no virtual time: there it returns at
/// once.
inline void compute(std::chrono::nanoseconds time)
{
    if (exploring()) {
        std::this_thread::sleep_for(time); // the explorer's own sleep, which jumps its clock ahead
    } else if (!in_this_process) {
        throw std::logic_error("explorer::compute outside an explored body");
    }
}

} // namespace explorer
