// Accesses to ranges of memory, for hooks of functions that read and write many bytes.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/runtime.hpp"

#define PLAIN_ACCESS(address, size, writes)                                                        \
    do {                                                                                           \
        if (EXPLORER_ACTIVE) {                                                                     \
            explorer::runtime::plain_access(address, size, writes);                                \
        }                                                                                          \
    } while (false)

namespace explorer::runtime {

// Of a long range the beginning stands for the rest: the table of words is not endless.
constexpr size_t most_of_range = size_t{1} << 16;

inline void range_access(const void* memory, size_t size, bool writes)
{
    if (EXPLORER_ACTIVE && size > 0) {
        plain_access(memory, size < most_of_range ? size : most_of_range, writes);
    }
}
inline void reads(const void* memory, size_t size)
{
    range_access(memory, size, false);
}
inline void writes(const void* memory, size_t size)
{
    range_access(memory, size, true);
}

} // namespace explorer::runtime
