// The inside of the exploring child: what its parts know of one another.
//
//   engine/        what carries a thread, a context or a thread of the kernel's (engine.hpp), and
//                  the child's life, schedule after schedule (lives.cpp)
//   schedule/      who may go on at each step, virtual time, handing over the turn; writing events
//                  down when a failing schedule is replayed; failing
//   strategies/    which of them does, and what the steps touch
//   memory/        the heap, and happens-before over every access to memory
//   hooks/         the calls that the judged code makes: pthread, futex, time, heap, the compiler's
//                  __tsan_*, and what lies outside the model
//   world/         a kernel of its own: sockets, pipes, timers, epoll
//
// Only the thread that has the turn runs, mostly as a context of one thread of the kernel's (see
// engine/engine.hpp); so nothing in here needs a lock.
//
// All of this is compiled without instrumentation and uses none of the standard library's
// templates and inline functions. The linker keeps one copy of each inline function: if that were
// ours, the judged code's accesses inside it would go unseen.
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
    uint32_t schedule; // the schedule it belongs to; of another one: free slot
    int16_t number;
    sort is;
    bool busy;                 // once, guard: somebody initializes; semaphore: count is valid
    int owner;                 // thread, or -1
    int count;                 // recursive mutex: depth; semaphore: units
    uint32_t readers;          // bit i: thread i holds it shared
    vector_clock clock;        // what releasing it published
    vector_clock shared_clock; // shared mutex: published by readers, for writers only
};

constexpr int most_lent = 128; // of one thread

struct thread_state {
    int id;
    op waits_in; // what it is about to do; runnable unless enabled() says otherwise
    object* on;
    int64_t deadline;
    thread_state* joins;
    bool signalled;      // a wait was answered
    bool woke_by_itself; // as if it were
    bool joined;
    bool is_process;   // a simulated one, see world/processes.cpp
    int killed_by;     // a signal that ends it at its next turn; 0: none
    uint64_t priority; // PCT

    uint64_t era; // see begin_era()
    vector_clock clock;
    vector_clock acquired; // by relaxed loads: becomes known at an acquire fence
    vector_clock fenced;   // known at the last release fence: relaxed stores publish it

    // Spinning: the same value read from the same atomic again and again.
    uintptr_t read_from;
    uint64_t value_read;
    int same_reads;
    int plain_accesses;  // since the last step
    int fruitless_reads; // of atomics, since it last changed anything
    int clock_reads;     // since it last changed anything

    // Yielding.
    int light_yields;      // that gave way to nobody, since it last changed anything
    int all_light_yields;  // of this schedule
    int unbroken;          // steps since another thread had the turn
    int forced_yields;     // because of too many of those
    uint32_t gives_way_to; // bit i: to thread i, which has not had a turn since
    int idle_yields;       // while nobody changed anything, which ...
    uint32_t idle_since;   // ... this value of last_change tells

    int unsettled;          // event of a plain write whose value is not yet known
    uintptr_t stack_begin;  // its lowest address
    int lent_count;         // of `lent`, below
    uintptr_t stack_in_use; // down to here, when it last handed over the turn; 0: unknown

    void* (*routine)(void*);
    void* argument;
    void* outcome;
    pthread_t handle;

    // Last, and not cleared: words of its stack that other threads have used, while they last.
    uintptr_t lent[most_lent];
};

// ---- who runs ------------------------------------------------------------------------------

// The state of the calling thread while it runs judged code inside a schedule; else null, and then
// all hooks do what they would do without the explorer.
extern constinit thread_local thread_state* self __attribute__((tls_model("local-exec")));
#define EXPLORER_ACTIVE (__builtin_expect(explorer::runtime::self != nullptr, 0))

extern ledger* book; // set in the child and, while a child runs, in the parent
extern thread_state threads[most_threads];
extern int thread_count;       // of this schedule, ended ones included
extern uint32_t this_schedule; // number, from 1; never 0
extern int64_t now;            // virtual
extern long steps;
extern int spurious_left;
extern uint32_t last_change;   // counts the changes of what somebody may wait for
extern thread_state the_clock; // stands for the jump to the next deadline
extern bool recording;
extern bool debugging; // run_here: stop where it fails

