// What the steps of a schedule touch, and which of them depend on each other: the ground that the
// reduced search (reduced.cpp) stands on.
//
// A step is what a thread does from one choice to the next. Two steps of different threads depend
// on each other if they touch the same key and their order can matter. A key is a word of memory
// that something to synchronize with lies in, or stands for what has no address.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/schedule/execution.hpp"

#include <stdint.h>

namespace explorer::runtime {

namespace keys {

constexpr uint64_t special = uint64_t{1} << 61;     // addresses / 8 are smaller
constexpr uint64_t time = special;                  // the virtual clock
constexpr uint64_t spurious = special + 1;          // how many spurious wakeups are left
constexpr uint64_t threads = special + 2;           // their numbers, given in turn
constexpr uint64_t the_end = special + 3;           // what T0 waits for at its end
constexpr uint64_t mishaps = special + 16;          // + kind: how many are left
constexpr uint64_t thread = special + 64;           // + id: its end
constexpr uint64_t joiners = special + 192;         // + id: who joins it, and whom it joins
constexpr uint64_t signal = special + 128;          // + id: its wait was answered
constexpr uint64_t files = special + 4;             // which there are, in the simulated kernel
constexpr uint64_t file = special + 256;            // + its number: one of them
constexpr uint64_t descriptor = special + 1024;     // + number: what it stands for
constexpr uint64_t way_of_waiting = special + 4096; // + file: how calls on it wait
constexpr uint64_t waiters = uint64_t{1} << 60;     // + word: the threads that wait on that futex

} // namespace keys

inline uint64_t word_key(const volatile void* address)
{
    return reinterpret_cast<uintptr_t>(address) >> 3;
}

uint64_t word_key_of(const object& one);

// The calling thread's step touches this.
void touch_always(const touch& what);
inline void touch_key(uint64_t key, touching how, int units = 0, uint8_t bytes = 0xff)
{
    if (__builtin_expect(run.tracing, 0)) {
        touch_always({key, bytes, how, static_cast<int8_t>(units)});
    }
}
// The bytes of an object in memory, such as an atomic.
void touch_memory(const volatile void* address, size_t size, touching how);
// This memory ends: whoever has synchronized by it must have done so before.
void touch_end_of(uintptr_t word);

// The calling thread is about to wait until there is a unit to take: of a lock that is one while it
// is free. `available` are there when the step is taken.
// If it is timed, it may go on for its deadline, too.
void note_blocking(uint64_t key, int available, bool timed = false);
// The step answers a wait, or ends it in another way.
void note_resumed(bool spuriously);

bool depend(const touch& one, const touch& other);

// ---- the steps of the current schedule, in order

constexpr int most_traced = 1 << 12;
constexpr int clock_thread = most_threads; // takes the step that moves time on
constexpr int most_tracked = most_threads + 1;

struct traced_step {
    uint8_t thread;
    bool resumes;
    bool resumes_spuriously;
    bool timed;
    int8_t available;   // units of the key `blocks_on`, when the step was taken
    uint64_t blocks_on; // 0: nothing could keep it waiting
    int branch;         // of the search: where it was chosen; -1: nowhere
    int before;         // the thread's step before it, or the one that started it; -1: none
    int first_touch, end_of_touches;
    uint16_t number;              // among the thread's own, from 1
    uint16_t clock[most_tracked]; // how many of each thread's steps come before it
};

struct trace {
    traced_step step[most_traced];
    int steps;
    touch* touches;
    int* step_of_touch;
    int* previous_touch; // of the same key; -1: none
    int touch_count;
    bool too_long;
};
extern trace now_traced;

void begin_trace();
// The thread was chosen; what follows belongs to this step.
void begin_traced_step(int thread, int branch);
void note_started(int thread); // by the current step

inline bool comes_before(const traced_step& one, const traced_step& other)
{
    return other.clock[one.thread] >= one.number;
}

// Fills in the clocks. Calls `look` for each step from `first` on, with the earlier steps that it
// depends on directly and that its thread did not know of, the latest first. At that moment its own
// clock holds only what the thread knew when it was about to take the step.
void order_trace(int first, void (*look)(int step, const int* on, int count));

// A number that is the same for all schedules that differ only in the order of independent steps.
uint64_t digest_of_trace();

} // namespace explorer::runtime
