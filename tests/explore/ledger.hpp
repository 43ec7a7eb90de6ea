// The ledger: memory that the exploring child shares with its parent. The child writes down what it
// does; the parent reads it after the child's end, whatever that was: a crash, a deadlock or a
// pass. Plain structures only: this header is included by code that must not use the standard
// library's templates (see runtime.hpp).
//
// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace explorer {

constexpr int most_threads = 32;
constexpr int most_choices = 1 << 16;
constexpr int most_events = 1 << 14;
constexpr int most_frames = 32;
constexpr int most_shared_words = 4096;
constexpr int text_size = 48;
constexpr int actor_size = 20;

// What a thread does at a step, or waits for.
enum class op : uint8_t {
    run, // nothing that could make it wait
    yield,
    lock,
    lock_shared,
    lock_exclusive,
    wait,
    atomic_wait,
    join,
    once,
    sleep,
    acquire,
    io,           // in a call of the simulated kernel, see world/waiting.hpp
    wait_for_end, // T0, until all other threads have ended
    ended,
    // never waited in:
    notify_one,
    notify_all,
    unlock,
    unlock_shared,
    try_lock,
    try_lock_failed,
    start,
    load,
    store,
    exchange, // any read-modify-write of an atomic
    read,
    write,
    deletion,
    atomic_notify,
    release,
    spurious_wakeup,
    time_out,
    woken,
    blocked,
    required, // an EXPLORE_REQUIRE that did not hold
    raised,   // an exception that nobody catches, a signal
    detached,
    fence,
};

// What an object of the schedule is.
enum class sort : char {
    none = 0,
    mutex = 'M',
    recursive_mutex = 'R',
    condition = 'C',
    shared_mutex = 'S',
    semaphore = 'P',
    atomic = 'A',
    once = 'O',
    guard = 'G', // of a function-local static
    descriptor = 'D',
};

enum class search_kind : uint8_t {
    reduced,     // one schedule of each kind that differs: see strategies/
    depth_first, // every schedule within the preemption bound
    random,      // the next four in turn
    random_walk,
    pct,
    pos,
    round_robin,
    replay, // the given choices, then always choice 0
};

// What may befall a call of the simulated kernel, as often in one schedule as the test allows.
enum class mishap : uint8_t {
    short_transfer, // less is sent or received than could be
    interruption,   // a call that waits ends with EINTR
    reset,          // the connection breaks, for both ends
    refusal,        // a connect() is refused
    accept_failure, // no descriptor is left
    death,          // a simulated process is killed
    hang,           // nobody answers a connect(), nor says that nobody listens
    silence,        // nothing that either end of a connection sends arrives any more
    socket_failure, // no descriptor is left for a socket()
    fork_failure,   // no room for another process
};
constexpr int mishap_kinds = 10;

struct event {
    bool shown; // false: only remembers where the thread is
    uint8_t thread;
    op what;
    sort object_sort;
    int16_t object; // number of the object, 0: none
    int16_t other;  // the other thread of start, join, detached; the mutex that wait lets go
    int choices;    // of the schedule, made before it
    uint8_t size;   // of a memory access
    bool has_value;
    bool has_old;
    uint64_t address;
    uint64_t value;         // read or written
    uint64_t old;           // before a read-modify-write
    uint8_t memory_order;   // of an operation on an atomic, plus 1; 0: it is none
    bool older;             // it read an older value than the newest, or stored one behind it
    uint64_t newest;        // value, then
    int source;             // the event that stored what it read; 0: unknown
    int8_t stack_owner;     // the thread on whose stack the address lies, plus 1; 0: on no stack
    char text[text_size];   // of a call: what it was and what came of it
    char actor[actor_size]; // whose turn it was in the thread, see goes_on_as(); empty: its own
    int frames;
    void* frame[most_frames];
};

// A thread that has not ended, at the moment of a failure.
struct standing {
    op waits_in;
    bool can_run;
    sort object_sort;
    int16_t object;
    int8_t held_by; // who owns that mutex, -1: nobody
    int8_t joins;
    int event; // where it is, 0: unknown
};

enum class status : uint8_t { running, passed, failed };

// What one child is to do.
struct search_plan {
    search_kind kind;
    bool races, leaks, plain_points, eager_time, isolate, record;
    bool count_traces;  // that differ, of a search that is not reduced
    bool unlock_points; // a step before each unlock(): for those who try_lock()
    bool stop;          // replay: where the given choices end, to tell who could go on
    bool real_threads;  // see engine/engine.hpp
    int preemption_bound, spurious;
    int older_values;   // that one schedule may take, see memory/stores.hpp
    bool watches_older; // takes none, but notes whether it could
    int mishaps[mishap_kinds];
    long max_steps, limit;
    uint64_t seed;
    int heap; // its place, by number: see replaying.hpp
};