// ---- engine/lives.cpp -----------------------------------------------------------------------

constexpr size_t stack_size = size_t{8} << 20; // as Linux has it
constexpr size_t guard_size = size_t{1} << 20; // more than a large local array jumps over
constexpr size_t size_of_stacks = most_threads * (stack_size + guard_size);
extern uintptr_t stacks; // one after the other, each behind its guard

// What the parent's fork leads to. Runs the plan in the ledger; never returns.
[[noreturn]] void run_child(ledger* shared, void (*body)(void*), void* argument);

// The same in the calling process, for debuggers. Returns when all schedules passed; at a failure
// it prints what went wrong and stops with SIGTRAP.
void run_here(ledger* shared, void (*body)(void*), void* argument);

// Adds a thread to the schedule; it starts when it is given the turn.
thread_state* add_thread(void* (*routine)(void*), void* argument);

// Registers what is to run at the end of the calling thread of a schedule.
void at_thread_end(void (*function)(void*), void* argument);

// A pthread key was made or given up; the calling thread's value of it.
void note_key(pthread_key_t key, void (*destructor)(void*));
void forget_key(pthread_key_t key);
void set_value_of_key(pthread_key_t key, void* value);
void* value_of_key(pthread_key_t key);

// What the judged code is about to do concerns threads of the kernel's. If its own are none, the
// child ends here and its parent begins again with such threads.
void need_real_threads();

inline uintptr_t lowest_of_stack(int id)
{
    return stacks + guard_size + static_cast<size_t>(id) * (stack_size + guard_size);
}

// Whether the address lies on the stack of thread `id`; below it.
inline bool on_stack_of(int id, uintptr_t address)
{
    return address - lowest_of_stack(id) < stack_size;
}
inline bool is_guard_of(int id, uintptr_t address)
{
    return address - (lowest_of_stack(id) - guard_size) < guard_size;
}

// Contexts find their thread_local variables at the same place, where the kernel's thread has them:
// here. The size is 0 when each thread has its own place.
struct memory_range {
    uintptr_t begin;
    size_t size;
};
extern memory_range shared_place;

inline bool is_in_shared_place(uintptr_t address)
{
    return __builtin_expect(address - shared_place.begin < shared_place.size, 0);
}

// An address of a variable of the calling thread's, as it would be if each had its own place: a
// number that tells the threads' variables apart. Other addresses remain as they are.
inline uintptr_t own_address(uintptr_t address)
{
    return is_in_shared_place(address) ? address + (self->stack_begin - threads[0].stack_begin)
                                       : address;
}

// What is stored must be no address in the shared place: another thread may use it, and would find
// its own variable there. That needs real threads.
inline void check_stored(uint64_t value)
{
    if (is_in_shared_place(value)) {
        need_real_threads();
    }
}

// Where the thread that has the turn is about to store eight bytes, or has; null: nowhere. Of the
// hook of a plain store nobody learns the value before the next hook.
extern const uint64_t* last_stored;

inline void check_last_store()
{
    if (last_stored != nullptr) {
        check_stored(*last_stored);
        last_stored = nullptr;
    }
}

inline void note_store(uintptr_t address)
{
    check_last_store();
    // What lies in that place itself is as private as the variables are.
    last_stored =
        is_in_shared_place(address) ? nullptr : reinterpret_cast<const uint64_t*>(address);
}

// The thread on whose stack the address lies, or -1.
inline int whose_stack(uintptr_t address)
{
    const uintptr_t offset = address - stacks;
    return offset < size_of_stacks ? static_cast<int>(offset / (stack_size + guard_size)) : -1;
}

// Zeroed memory for a table; at the address wished for, if that is free.
void* map_table(size_t size, uintptr_t wish = 0);

// ---- memory/heap.cpp ------------------------------------------------------------------------

void make_heap();
void empty_heap(); // the schedule has ended

// Memory for the calling thread, not zeroed. Fails the schedule when there is none left.
void* allocate(size_t size, size_t alignment = 1);
bool is_of_heap(const void* memory);
uintptr_t heap_position(int thread); // tells how much the thread has allocated
// These two for what is_of_heap().
size_t size_allocated(void* memory);
void give_back(void* memory);

