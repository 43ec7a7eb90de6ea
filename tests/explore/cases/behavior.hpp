// What the explorer promises besides finding mistakes.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace cases {

/// Runs the check of that name, or all when it is empty; prints a line for each. Returns how many
/// promises are broken. Throws std::invalid_argument for an unknown name.
int check_behavior(const std::string& name);

} // namespace cases
