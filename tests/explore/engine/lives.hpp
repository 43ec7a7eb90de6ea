// The exploring child and the lives of its threads.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/schedule/execution.hpp"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

namespace explorer::runtime {

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

// Zeroed memory for a table; at the address wished for, if that is free.
void* map_table(size_t size, uintptr_t wish = 0);

} // namespace explorer::runtime
