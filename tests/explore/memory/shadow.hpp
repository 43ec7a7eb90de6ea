// Shadow memory: what is known of each eight bytes of memory, in one execution. A hash table of
// blocks of neighbors; what belongs to another execution counts as free, so that nothing has to be
// cleared between two.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/schedule/execution.hpp"

namespace explorer::runtime {

constexpr int words_of_block = 64; // neighbors in memory are neighbors here
constexpr int near_blocks = 32;

enum access_kind { plain_read, plain_write, atomic_read, atomic_write, access_kinds };

constexpr const char* name_of_access[] = {"reads", "writes", "reads (atomically)",
                                          "writes (atomically)"};

// One thread's accesses to one word. To different bytes of it at different times: several of these.
struct accesses {
    uint32_t epoch[access_kinds];
    uint32_t event[access_kinds]; // where, if recorded
    uint8_t bytes[access_kinds];  // one bit for each byte
    uint32_t next;                // another one, as an index; 0: none
    uint8_t thread;
};

// Eight bytes of memory.
struct word {
    uint32_t schedule; // another one's: nobody has touched it in this one
    uint32_t first;    // of the list of accesses; 0: none
    uint32_t latest;   // of them
    uint32_t by;       // bit i: accessed by thread i
    // Since another one came this thread has touched only these bytes, by plain accesses: they need
    // not be compared again with what the others did.
    uint8_t thread;
    uint8_t read, written;
    bool freed : 1;
    bool lent : 1; // is in the list of the thread on whose stack it lies
};

struct block {
    uintptr_t key; // address / 8 / words_of_block
    uint32_t schedule;
    word words[words_of_block];
};

struct near_block {
    uintptr_t key;
    uint32_t schedule;
    block* place;
};

struct shadow_memory {
    block* blocks;        // the table
    uint32_t* used_slots; // of this execution
    int blocks_used;
    near_block near[near_blocks]; // the last ones that were asked for
    accesses* records;            // number 0 is nobody's
    uint32_t records_used;
};
extern shadow_memory shadow;

void begin_shadow();

block* make_block(uintptr_t key);

// Stacks and regions of the heap lie at distances with many zeros at their ends.
inline near_block& near_place(uintptr_t key)
{
    return shadow.near[(key * 0x9e3779b97f4a7c15u) >> 59];
}
static_assert(near_blocks == 1 << (64 - 59));

inline block* block_at(uintptr_t key)
{
    const near_block& last = near_place(key);
    return last.key == key && last.schedule == run.number ? last.place : make_block(key);
}

// The word of this number (its address / 8).
inline word* word_at(uintptr_t number)
{
    word* found = &block_at(number / words_of_block)->words[number % words_of_block];
    if (found->schedule != run.number) {
        *found = {};
        found->schedule = run.number;
    }
    return found;
}

// A new record of that thread's accesses to the word.
accesses* add_accesses(word& here, int thread);

} // namespace explorer::runtime
