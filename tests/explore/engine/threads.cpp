// Threads of the kernel's, of which one has the turn. See engine.hpp.
//
// SPDX-License-Identifier: MIT
#include "explore/engine/engine.hpp"

#include "explore/hooks/real.hpp"
#include "explore/hooks/system_calls.hpp"
#include "explore/runtime.hpp"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>

EXPLORER_REAL_VERSION(pthread_create, "GLIBC_2.34")

namespace explorer::runtime {
namespace {

// 1 for the thread that has the turn. Each on its own cache line.
struct alignas(64) turn {
    int mine;
};
turn turns[most_threads];

void await_turn(int id)
{
    while (!__atomic_load_n(&turns[id].mine, __ATOMIC_ACQUIRE)) {
        system_call(SYS_futex, reinterpret_cast<long>(&turns[id].mine), FUTEX_WAIT_PRIVATE, 0, 0);
    }
    turns[id].mine = 0;
}

void begin(int id)
{
    note_kernel_thread(id);
    watch_for_stack_overflow();
    await_turn(id);
}

void pass_turn(int from, int to)
{
    book->running = to;
    __atomic_store_n(&turns[to].mine, 1, __ATOMIC_RELEASE);
    system_call(SYS_futex, reinterpret_cast<long>(&turns[to].mine), FUTEX_WAKE_PRIVATE, 1);
    await_turn(from);
}

} // namespace

const engine threads_engine = {start_kernel_thread, begin, pass_turn};

pthread_t start_kernel_thread(int id, void* (*life)(void*), void* argument)
{
    pthread_t handle{};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, reinterpret_cast<void*>(lowest_of_stack(id)), stack_size);
    const int problem = real_pthread_create()(&handle, &attributes, life, argument);
    pthread_attr_destroy(&attributes);
    if (problem != 0) {
        fail("too big", "pthread_create: %s", strerror(problem));
    }
    return handle;
}

void note_kernel_thread(int id)
{
    book->tid[id] = static_cast<int>(system_call(SYS_gettid));
}

} // namespace explorer::runtime
