// What the random strategies have in common. Each execution has its own numbers, made from the seed
// and its place in the search, so that it does not matter which child runs it.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/strategies/strategy.hpp"

namespace explorer::runtime {

constexpr uint32_t random_turns = 6; // in a round

// Of the search's executions, from 1.
uint32_t random_execution();

void begin_random();
uint64_t random_below(uint64_t bound);

// In every second round of the random strategies whoever starts threads goes on with that first:
// else none of many is at its beginning when the last one is there.
bool starts_all_first(const candidates& who);

// Now and then one of those whom only a spurious wakeup or an early time-out lets run; else -1.
int choose_irregular(const candidates& who);
// The one of highest priority.
int choose_by_priority(const candidates& who);
int choose_one_at_random(int count, uint64_t odds);
bool there_is_always_more();

} // namespace explorer::runtime
