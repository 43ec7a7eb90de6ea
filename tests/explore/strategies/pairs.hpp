// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

namespace explorer::runtime {

inline uint64_t bit(int thread)
{
    return uint64_t{1} << thread;
}

// For order_trace(): asks for what could have been the other way round with this step, where the
// earlier one was chosen (branch::wanted).
void look_for_pairs(int step, const int* on, int count);

} // namespace explorer::runtime
