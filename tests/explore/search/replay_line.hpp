// Replay lines: "search:spurious:choices", the choices run-length encoded as "0x12.1.0x3"; after
// the second number a u: with steps before each unlock(); o4: with up to four older values.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace explorer {

/// A schedule, by the choices that lead to it.
struct chosen_schedule {
    std::vector<std::uint8_t> choices;
    int spurious = 0;
    int older_values = 0; // that it may take
    int older_taken = 0;
    std::vector<bool> chose_older; // [i]: choice i was among an atomic's stores
    bool unlock_points = false;
    long steps = 0;
    long switches = 0;
};

struct replay_line {
    int search = 0; // of this process; 0: whichever comes
    chosen_schedule what;
};

std::string format_replay(int search, const chosen_schedule& what);

/// Throws std::invalid_argument if it is none.
replay_line parse_replay(const std::string& text);

} // namespace explorer
