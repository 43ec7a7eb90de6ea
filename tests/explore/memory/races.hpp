// Happens-before, and every access to memory.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/engine/stacks.hpp"
#include "explore/memory/shadow.hpp"
#include "explore/schedule/fairness.hpp"

namespace explorer::runtime {

void begin_races();
void keep_returns(thread_state& thread); // see lifetimes.hpp

inline void join_clock(vector_clock& to, const vector_clock& from)
{
    for (int i = 0; i < run.thread_count; ++i) {
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
    if (thread.highest_return != 0) {
        keep_returns(thread);
    }
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
    if ((!repeated && (!run.only_races || bytes > 0xff || is_in_shared_place(address))) ||
        me.spins.plain_accesses + 1 >= accesses_before_yield) {
        return plain_access(pointer, Size, Writes);
    }
    ++me.spins.plain_accesses;
    if (Writes && Size == sizeof *run.last_stored) {
        note_store(address);
    }
    if (Writes && address - me.stack_begin >= stack_size) {
        ++run.last_change;
    }
    if (!repeated) {
        access_of_word<Writes>(address, static_cast<uint8_t>(bytes));
    }
}

// The same by an atomic operation, which takes care of the step and of the event itself.
void atomic_access(const volatile void* address, int size, bool writes, int event);

// An access of such a kind to bytes of the word of this number: compares it with what other threads
// did and writes it down. What it stands for, if it is none:
enum class pretence : uint8_t {
    none,
    deleting,     // the memory's end
    returning,    // a local variable's end
    of_condition, // reading: notifying; writing: destroying
};
void access_word(uintptr_t number, uint8_t bytes, access_kind kind, int event,
                 pretence as = pretence::none);

// ---- allowed.cpp

// Whether the word of this number lies in one of the library's objects that several threads may use
// at once: std::cout and its like.
bool may_be_shared(uintptr_t number);

// ---- shared_words.cpp

// Writes a plain access down. Returns the event, or 0.
int note_access(uintptr_t address, size_t size, bool writes);
// Lists in the ledger what more than one thread touched.
void list_shared_words();

} // namespace explorer::runtime
