// SPDX-License-Identifier: MIT
#include "explore/memory/lifetimes.hpp"

#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <malloc.h>

namespace explorer::runtime {

void fail_out_of_scope(int owner, const char* deed, int event)
{
    fail_at(event != 0 ? event : remember_place(op::run), 0, "use after free",
            "T%d %s a local variable of T%d's that is gone: %s", self->id, deed, owner,
            run.threads[owner].waits_in == op::ended ? "the thread has ended"
                                                     : "its function has returned");
}

bool lend(thread_state& owner, word& there, uintptr_t number)
{
    if (owner.lent_count == most_lent) { // of so many, the first ones count
        note_outside_relation(obstacle::size);
        return false;
    }
    there.lent = true;
    owner.lent[owner.lent_count++] = number;
    owner.lowest_lent = number << 3 < owner.lowest_lent ? number << 3 : owner.lowest_lent;
    return true;
}

void check_scope(uintptr_t address, const char* deed, int event)
{
    if (const int owner = other_owner(address); owner >= 0 && book->plan.races) {
        check_owner(owner, address, *word_at(address >> 3), deed, event);
    }
}

// Whoever has used such a variable must have been done with it before.
void end_locals(uintptr_t end)
{
    thread_state& me = *self;
    int left = 0;
    me.lowest_lent = UINTPTR_MAX;
    for (int i = 0; i < me.lent_count; ++i) {
        const uintptr_t number = me.lent[i];
        if (number << 3 >= end) {
            me.lent[left++] = number;
            me.lowest_lent = number << 3 < me.lowest_lent ? number << 3 : me.lowest_lent;
            continue;
        }
        touch_end_of(number);
        access_word(number, 0xff, plain_write, remember_place(op::deletion), pretence::returning);
        word_at(number)->lent = false;
    }
    me.lent_count = left;
}

void note_return(uintptr_t end)
{
    thread_state& me = *self;
    if (end - me.stack_begin >= stack_size) { // a stack of its own making
        return;
    }
    if (end > me.lowest_lent) {
        end_locals(end);
    }
    me.highest_return = end > me.highest_return ? end : me.highest_return;
}

void keep_returns(thread_state& thread)
{
    int count = thread.return_count;
    while (count > 0 && thread.returns[count - 1].end <= thread.highest_return) {
        --count;
    }
    if (count < most_returns) { // else it is forgotten, very deep down
        thread.returns[count++] = {thread.highest_return, thread.clock.of[thread.id]};
    }
    thread.return_count = count;
    thread.highest_return = 0;
}

// Only words that somebody has touched need the comparison; but each is marked.
void mark_freed(void* memory)
{
    constexpr size_t most_marked = 4096;
    size_t size = malloc_usable_size(memory);
    size = size < most_marked ? size : most_marked;
    const auto first = reinterpret_cast<uintptr_t>(memory) >> 3;
    const uintptr_t end = first + (size + 7) / 8;
    if (run.tracing) {
        for (uintptr_t key = first; key < end; ++key) {
            touch_end_of(key);
        }
    }
    if (!book->plan.races) {
        return;
    }
    const int event = remember_place_if_room(op::deletion);
    note_end_of_memory(event, reinterpret_cast<uintptr_t>(memory), size);
    begin_era(*self);
    for (uintptr_t key = first; key < end; ++key) {
        word& there = *word_at(key);
        if (there.first != 0) {
            access_word(key, 0xff, plain_write, event, pretence::deleting);
        }
        there.freed = true;
    }
}

void check_alive(const void* address, const char* what)
{
    if (!book->plan.races) {
        return;
    }
    const uintptr_t own = own_address(reinterpret_cast<uintptr_t>(address));
    word& there = *word_at(own >> 3);
    if (const int owner = other_owner(own); owner >= 0) {
        check_owner(owner, own, there, "uses", 0);
    }
    if (there.freed) {
        fail_at(remember_place(op::run), end_of_memory_at(own), "use after free",
                "T%d uses a %s that was deleted before", self->id, what);
    }
}

void condition_access(const void* condition, bool destroys, int event)
{
    constexpr uintptr_t elsewhere = uintptr_t{1} << 62; // apart from what its constructor wrote
    if (book->plan.races) {
        const uintptr_t place = own_address(reinterpret_cast<uintptr_t>(condition)) ^ elsewhere;
        access_word(place >> 3, 1, destroys ? plain_write : plain_read, event,
                    pretence::of_condition);
    }
}

} // namespace explorer::runtime
