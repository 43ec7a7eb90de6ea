// The exploring child's life: a pool of threads that lives through all schedules, and the loop of
// schedules, which runs on the first of them, T0. Making threads anew for each schedule would cost
// more than the schedule itself; so a thread that ends is prepared for its next life here, its
// thread_local variables included.
//
// SPDX-License-Identifier: MIT
#include "explore/dependence.hpp"
#include "explore/real.hpp"
#include "explore/runtime.hpp"
#include "explore/system_calls.hpp"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char __libc_single_threaded;

EXPLORER_REAL_VERSION(pthread_create, "GLIBC_2.34")
EXPLORER_REAL(pthread_join)

namespace explorer::runtime {
namespace {

// At a fixed place, so that pthread_self() is the same in every child.
constexpr uintptr_t stacks_wish = 0x600000000000;
constexpr size_t guard_size = size_t{1} << 20; // more than a large local array jumps over
constexpr int most_at_end = 64;                // for one thread

struct at_end {
    void (*function)(void*);
    void* argument;
};

// A real thread. It outlives the schedules; thread i of each schedule runs on worker i.
struct worker {
    bool started;
    pthread_t handle;
    at_end registered[most_at_end]; // thread_local destructors, last registered first called
    int registrations;
};

worker workers[most_threads];
char* stacks;

struct key {
    pthread_key_t name;
    void (*destructor)(void*);
};

key thread_keys[PTHREAD_KEYS_MAX]; // those with a destructor
int key_count;

void (*body)(void*);
void* body_argument;

// The program's thread_local variables: what a new thread finds in them, and where they are, seen
// from the thread pointer.
struct thread_local_image {
    const void* values;
    size_t given; // so many bytes of values ...
    size_t size;  // ... and zeros up to this size
    ptrdiff_t offset;
} image;

int find_image(dl_phdr_info* program, size_t, void*)
{
    for (int i = 0; i < program->dlpi_phnum; ++i) {
        const auto& part = program->dlpi_phdr[i];
        if (part.p_type == PT_TLS && program->dlpi_tls_data != nullptr) {
            image.values = reinterpret_cast<const void*>(program->dlpi_addr + part.p_vaddr);
            image.given = part.p_filesz;
            image.size = part.p_memsz;
            image.offset = static_cast<char*>(program->dlpi_tls_data) -
                           static_cast<char*>(__builtin_thread_pointer());
        }
    }
    return 1; // the first one is the program itself
}

// Gives the program's thread_local variables the values they have in a new thread.
void reset_thread_locals()
{
    char* mine = static_cast<char*>(__builtin_thread_pointer()) + image.offset;
    memcpy(mine, image.values, image.given);
    memset(mine + image.given, 0, image.size - image.given);
}

// What the C++ and the C library do when a thread ends: destructors of thread_local variables, then
// those of pthread keys.
void run_thread_end()
{
    worker& mine = workers[self->id];
    while (mine.registrations > 0) {
        const at_end& last = mine.registered[--mine.registrations];
        last.function(last.argument);
    }
    for (int i = 0; i < key_count; ++i) {
        const key one = thread_keys[i];
        if (void* value = pthread_getspecific(one.name); value != nullptr) {
            pthread_setspecific(one.name, nullptr);
            one.destructor(value);
        }
    }
}

void* live_as_worker(void* own)
{
    auto& me = *static_cast<worker*>(own);
    const int id = static_cast<int>(&me - workers);
    book->tid[id] = static_cast<int>(system_call(SYS_gettid));
    watch_for_stack_overflow();
    for (;;) {
        await_turn(id);
        thread_state& life = threads[id];
        life.waits_in = op::run;
        life.deadline = never;
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

uintptr_t lowest_of_stack(int id)
{
    return reinterpret_cast<uintptr_t>(stacks) + guard_size +
           static_cast<size_t>(id) * (stack_size + guard_size);
}

void start_worker(int id, void* (*life)(void*))
{
    worker& one = workers[id];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, reinterpret_cast<void*>(lowest_of_stack(id)), stack_size);
    thread_state* me = self;
    self = nullptr;
    const int problem = real_pthread_create()(&one.handle, &attributes, life, &one);
    self = me;
    pthread_attr_destroy(&attributes);
    if (problem != 0) {
        fail("too big", "pthread_create: %s", strerror(problem));
    }
    one.started = true;
}

void prepare_thread(thread_state& one, int id)
{
    memset(&one, 0, sizeof one);
    one.id = id;
    one.waits_in = op::run;
    one.deadline = never;
    one.priority = starting_priority();
    one.stack_begin = lowest_of_stack(id);
}

// Returns false when the systematic search has nothing left to try.
bool run_schedule()
{
    begin_schedule();
    thread_state& me = threads[0];
    prepare_thread(me, 0);
    me.handle = workers[0].handle;
    me.clock.of[0] = 1;
    thread_count = 1;
    self = &me;
    body(body_argument);
    step(op::wait_for_end);
    note_blocking(keys::the_end, 0);
    for (int i = 1; i < thread_count; ++i) {
        touch_key(keys::thread + static_cast<uint64_t>(i), touching::reads);
    }
    run_thread_end();
    self = nullptr;
    reset_thread_locals();
    fail_if_todo_was_reached();
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
    book->tid[0] = static_cast<int>(system_call(SYS_gettid));
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
    while (book->done < book->todo.limit && !book->exhausted) {
        if (book->todo.isolate) {
            run_next_schedule_in_a_copy();
        } else {
            run_next_schedule();
        }
    }
}

void* live_as_first(void*)
{
    note_process();
    book->running = 0;
    watch_for_stack_overflow();
    run_all_schedules();
    book->state = status::passed;
    return nullptr;
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
    recording = shared->todo.record;
    book->events = 1; // event 0 is none
    __libc_single_threaded = 0;
    const size_t all_stacks = most_threads * (stack_size + guard_size);
    stacks = static_cast<char*>(map_table(all_stacks, stacks_wish));
    for (int i = 0; i < most_threads; ++i) {
        mprotect(stacks + static_cast<size_t>(i) * (stack_size + guard_size), guard_size,
                 PROT_NONE);
    }
    make_heap();
    dl_iterate_phdr(find_image, nullptr);
    watch_for_failures();
}

} // namespace

void note_key(pthread_key_t name, void (*destructor)(void*))
{
    if (destructor != nullptr && key_count < PTHREAD_KEYS_MAX) {
        thread_keys[key_count++] = {name, destructor};
    }
}

void forget_key(pthread_key_t name)
{
    int left = 0;
    for (int i = 0; i < key_count; ++i) {
        if (thread_keys[i].name != name) {
            thread_keys[left++] = thread_keys[i];
        }
    }
    key_count = left;
}

void* map_table(size_t size, uintptr_t wish)
{
    void* memory = mmap(reinterpret_cast<void*>(wish), size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("explorer: mmap");
        _exit(2);
    }
    return memory;
}

void* next_definition(const char* name, const char* version)
{
    void* found = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : nullptr;
    return found != nullptr ? found : dlsym(RTLD_NEXT, name);
}

bool on_stack_of(int id, uintptr_t address)
{
    return address - lowest_of_stack(id) < stack_size;
}

bool is_guard_of(int id, uintptr_t address)
{
    return address - (lowest_of_stack(id) - guard_size) < guard_size;
}

int whose_stack(uintptr_t address)
{
    const uintptr_t offset = address - reinterpret_cast<uintptr_t>(stacks);
    const size_t one = stack_size + guard_size;
    return offset < most_threads * one ? static_cast<int>(offset / one) : -1;
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
    if (thread_count == most_threads) {
        fail("too big", "more than %d threads in one schedule: make the body smaller",
             most_threads);
    }
    const int id = thread_count;
    if (!workers[id].started) {
        start_worker(id, live_as_worker);
    }
    thread_state& fresh = threads[id];
    prepare_thread(fresh, id);
    fresh.handle = workers[id].handle;
    fresh.routine = routine;
    fresh.argument = argument;
    fresh.clock = self->clock;
    fresh.clock.of[id] = 1;
    tick(*self);
    ++thread_count;
    return &fresh;
}

void run_child(ledger* shared, void (*function)(void*), void* argument)
{
    set_up(shared, function, argument);
    stay_on_this_cpu();
    start_worker(0, live_as_first);
    pthread_t first = workers[0].handle;
    real_pthread_join()(first, nullptr);
    fflush(stdout);
    _exit(0);
}

void run_here(ledger* shared, void (*function)(void*), void* argument)
{
    debugging = true;
    set_up(shared, function, argument);
    start_worker(0, live_as_first);
    real_pthread_join()(workers[0].handle, nullptr);
}

} // namespace explorer::runtime
