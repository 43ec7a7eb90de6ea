// The exploring child's life: a pool of workers that lives through all schedules, and the loop of
// schedules, which runs on the first of them, T0. Making threads anew for each schedule would cost
// more than the schedule itself; so a thread that ends is prepared for its next life here, its
// thread_local variables included. What a worker is, a context or a thread of the kernel's, is
// engine.hpp's matter.
//
// SPDX-License-Identifier: MIT
#include "explore/engine/engine.hpp"
#include "explore/hooks/real.hpp"
#include "explore/memory/leaks.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char __libc_single_threaded;

EXPLORER_REAL(pthread_join)

namespace explorer::runtime {
namespace {

// At a fixed place, so that pthread_self() is the same in every child.
constexpr uintptr_t stacks_wish = 0x600000000000;
constexpr int most_at_end = 64; // for one thread

struct at_end {
    void (*function)(void*);
    void* argument;
};

void (*destructor_of_key[PTHREAD_KEYS_MAX])(void*);

// A thread's value of a pthread key.
struct key_value {
    pthread_key_t key;
    void* value;
};

// It outlives the schedules; thread i of each schedule runs on worker i.
struct worker {
    bool started;
    pthread_t handle;
    at_end registered[most_at_end]; // thread_local destructors, last registered first called
    int registrations;
    key_value values[PTHREAD_KEYS_MAX];
    int value_count;
};

worker workers[most_threads];
void (*body)(void*);
void* body_argument;

// What the C++ and the C library do when a thread ends: destructors of thread_local variables, then
// those of pthread keys.
void run_thread_end()
{
    worker& mine = workers[self->id];
    while (mine.registrations > 0) {
        const at_end& last = mine.registered[--mine.registrations];
        last.function(last.argument);
    }
    for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS && mine.value_count > 0; ++round) {
        const int count = mine.value_count;
        for (int i = 0; i < count; ++i) {
            void* value = mine.values[i].value;
            void (*destructor)(void*) = destructor_of_key[mine.values[i].key];
            mine.values[i].value = nullptr;
            if (value != nullptr && destructor != nullptr) {
                destructor(value);
            }
        }
    }
    mine.value_count = 0;
}

void* live_as_worker(void* own)
{
    auto& me = *static_cast<worker*>(own);
    const int id = static_cast<int>(&me - workers);
    carrier->begin(id);
    for (;;) {
        thread_state& life = run.threads[id];
        life.waits_in = op::run;
        life.deadline = never;
        errno = 0;
        self = &life;
        life.outcome = life.routine(life.argument);
        run_thread_end();
        thread_state* ending = self;
        self = nullptr;
        reset_thread_locals();
        self = ending;
        end_thread();
    }
}

void start_worker(int id)
{
    thread_state* me = self;
    self = nullptr;
    workers[id].handle = carrier->start(id, live_as_worker, &workers[id]);
    workers[id].started = true;
    self = me;
}

void prepare_thread(thread_state& one, int id)
{
    memset(&one, 0, offsetof(thread_state, lent));
    one.id = id;
    one.waits_in = op::run;
    one.deadline = never;
    one.priority = starting_priority();
    one.stack_begin = lowest_of_stack(id);
    one.lowest_lent = UINTPTR_MAX;
    begin_era(one);
}

// Returns false when the systematic search has nothing left to try.
bool run_schedule()
{
    begin_schedule();
    thread_state& me = run.threads[0];
    prepare_thread(me, 0);
    me.handle = workers[0].handle;
    me.clock.of[0] = 1;
    run.thread_count = 1;
    self = &me;
    body(body_argument);
    step(op::wait_for_end);
    note_blocking(keys::the_end, 0);
    for (int i = 1; i < run.thread_count; ++i) {
        touch_key(keys::thread + static_cast<uint64_t>(i), touching::reads);
    }
    run_thread_end();
    self = nullptr;
    fail_if_todo_was_reached();
    fail_if_memory_leaks();
    reset_thread_locals();
    empty_heap();
    return end_strategy();
}

void run_next_schedule()
{
    if (!run_schedule()) {
        book->exhausted = true;
    }
    book->done = book->done + 1;
}

void note_process()
{
    book->process = getpid();
    note_kernel_thread(0);
}

// In a copy of this process, which itself never runs the body. Only this thread is copied: T0's.
void run_next_schedule_in_a_copy()
{
    const pid_t copy = fork();
    if (copy < 0) {
        fail("too big", "fork: %s", strerror(errno));
    }
    if (copy == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        note_process();
        run_next_schedule();
        fflush(stdout);
        _exit(0);
    }
    int how = 0;
    while (waitpid(copy, &how, 0) < 0 && errno == EINTR) {
    }
    if (how != 0) {
        book->ended_how = how;
        _exit(1);
    }
}

void run_all_schedules()
{
    while (book->done < book->plan.limit && !book->exhausted) {
        if (book->plan.isolate) {
            run_next_schedule_in_a_copy();
        } else {
            run_next_schedule();
        }
    }
}

void* live_as_first(void*)
{
    book->running = 0;
    workers[0].handle = pthread_self();
    note_process();
    watch_for_stack_overflow();
    begin_first_thread(__builtin_frame_address(0));
    run_all_schedules();
    book->state = status::passed;
    return nullptr;
}

void run_first()
{
    const pthread_t first = start_kernel_thread(0, live_as_first, nullptr);
    real_pthread_join()(first, nullptr);
}

void stay_on_this_cpu()
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
}

