// Steps, waits, and the objects that these are about.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/schedule/execution.hpp"

namespace explorer::runtime {

// Forgets the previous schedule and makes the caller T0 of a new one.
void begin_schedule();

// Declares what the calling thread is about to do and lets the strategy choose who goes on. Returns
// once the caller is chosen, which for waits means that the wait is over or its deadline has come.
void step(op about_to, object* on = nullptr, int64_t deadline = never, bool plain = false);

// A step before an operation that never waits; then writes it down. Returns the event, or 0.
int point(op what, object* on);

// The calling thread's end: hands over the turn. Returns when its worker has a next life.
void end_thread();

// ---- runnable.cpp

bool enabled(const thread_state& one);

// Who has the turn next: the strategy's choice among those who can.
thread_state& choose_next(thread_state& current, bool plain);

// ---- scheduler.cpp

// Around a step that waits for an answer from another thread. Whether one came.
void begin_wait(uint64_t waiters);
bool end_wait(uint64_t waiters);
void answer_wait(thread_state& one);

// One thread initializes, the others wait.
void begin_once(object& once);
void end_once(object& once);

// ---- objects.cpp

void begin_objects(); // there are none

// The object at this address, made known when it was not.
object* object_at(const void* address, sort is);
object* known_object_at(uintptr_t address); // or null

// ---- world/waiting.cpp

void begin_world(); // nothing is open
// Whether who waits in a call of the simulated kernel could go on; and for what it waits there.
bool may_go_on(const thread_state& one);
void describe_wait(int thread, char* text, size_t size);

} // namespace explorer::runtime