// ---- schedule/scheduler.cpp -----------------------------------------------------------------

// Forgets the previous schedule and makes the caller T0 of a new one.
void begin_schedule();

// Declares what the calling thread is about to do and lets the strategy choose who goes on. Returns
// once the caller is chosen, which for waits means that the wait is over or its deadline has come.
void step(op about_to, object* on = nullptr, int64_t deadline = never, bool plain = false);

// A step before an operation that never waits; then writes it down. Returns the event, or 0.
int point(op what, object* on);

// The calling thread's end: hands over the turn. Returns when its worker has a next life.
void end_thread();

bool enabled(const thread_state& one);

// Around a step that waits for an answer from another thread. Whether one came.
void begin_wait(uint64_t waiters);
bool end_wait(uint64_t waiters);
void answer_wait(thread_state& one);

// One thread initializes, the others wait.
void begin_once(object& once);
void end_once(object& once);

// The thread changed something that others may be waiting for: it does not merely spin.
inline void made_progress(thread_state& thread)
{
    thread.same_reads = 0;
    thread.fruitless_reads = 0;
    thread.clock_reads = 0;
    thread.light_yields = 0;
    ++last_change;
}

// The object at this address, made known when it was not.
object* object_at(const void* address, sort is);
object* known_object_at(uintptr_t address); // or null

// ---- world/waiting.cpp ---------------------------------------------------------------------

void begin_world(); // nothing is open
// Whether who waits in a call of the simulated kernel could go on.
bool may_go_on(const thread_state& one);

// ---- strategies/strategies.cpp --------------------------------------------------------------

void begin_strategy();
uint64_t starting_priority();

// False when the systematic search has nothing left to try.
bool end_strategy();

// Who goes on? candidate[0] is the current thread if it can go on; from `regular` on stand those
// that only a spurious wakeup or an early time-out lets run. When nobody can, the_clock is the only
// regular one: then time moves on. Returns an index.
int choose_thread(int regular, int all, bool current_can, bool plain,
                  thread_state* const* candidate);

// Any other choice, such as which of several waiters is notified.
int choose_one_of(int count);

// Whether something happens that hardly ever does.
bool choose_rarely();

void before_choice(thread_state& current); // PCT's change points
void after_yield(thread_state& current);

// ---- strategies/reduced.cpp -----------------------------------------------------------------

void begin_reduced();
// The same as choose_thread() and choose_one_of(); bit i of `able` stands for thread i. All of them
// are to be tried if `everything`. The fingerprint tells whether it is the same choice as before.
int choose_thread_reduced(uint64_t able, const int* thread, int count, bool everything,
                          uint64_t fingerprint);
int choose_one_reduced(int count);
bool end_reduced();
// Counts the kind of the schedule that ended, unless it was there before.
void count_trace();
// Something happened that matters and that no step touches: a reduced search is no proof.
void note_outside_relation();

// ---- memory/races.cpp -----------------------------------------------------------------------

void begin_races();

inline void join_clock(vector_clock& to, const vector_clock& from)
{
    for (int i = 0; i < thread_count; ++i) {
        if (from.of[i] > to.of[i]) {
            to.of[i] = from.of[i];
        }
    }
}

// A thread's era ends when it publishes what it has done, or gives memory back. What it does again
// in one of them tells nothing new: whoever came in between, and should not have, was found then.
inline void begin_era(thread_state& thread)
{
    static uint64_t eras = 0;
    thread.era = ++eras;
}

inline void tick(thread_state& thread)
{
    ++thread.clock.of[thread.id];
    begin_era(thread);
}
inline void acquire(thread_state& thread, const object& from)
{
    join_clock(thread.clock, from.clock);
}
inline void release(thread_state& thread, object& to)
{
    join_clock(to.clock, thread.clock);
    tick(thread);
}

// The last plain accesses to some words, so that most of those to come need no further look.
struct recent_access {
    uintptr_t word; // its address / 8
    uint64_t era;
    uint8_t read, written; // bytes of it; what was written counts as read
};
constexpr int recent_accesses = 1 << 9;
extern recent_access recent[recent_accesses];