void set_up(ledger* shared, void (*function)(void*), void* argument)
{
    book = shared;
    body = function;
    body_argument = argument;
    run.recording = shared->plan.record;
    book->events = 1; // event 0 is none
    __libc_single_threaded = 0;
    stacks = reinterpret_cast<uintptr_t>(map_table(size_of_stacks, stacks_wish));
    for (int i = 0; i < most_threads; ++i) {
        mprotect(reinterpret_cast<void*>(lowest_of_stack(i) - guard_size), guard_size, PROT_NONE);
    }
    make_heap();
    note_own_memory(workers, sizeof workers);
    watch_for_failures();
}

} // namespace

uintptr_t stacks = 0;

void note_key(pthread_key_t key, void (*destructor)(void*))
{
    destructor_of_key[key] = destructor;
}

void forget_key(pthread_key_t key)
{
    for (worker& one : workers) {
        for (int i = 0; i < one.value_count; ++i) {
            if (one.values[i].key == key) {
                one.values[i--] = one.values[--one.value_count];
            }
        }
    }
}

void set_value_of_key(pthread_key_t key, void* value)
{
    worker& mine = workers[self->id];
    int at = 0;
    while (at < mine.value_count && mine.values[at].key != key) {
        ++at;
    }
    mine.values[at] = {key, value};
    mine.value_count += at == mine.value_count;
}

void* value_of_key(pthread_key_t key)
{
    const worker& mine = workers[self->id];
    for (int i = 0; i < mine.value_count; ++i) {
        if (mine.values[i].key == key) {
            return mine.values[i].value;
        }
    }
    return nullptr;
}

void need_real_threads()
{
    if (carrier == &contexts_engine) {
        self = nullptr; // not a process of the schedule calls _exit()
        book->needs_real_threads = true;
        _exit(1);
    }
}

void* map_table(size_t size, uintptr_t wish)
{
    void* memory = mmap(reinterpret_cast<void*>(wish), size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("explorer: mmap");
        _exit(2);
    }
    note_own_memory(memory, size);
    return memory;
}

void* next_definition(const char* name, const char* version)
{
    void* found = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : nullptr;
    return found != nullptr ? found : dlsym(RTLD_NEXT, name);
}

void at_thread_end(void (*function)(void*), void* argument)
{
    worker& mine = workers[self->id];
    if (mine.registrations == most_at_end) {
        fail("too big", "more than %d thread_local objects in T%d", most_at_end, self->id);
    }
    mine.registered[mine.registrations++] = {function, argument};
}

thread_state* add_thread(void* (*routine)(void*), void* argument)
{
    if (run.thread_count == most_threads) {
        fail("too big", "more than %d threads in one schedule: make the body smaller",
             most_threads);
    }
    const int id = run.thread_count;
    if (!workers[id].started) {
        start_worker(id);
    }
    thread_state& fresh = run.threads[id];
    prepare_thread(fresh, id);
    fresh.handle = workers[id].handle;
    fresh.routine = routine;
    fresh.argument = argument;
    fresh.clock = self->clock;
    fresh.clock.of[id] = 1;
    tick(*self);
    ++run.thread_count;
    return &fresh;
}

void run_child(ledger* shared, void (*function)(void*), void* argument)
{
    set_up(shared, function, argument);
    carrier = shared->plan.real_threads ? &threads_engine : &contexts_engine;
    stay_on_this_cpu();
    run_first();
    fflush(stdout);
    _exit(0);
}

void run_here(ledger* shared, void (*function)(void*), void* argument)
{
    run.debugging = true;
    set_up(shared, function, argument);
    run_first();
}

} // namespace explorer::runtime
