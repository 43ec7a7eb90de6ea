// What carries the threads of a schedule: a seam with two sides.
//
//   contexts.cpp  all of them are contexts of one thread of the kernel's, T0's, which are exchanged
//                 as greenlets are: the turn changes hands in some nanoseconds
//   threads.cpp   each is a thread of the kernel's, and the turn is handed over by a futex: some
//                 microseconds
//
// The judged code cannot tell them apart by what the explorer lets it see: stacks lie at the same
// addresses, handles are the same, and what is a thread's own is each thread's own
// (thread_locals.cpp, errno, the state of exceptions). What would tell, such as the kernel's number
// of a thread, calls need_real_threads(): then the same schedules run on the other side.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>
#include <stdint.h>

namespace explorer::runtime {

struct engine {
    // Makes the carrier of thread `id`: on its first turn it calls life(argument), on its stack.
    // Returns the thread's handle.
    pthread_t (*start)(int id, void* (*life)(void*), void* argument);

    // The first thing that a life does. Returns once it has its first turn.
    void (*begin)(int id);

    // The calling thread, `from`, gives the turn to another one. Returns when it has it again.
    void (*pass_turn)(int from, int to);
};

extern const engine threads_engine;
extern const engine contexts_engine;
extern const engine* carrier; // of this child

// T0 is a thread of the kernel's in both. It calls this before anything else in this file, with the
// address of the frame of the function that it began with.
void begin_first_thread(void* frame);

// ---- threads.cpp

// A thread of the kernel's on the stack of thread `id`; T0, too.
pthread_t start_kernel_thread(int id, void* (*life)(void*), void* argument);
void note_kernel_thread(int id); // it is the calling one

// ---- thread_locals.cpp

// Finds the thread_local variables of all modules but the C library.
void find_thread_locals();

// From now on all threads have them at T0's place, in turn: see shared_place.
void share_place_of_thread_locals();

// The lowest address of those of thread `id`, where they have a place of their own; else 0.
uintptr_t lowest_thread_local(int id);

// Gives those of the calling thread the values that they have in a new one.
void reset_thread_locals();

// Their values for the time in which the thread does not run.
void* make_room_for_thread_locals(); // holds those of a new thread
void exchange_thread_locals(void* left, const void* entered);

} // namespace explorer::runtime
