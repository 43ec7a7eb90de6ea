// What ends while somebody may still use it: memory that is given back, the local variables of a
// function that returns, a condition variable.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/engine/stacks.hpp"
#include "explore/memory/shadow.hpp"

namespace explorer::runtime {

// The calling thread's local variables below this address are gone.
void end_locals(uintptr_t address);

// A function of the calling thread returns, whose variables lie below this address, and no other
// did in this epoch that lay higher; or they end what others have used.
void note_return(uintptr_t end);
inline void function_returned(uintptr_t end)
{
    if (end > self->highest_return || end > self->lowest_lent) {
        note_return(end);
    }
}

// The thread's epoch ends: what returned in it goes into its list.
void keep_returns(thread_state& thread);

// The epoch of the owner in which what had been at this address before was gone; 0: nothing had.
inline uint32_t last_end_at(const thread_state& owner, uintptr_t address)
{
    if (owner.highest_return > address) {
        return owner.clock.of[owner.id];
    }
    for (int i = owner.return_count - 1; i >= 0; --i) {
        if (owner.returns[i].end > address) {
            return owner.returns[i].epoch;
        }
    }
    return 0;
}
// The memory is given back: an access from now on is a failure.
void mark_freed(void* memory);
void check_alive(const void* address, const char* what);
// A condition variable is notified, or destroyed. The one must be ordered before the other.
void condition_access(const void* condition, bool destroys, int event);

[[noreturn]] void fail_out_of_scope(int owner, const char* deed, int event);

// The word, on the owner's stack, is used by another thread. Whether the owner has it in its list.
bool lend(thread_state& owner, word& there, uintptr_t number);

// Whose local variable it is, if another thread's; else -1.
inline int other_owner(uintptr_t address)
{
    const int owner = whose_stack(address);
    return owner < 0 || owner == self->id || owner >= run.thread_count ? -1 : owner;
}

// Fails if the owner's function, or the owner, has ended. Returns whether it will be noticed when
// one of them does.
inline bool check_owner(int owner, uintptr_t address, word& there, const char* deed, int event)
{
    thread_state& theirs = run.threads[owner];
    const bool noticed = there.lent || lend(theirs, there, address >> 3);
    if (theirs.waits_in == op::ended || address < theirs.stack_in_use ||
        self->clock.of[owner] < last_end_at(theirs, address)) {
        fail_out_of_scope(owner, deed, event);
    }
    return noticed;
}

void check_scope(uintptr_t address, const char* deed, int event);

} // namespace explorer::runtime
