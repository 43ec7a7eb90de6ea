// What the environment says of a search.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace explorer {

/// Whether the variable is there and not empty.
bool is_set(const char* name);

/// Or else the defaults. Throws std::invalid_argument, with the variable and what is wrong with it,
/// when it holds what a search does not understand.
struct settings {
    settings();

    long schedules; // WORKBOOK_SCHEDULES
    long seed;      // WORKBOOK_SEED
    long seconds;   // WORKBOOK_EXPLORE_SECONDS
    long proof;     // WORKBOOK_PROOF; 0: not set
};

} // namespace explorer