struct node {
    uint8_t taken, of;
};

// How a step touches what several threads may touch.
enum class touching : uint8_t {
    reads,
    adds, // changes it in a way whose order among others that add does not matter
    writes,
};

struct touch {
    uint64_t key; // see strategies/dependence.hpp
    uint8_t bytes;
    touching how;
    int8_t units; // taken (1) or given back (-1) of what others may wait for
};

// Why a reduced search is no proof.
enum class obstacle : uint8_t {
    none,
    giving_way, // a thread asks again and again, and others must have a turn before it
    time,       // all who could go on did only that, and time moved on
    timers,     // of the simulated kernel
    processes,  // simulated ones
    size,       // more steps, or more in them, than there is room for
    difference, // the same choices led elsewhere
};

constexpr int most_branches = 1 << 12;
constexpr int most_kept_touches = 1 << 18;
constexpr int most_traces = 1 << 20;

// A choice on the way that the reduced search is on.
struct branch {
    uint8_t chosen; // a thread, or the clock
    uint8_t of;     // 0: a choice of who goes on; else one among so many, of which ...
    uint8_t taken;  // ... this one is
    int step;       // in the trace
    uint64_t fingerprint;
    // Bit i: thread i. The last bit: the clock.
    uint64_t able;
    uint64_t wanted;               // to be tried here, or tried
    uint64_t done;                 // of these: every schedule that goes on so was tried
    uint64_t asleep;               // tried elsewhere, and nothing since depends on its step
    int kept_before;               // how many kept touches there were
    int touches[most_threads + 1]; // of those done or asleep: what their step touches; 0: nothing
};

struct kept_touch {
    touch what;
    int next; // 0: none
};

struct reduced_search {
    int depth;
    int changed; // the first branch that differs from the schedule before
    int kept_touches;
    bool restarted;
    volatile obstacle met;  // first; then it is given up
    volatile long distinct; // kinds of schedule that there were
    uint64_t attempt;       // tells the kinds of one search from those of another
    branch branches[most_branches];
    kept_touch kept[most_kept_touches];
    uint64_t trace[most_traces]; // those kinds: a hash table
};

struct ledger {
    search_plan plan;
    reduced_search reduced;

    // Progress.
    volatile long done;          // schedules that ended well
    volatile uint64_t heartbeat; // changes with every step
    volatile int running;        // the thread that has the turn
    volatile int process;        // that runs the schedule
    int tid[most_threads];
    int ended_how; // that process, if it is a copy of the child and did not end by itself
    volatile bool exhausted;
    volatile bool bounded; // the preemption bound cut something off
    volatile bool diverged;
    volatile bool tried_lock;         // somebody asked whether a mutex is locked
    volatile bool needs_real_threads; // the schedules do, and so have not been run
    volatile bool weak_orders;        // an order weaker than seq_cst was used
    volatile bool could_be_older;     // an operation had the choice among an atomic's stores
    int older_taken;                  // how often the last schedule took an older one
    volatile status state;
    long longest; // steps of the longest schedule so far

    // Depth-first search: the branch it is on. Survives from child to child.
    int depth;
    node path[most_choices];

    // The choices of the last schedule, and those to be replayed.
    int chosen;
    uint8_t choice[most_choices];
    bool chose_older[most_choices]; // [i]: that one was among an atomic's stores; 0: the newest
    int given;
    uint8_t replay[most_choices];

    // Where a replay stopped: who could go on, in the order of the choices. The clock stands for
    // the jump to the next deadline.
    int open;
    uint8_t open_thread[most_threads + 1];

    // The failure.
    char kind[32];
    char text[2048];
    int at, before; // events: of the failure; of the earlier of two racing accesses, or of the
                    // end of the memory that is used
    long steps;
    long switches;
    int threads;
    standing thread[most_threads];
    uint64_t handle[most_threads]; // pthread_self() of each
    char reached_todo[2048];
    char said[1024]; // on stderr, in a recorded schedule

    // Memory that more than one thread touched in the last failing schedule, as addresses / 8.
    bool shared_words_known;
    int shared_words;
    uint64_t shared_word[most_shared_words];

    // What happened, when the plan says to record.
    int events;
    event log[most_events];
};

} // namespace explorer
