// What may go wrong on the simulated network, although everybody does everything right: each time
// it could, the search chooses, as long as the test's options leave any of its kind.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/runtime.hpp"

namespace explorer::runtime {

void begin_mishaps(); // a schedule begins

// Whether it happens now. Then the report says so.
bool befalls(mishap what);

} // namespace explorer::runtime
