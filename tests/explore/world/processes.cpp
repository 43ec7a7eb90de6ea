// The life of a simulated process. A thread that must end at once jumps back to where its process
// began: below it lie only frames of judged code, which a killed process never sees again.
//
// SPDX-License-Identifier: MIT
#include "explore/world/processes.hpp"

#include "explore/processes.hpp"
#include "explore/world/mishaps.hpp"
#include "explore/world/waiting.hpp"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

namespace explorer::runtime {
namespace {

constexpr pid_t first_process = 5'000'000; // Linux's own numbers end below

struct process {
    int (*life)(process_body body, int channel);
    process_body body;
    int channel;
    process_end how;
    bool ended; // its descriptors are about to be closed
    bool waited_for;
    void* beginning[5];
};
process processes[most_threads];    // [i]: that of thread i; life null: it has none
int owner[world::most_descriptors]; // the thread whose process has it; 0: none

void close_descriptors_of(int id)
{
    for (int i = 0; i < world::most_descriptors; ++i) {
        if (owner[i] == id && world::is_open(world::first_descriptor + i)) {
            ::close(world::first_descriptor + i);
        }
    }
}

// Apart, because the jump leads back into this frame.
__attribute__((noinline)) void run_body()
{
    process& mine = processes[self->id];
    if (__builtin_setjmp(mine.beginning) == 0) {
        mine.how = {0, mine.life(mine.body, mine.channel)};
    }
}

void* live_as_process(void*)
{
    thread_state& me = *self;
    me.is_process = true;
    me.was_process = true;
    run_body();
    me.is_process = false;
    me.killed_by = 0;
    processes[me.id].ended = true;
    const process_end& how = processes[me.id].how;
    note_text(true, how.signal != 0 ? "ENDS BY SIGNAL %d" : "EXITS WITH STATUS %d",
              how.signal != 0 ? how.signal : how.status);
    close_descriptors_of(me.id);
    return nullptr;
}

// The thread that is this process, or null.
thread_state* thread_of(pid_t number)
{
    const int id = number - first_process;
    const bool known = id > 0 && id < thread_count && processes[id].life != nullptr;
    return known ? &threads[id] : nullptr;
}

} // namespace

void begin_processes()
{
    memset(processes, 0, sizeof processes);
    memset(owner, 0, sizeof owner);
}

void end_process(int signal, int status)
{
    process& mine = processes[self->id];
    mine.how = {signal, status};
    __builtin_longjmp(mine.beginning, 1);
}

void own_descriptor(int descriptor)
{
    owner[descriptor - world::first_descriptor] = self->is_process ? self->id : 0;
}

} // namespace explorer::runtime

using namespace explorer::runtime;

namespace explorer {

pid_t start_process(int (*life)(process_body body, int channel), process_body body, int channel)
{
    note_outside_relation(obstacle::processes);
    check_ours("fork", channel);
    enter({.name = "fork", .descriptor = channel, .shapes = true});
    if (befalls(mishap::fork_failure)) {
        return static_cast<pid_t>(leave(-EAGAIN, "fork()"));
    }
    const world::outcome copy = world::duplicate(channel, 0, true);
    open_descriptor(copy);
    if (leave(copy, "fork(): %d is %ld there", channel, copy) < 0) {
        return -1;
    }
    const int id = thread_count;
    processes[id] = {life, body, static_cast<int>(copy), {}, false, false, {}};
    owner[copy - world::first_descriptor] = id;
    pthread_t thread;
    pthread_create(&thread, nullptr, live_as_process, nullptr);
    return first_process + id;
}

int own_channel()
{
    return processes[self->id].channel;
}

bool kill_process(pid_t number, int signal)
{
    thread_state* one = thread_of(number);
    if (one == nullptr) {
        return false;
    }
    step(op::run);
    note_text(true, "kill(%d, %d)", number, signal);
    made_progress(*self);
    if (!processes[one->id].ended && signal != 0) {
        one->killed_by = signal;
    }
    return true;
}

process_end wait_for_process(pid_t number)
{
    thread_state* one = thread_of(number);
    if (one == nullptr) {
        return {SIGKILL, 0};
    }
    pthread_join(one->handle, nullptr);
    processes[one->id].waited_for = true;
    return processes[one->id].how;
}

int processes_left()
{
    int left = 0;
    for (const process& one : processes) {
        left += one.life != nullptr && !one.waited_for;
    }
    return left;
}

} // namespace explorer

EXPLORER_REAL(getpid)
EXPLORER_REAL(_exit)

extern "C" {

pid_t getpid() noexcept
{
    const bool simulated = EXPLORER_ACTIVE && self->is_process;
    return simulated ? first_process + self->id : real_getpid()();
}

void _exit(int status)
{
    if (EXPLORER_ACTIVE && self->is_process) {
        end_process(0, status & 0xff);
    }
    real__exit()(status);
    __builtin_unreachable();
}

} // extern "C"
