// The words of memory that several threads touch. While a failing schedule is recorded, only
// accesses to these are written down; a first replay has listed them.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/races.hpp"
#include "explore/memory/shadow.hpp"
#include "explore/runtime.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

bool is_listed(uintptr_t address, size_t size)
{
    if (!book->shared_words_known) {
        return false;
    }
    for (uintptr_t key = address >> 3; key <= (address + size - 1) >> 3; ++key) {
        int low = 0;
        int high = book->shared_words;
        while (low < high) {
            const int middle = (low + high) / 2;
            if (book->shared_word[middle] < key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low < book->shared_words && book->shared_word[low] == key) {
            return true;
        }
    }
    return false;
}

void list_shared_word(uintptr_t number)
{
    if (book->shared_words == most_shared_words) {
        return;
    }
    int at = book->shared_words++; // insertion sort: there are few
    for (; at > 0 && book->shared_word[at - 1] > number; --at) {
        book->shared_word[at] = book->shared_word[at - 1];
    }
    book->shared_word[at] = number;
}

} // namespace

int note_access(uintptr_t address, size_t size, bool writes)
{
    // Of `a = b` g++ tells that a is written, then that b is read, and then does both.
    if (writes || self->read_since) {
        settle_write(*self);
    }
    self->read_since = !writes;
    if (!is_listed(address, size)) {
        return remember_place_if_room(writes ? op::write : op::read);
    }
    const int event = note(writes ? op::write : op::read);
    const auto* memory = reinterpret_cast<const void*>(address);
    if (event == 0) {
        return 0;
    }
    note_memory(event, address, size);
    if (writes) {
        self->unsettled = event;
    } else {
        uint64_t value = 0;
        if (size <= 8) {
            memcpy(&value, memory, size);
            note_value(event, memory, static_cast<int>(size), value);
        }
    }
    return event;
}

void list_shared_words()
{
    book->shared_words_known = true;
    book->shared_words = 0;
    for (int i = 0; i < shadow.blocks_used; ++i) {
        const block& one = shadow.blocks[shadow.used_slots[i]];
        for (int k = 0; k < words_of_block; ++k) {
            const word& there = one.words[k];
            const uintptr_t number = one.key * words_of_block + static_cast<uintptr_t>(k);
            if (there.schedule == run.number && (there.by & (there.by - 1)) != 0 &&
                !may_be_shared(number)) {
                list_shared_word(number);
            }
        }
    }
}

} // namespace explorer::runtime
