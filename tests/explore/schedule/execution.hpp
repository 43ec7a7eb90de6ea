// One execution: the body, run once under one schedule. Its state is in one object, `run`, which
// begins anew each time. What only one part needs stays in that part: the strategies' own choices,
// the table of memory accesses and so on.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/ledger.hpp"

#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

namespace explorer::runtime {

constexpr int64_t never = INT64_MAX; // virtual time is in nanoseconds

struct vector_clock {
    uint32_t of[most_threads]; // [i]: up to which of thread i's epochs everything is known
};

// A mutex, a condition variable, an atomic ...: whatever has an address and is synchronized on.
struct object {
    uintptr_t address;
    uint32_t execution; // the one it belongs to; another one's: free slot
    int16_t number;
    sort is;
    bool busy;                 // once, guard: somebody initializes; semaphore: count is valid
    int owner;                 // thread, or -1
    int count;                 // recursive mutex: depth; semaphore: units
    uint32_t readers;          // bit i: thread i holds it shared
    vector_clock clock;        // what releasing it published; atomic: by its newest store
    vector_clock shared_clock; // shared mutex: published by readers, for writers only
    // An atomic, see memory/stores.hpp.
    uint32_t newest_store; // as an index; 0: none is kept
    uint8_t size_of_stores;
    bool has_other_sizes;
};

// Signs that a thread asks for something again and again: see fairness.hpp.
struct spinning {
    // Reading atomics.
    uintptr_t read_from;
    uint64_t value_read;
    int same_reads;      // of that value there, one after the other
    int fruitless_reads; // of any, since it last changed anything

    int plain_accesses; // since the last step
    int clock_reads;    // since it last changed anything

    // Yielding.
    int light_yields;      // that gave way to nobody, since it last changed anything
    int all_light_yields;  // of this execution
    int unbroken;          // steps since another thread had the turn
    int forced_yields;     // because of too many of those
    uint32_t gives_way_to; // bit i: to thread i, which has not had a turn since
    int idle_yields;       // while nobody changed anything, which ...
    uint32_t idle_since;   // ... this value of run.last_change tells
};

constexpr int most_lent = 128; // of one thread
constexpr int most_returns = 64;

// Functions of a thread's have returned in an epoch: what lay below that address is gone.
struct return_of_function {
    uintptr_t end;
    uint32_t epoch;
};

struct thread_state {
    int id;
    op waits_in; // what it is about to do; runnable unless enabled() says otherwise
    object* on;
    int64_t deadline;
    thread_state* joins;
    bool signalled;      // a wait was answered
    bool woke_by_itself; // as if it were
    bool joined;
    bool starts_another; // has just started a thread
    bool is_process;     // a simulated one, see world/processes.cpp
    bool was_process;
    int killed_by;     // a signal that ends it at its next turn; 0: none
    uint64_t priority; // of the strategies that give some
    spinning spins;

    uint64_t era; // see begin_era()
    vector_clock clock;
    vector_clock acquired; // by relaxed loads: becomes known at an acquire fence
    vector_clock fenced;   // known at the last release fence: relaxed stores publish it

    int unsettled;          // event of a plain write whose value is not yet known
    bool read_since;        // it has read after that: the write has happened by its next step
    uintptr_t stack_begin;  // its lowest address
    int lent_count;         // of `lent`, below
    uintptr_t lowest_lent;  // of these, as an address
    uintptr_t stack_in_use; // down to here, when it last handed over the turn; 0: unknown

    void* (*routine)(void*);
    void* argument;
    void* outcome;
    pthread_t handle;

    uintptr_t highest_return; // of a function in its present epoch; 0: none returned
    int return_count;         // of `returns`, below

    // Last, and not cleared. Words of its stack that other threads have used, while they last; the
    // returns of earlier epochs, the later the lower: a higher one makes the others forgotten.
    uintptr_t lent[most_lent];
    return_of_function returns[most_returns];
};

struct execution {
    uint32_t number;  // from 1; never 0
    int thread_count; // ended ones included
    int64_t now;      // virtual
    long steps;
    long steps_when_time_moved;
    int spurious_left;
    uint32_t last_change;    // counts the changes of what somebody may wait for
    bool somebody_gives_way; // to somebody

    bool recording;  // events are written down
    bool tracing;    // so is what each step touches, see strategies/dependence.hpp
    bool only_races; // are looked for, of plain accesses
    bool debugging;  // in the debugger's process: stop where it fails

    // Where the thread that has the turn is about to store eight bytes, or has; null: nowhere. See
    // engine/stacks.hpp.
    const uint64_t* last_stored;

    thread_state threads[most_threads];
    thread_state the_clock; // stands for the jump to the next deadline
};
extern execution run;

// What the simulated kernel (world/) uses of it, by the names that it has there.
inline int64_t& now = run.now;
inline int& thread_count = run.thread_count;
inline thread_state (&threads)[most_threads] = run.threads;
inline bool& recording = run.recording;
inline bool& tracing = run.tracing;

// The state of the calling thread while it runs judged code inside a schedule; else null, and then
// all hooks do what they would do without the explorer.
extern constinit thread_local thread_state* self __attribute__((tls_model("local-exec")));
#define EXPLORER_ACTIVE (__builtin_expect(explorer::runtime::self != nullptr, 0))

extern ledger* book; // set in the child and, while a child runs, in the parent

} // namespace explorer::runtime