inline recent_access& recent_access_to(uintptr_t word)
{
    // The same place on each stack and in each region of the heap is another one here.
    return recent[(word ^ word >> 14 ^ word >> 23) % recent_accesses];
}

constexpr int accesses_before_yield = 2000;
extern bool only_races; // are looked for, in this schedule

// A plain access by the calling thread.
void plain_access(const volatile void* address, size_t size, bool writes);

// The same, within a word, when only races are looked for.
template <bool Writes>
void access_of_word(uintptr_t address, uint8_t bytes);

template <size_t Size, bool Writes>
inline void quick_plain_access(const volatile void* pointer)
{
    const auto address = reinterpret_cast<uintptr_t>(pointer);
    const unsigned bytes = ((1u << Size) - 1) << (address & 7); // of the next word, too, perhaps
    const recent_access& there = recent_access_to(address >> 3);
    const unsigned known = Writes ? there.written : there.read;
    thread_state& me = *self;
    const bool repeated =
        there.word == address >> 3 && there.era == me.era && (bytes & ~known) == 0;
    if ((!repeated && (!only_races || bytes > 0xff || is_in_shared_place(address))) ||
        me.plain_accesses + 1 >= accesses_before_yield) {
        return plain_access(pointer, Size, Writes);
    }
    ++me.plain_accesses;
    if (Writes && Size == sizeof *last_stored) {
        note_store(address);
    }
    if (Writes && address - me.stack_begin >= stack_size) {
        ++last_change;
    }
    if (!repeated) {
        access_of_word<Writes>(address, static_cast<uint8_t>(bytes));
    }
}

// The same by an atomic operation, which takes care of the step and of the event itself.
void atomic_access(const volatile void* address, int size, bool writes, int event);
// A condition variable is notified, or destroyed. The one must be ordered before the other.
void condition_access(const void* condition, bool destroys, int event);
// The calling thread's local variables below this address are gone.
void end_locals(uintptr_t address);
// The memory is given back: an access from now on is a failure.
void mark_freed(void* memory);
void check_alive(const void* address, const char* what);
// Lists in the ledger what more than one thread touched.
void list_shared_words();

// ---- schedule/record.cpp --------------------------------------------------------------------

int note_always(op what, const object* on, bool shown, int other);
// Writes down an event of the calling thread if this schedule is recorded. Returns its number, or
// 0.
inline int note(op what, const object* on = nullptr, int other = 0)
{
    return __builtin_expect(recording, 0) ? note_always(what, on, true, other) : 0;
}
// Remembers where the thread is, for the case that it never gets any further.
inline int remember_place(op what, const object* on = nullptr, int other = 0)
{
    return __builtin_expect(recording, 0) ? note_always(what, on, false, other) : 0;
}
void note_for(thread_state& thread, op what, const object* on); // on behalf of another thread
// A call of the simulated kernel, in words. Returns the event, or 0.
__attribute__((format(printf, 2, 3))) int note_text(bool shown, const char* format, ...);
void note_value(int event, const volatile void* address, int size, uint64_t value);
void note_change(int event, const volatile void* address, int size, uint64_t old, uint64_t value);
void note_memory(int event, uintptr_t address, size_t size); // whose value is not known yet
void note_order(int event, int order);
void note_end_of_memory(int event, uintptr_t address, size_t size);
int end_of_memory_at(uintptr_t address); // the event, or 0
void settle_write(thread_state& thread); // fills in what a plain write has written

// The schedule failed: writes that into the ledger and ends the process.
[[noreturn]] __attribute__((format(printf, 2, 3))) void fail(const char* kind, const char* text,
                                                             ...);
[[noreturn]] __attribute__((format(printf, 4, 5))) void
fail_at(int event, int earlier, const char* kind, const char* text, ...);
void watch_for_failures();       // std::terminate and fatal signals
void watch_for_stack_overflow(); // once in each thread
void fail_if_todo_was_reached();

// The names of what threads do, for messages.
const char* name_of(op what);

} // namespace explorer::runtime
