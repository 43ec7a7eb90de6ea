// Greenlets inside explore(): the test's own thread is their hub, in every schedule.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"
#include "given/context.hpp"
#include "greenlet.hpp"

#include <functional>
#include <string>

namespace support {

/// explore(), with what greenlets make once in a program made before, and not in the first schedule
/// that needs it. The report tells which greenlet does what.
inline void explore_greenlets(const std::function<void()>& body, const explorer::options& chosen)
{
    green::spawn([] {}).join();
    explore(
        [&] {
            given::trace_switches(
                [](const std::string& entered) { explorer::goes_on_as(entered.c_str()); });
            body();
        },
        chosen);
}

} // namespace support
