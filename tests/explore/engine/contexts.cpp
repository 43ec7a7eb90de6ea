// Threads as contexts of one thread of the kernel's. See engine.hpp.
//
// A switch exchanges, besides the stack and the registers (given/exchange_stacks.cpp), what belongs
// to a thread and not to the machine: the contents of its thread_local variables, those of the C++
// library among them (which exceptions are being handled, what call_once() is about to call), and
// errno. It does not exchange where these are (see thread_locals.cpp): on many machines that takes
// a system call.
//
// Of what the C library keeps for each thread the rest is shared:
// - malloc's cache: judged code has a heap of its own (memory/heap.cpp), and what the explorer
// allocates
//   for itself may well be one thread's
// - the locale that uselocale() sets: whoever calls it needs real threads
// - the resolver's state, h_errno: its calls open sockets, which are outside the model
// - the locks of stdio, which know their owner: within a call of stdio there is no step; whoever
//   calls flockfile() needs real threads
// - the texts that strerror() and strsignal() make up for numbers that do not exist, and
// dlerror()'s
// - the kernel's view of a thread (number, name, signal mask, alternate signal stack, affinity):
//   whoever asks for it or sets it needs real threads
// - values of pthread keys: not there, but in hooks/, for both engines
//
// SPDX-License-Identifier: MIT
#include "explore/engine/engine.hpp"

#include "explore/runtime.hpp"
#include "given/exchange_stacks.hpp"

#include <errno.h>

namespace explorer::runtime {

const engine* carrier = &threads_engine;

// On 64-bit Arm thread_local variables lie elsewhere than thread_locals.cpp thinks.
#if defined(WORKBOOK_EXCHANGES_STACKS) && defined(__x86_64__)
namespace {

struct context {
    void* stack_pointer;
    void* thread_locals;
    int error;
};
context contexts[most_threads];

// Of the function that T0 began with. The others begin as far below the ends of their stacks, and
// have their handles as far from there, as if they were threads of the kernel's, too: addresses are
// the same then, and with them the schedules of code that compares them.
uintptr_t end_of_first_frame;
pthread_t first_handle;

uintptr_t distance_from_first(int id)
{
    return lowest_of_stack(id) - lowest_of_stack(0);
}

pthread_t start(int id, void* (*life)(void*), void* argument)
{
    context& fresh = contexts[id];
    fresh.stack_pointer = workbook_prepare_stack(
        reinterpret_cast<void*>(end_of_first_frame + distance_from_first(id)),
        reinterpret_cast<void (*)(void*)>(reinterpret_cast<void (*)()>(life)), argument);
    fresh.thread_locals = make_room_for_thread_locals();
    fresh.error = 0;
    return first_handle + distance_from_first(id);
}

void begin(int id)
{
    book->tid[id] = book->tid[0];
}

void pass_turn(int from, int to)
{
    context& left = contexts[from];
    context& entered = contexts[to];
    book->running = to;
    left.error = errno;
    exchange_thread_locals(left.thread_locals, entered.thread_locals);
    errno = entered.error;
    workbook_exchange_stacks(&left.stack_pointer, entered.stack_pointer);
}

} // namespace

const engine contexts_engine = {start, begin, pass_turn};

void begin_first_thread(void* frame)
{
    find_thread_locals();
    if (carrier != &contexts_engine) {
        return;
    }
    share_place_of_thread_locals();
    // Above a frame's address lie the frame pointer and the return address of whoever called.
    end_of_first_frame = reinterpret_cast<uintptr_t>(frame) + 2 * sizeof(void*);
    first_handle = pthread_self();
    contexts[0].thread_locals = make_room_for_thread_locals();
}

#else // for want of a way to exchange stacks

const engine contexts_engine = threads_engine;

void begin_first_thread(void*)
{
    find_thread_locals();
}

#endif

} // namespace explorer::runtime
