// Where the threads of a schedule have their stacks and their thread_local variables, and what an
// address tells of that.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/engine/lives.hpp"

namespace explorer::runtime {

constexpr size_t stack_size = size_t{8} << 20; // as Linux has it
constexpr size_t guard_size = size_t{1} << 20; // more than a large local array jumps over
constexpr size_t size_of_stacks = most_threads * (stack_size + guard_size);
extern uintptr_t stacks; // one after the other, each behind its guard

inline uintptr_t lowest_of_stack(int id)
{
    return stacks + guard_size + static_cast<size_t>(id) * (stack_size + guard_size);
}

// Whether the address lies on the stack of thread `id`; below it.
inline bool on_stack_of(int id, uintptr_t address)
{
    return address - lowest_of_stack(id) < stack_size;
}
inline bool is_guard_of(int id, uintptr_t address)
{
    return address - (lowest_of_stack(id) - guard_size) < guard_size;
}

// Contexts find their thread_local variables at the same place, where the kernel's thread has them:
// here. The size is 0 when each thread has its own place.
struct memory_range {
    uintptr_t begin;
    size_t size;
};
extern memory_range shared_place;

inline bool is_in_shared_place(uintptr_t address)
{
    return __builtin_expect(address - shared_place.begin < shared_place.size, 0);
}

// An address of a variable of the calling thread's, as it would be if each had its own place: a
// number that tells the threads' variables apart. Other addresses remain as they are.
inline uintptr_t own_address(uintptr_t address)
{
    return is_in_shared_place(address) ? address + (self->stack_begin - run.threads[0].stack_begin)
                                       : address;
}

// What is stored must be no address in the shared place: another thread may use it, and would find
// its own variable there. That needs real threads.
inline void check_stored(uint64_t value)
{
    if (is_in_shared_place(value)) {
        need_real_threads();
    }
}

// Of the hook of a plain store nobody learns the value before the next hook.
inline void check_last_store()
{
    if (run.last_stored != nullptr) {
        check_stored(*run.last_stored);
        run.last_stored = nullptr;
    }
}

inline void note_store(uintptr_t address)
{
    check_last_store();
    // What lies in that place itself is as private as the variables are.
    run.last_stored =
        is_in_shared_place(address) ? nullptr : reinterpret_cast<const uint64_t*>(address);
}

// The thread on whose stack the address lies, or -1.
inline int whose_stack(uintptr_t address)
{
    const uintptr_t offset = address - stacks;
    return offset < size_of_stacks ? static_cast<int>(offset / (stack_size + guard_size)) : -1;
}

} // namespace explorer::runtime
