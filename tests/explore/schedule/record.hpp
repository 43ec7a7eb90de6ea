// Writing events down, and failing.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/schedule/execution.hpp"

namespace explorer::runtime {

int note_always(op what, const object* on, bool shown, int other);
// Writes down an event of the calling thread if this schedule is recorded. Returns its number, or
// 0.
inline int note(op what, const object* on = nullptr, int other = 0)
{
    return __builtin_expect(run.recording, 0) ? note_always(what, on, true, other) : 0;
}
// Remembers where the thread is, for the case that it never gets any further.
inline int remember_place(op what, const object* on = nullptr, int other = 0)
{
    return __builtin_expect(run.recording, 0) ? note_always(what, on, false, other) : 0;
}
// The same of what comes in great numbers, and is left out when there would be no room for the
// rest.
inline int remember_place_if_room(op what)
{
    constexpr int most = most_events / 4 * 3;
    return __builtin_expect(run.recording, 0) && book->events < most
               ? note_always(what, nullptr, false, 0)
               : 0;
}
void begin_actors(); // a schedule begins: every thread is itself
void note_for(thread_state& thread, op what, const object* on); // on behalf of another thread
// A call of the simulated kernel, in words. Returns the event, or 0.
__attribute__((format(printf, 2, 3))) int note_text(bool shown, const char* format, ...);
void note_value(int event, const volatile void* address, int size, uint64_t value);
void note_change(int event, const volatile void* address, int size, uint64_t old, uint64_t value);
void note_memory(int event, uintptr_t address, size_t size); // whose value is not known yet
void note_order(int event, int order);
// Of an operation on an atomic: by which event it was stored what was read; that this was an older
// value, or that a value was stored behind the newest.
void note_source(int event, int source, bool older, uint64_t newest);
void note_behind(int event, uint64_t newest);
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

} // namespace explorer::runtime
