// What counts as spinning, and how the others get their turns in spite of it: all of it is here,
// and every constant of it.
//
// A loop that asks an atomic, a lock, a clock or the scheduler again and again would have endlessly
// many schedules. So a thread that shows one of these signs yields: it goes on only when all others
// who can have had a turn. When all who can run only yield, time moves on.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/schedule/execution.hpp"

namespace explorer::runtime {

constexpr int same_reads_before_yield = 16;  // of one value from one atomic
constexpr int reads_before_yield = 64;       // of atomics, with nothing changed in between
constexpr int clock_reads_before_yield = 4;  // with nothing changed in between
constexpr int accesses_before_yield = 2000;  // to plain memory, without a step
constexpr int steps_before_yield = 300;      // in a row, whatever they are
constexpr int light_yields_before_yield = 8; // std::this_thread::yield() may come back at once ...
constexpr int all_light_yields_of_thread = 64; // ... so often
// Time moves on when all who can run yield, and have gone round in vain so often ...
constexpr int idle_rounds = 2;
// ... or after so many steps, if somebody changes things all the time, such as the count of rounds.
constexpr int most_steps_at_a_time = 2000;

// The thread changed something that others may be waiting for: it does not merely spin.
inline void made_progress(thread_state& thread)
{
    thread.spins.same_reads = 0;
    thread.spins.fruitless_reads = 0;
    thread.spins.clock_reads = 0;
    thread.spins.light_yields = 0;
    ++run.last_change;
}

// It waits for its time: that is not spinning.
inline void waits_for_time(thread_state& thread)
{
    thread.spins.clock_reads = 0;
    thread.spins.light_yields = 0;
}

// Whether it has asked atomics, this one among them, too often.
inline bool asks_in_vain(const thread_state& thread, const object& atomic)
{
    const spinning& signs = thread.spins;
    return (signs.same_reads >= same_reads_before_yield && signs.read_from == atomic.address) ||
           signs.fruitless_reads >= reads_before_yield;
}
void note_read(thread_state& thread, const object& atomic, uint64_t value, bool changed);

// Counts a plain access. Whether it is one too many, since the last step.
inline bool is_access_too_many(thread_state& thread)
{
    return ++thread.spins.plain_accesses >= accesses_before_yield;
}

// Counts. How many it has read the clock too often; below 1: not at all.
inline int clock_reads_too_many(thread_state& thread)
{
    return ++thread.spins.clock_reads - clock_reads_before_yield;
}

// Counts. It may come back at once: nothing says that others run in between. Whoever yields again
// and again, though, waits for them.
inline bool yields_lightly(thread_state& thread)
{
    return ++thread.spins.light_yields <= light_yields_before_yield &&
           ++thread.spins.all_light_yields <= all_light_yields_of_thread;
}

// Whether it has had so many steps in a row that it must yield before this one.
bool has_gone_on_too_long(thread_state& thread, op about_to);

// The thread yields; another one, or it again, has the turn; time moves on.
void note_yield(thread_state& thread);
void note_turn(const thread_state& from, thread_state& to);
void note_time_moved();

// Whether somebody who yields must wait for one of these (bit i: thread i).
inline bool must_give_way(const thread_state& thread, uint32_t to)
{
    return thread.waits_in == op::yield && (thread.spins.gives_way_to & to) != 0;
}

// Of those who can run, if some can: whether time should move on all the same.
bool is_time_to_move_on(int busy, int yielding);

} // namespace explorer::runtime
