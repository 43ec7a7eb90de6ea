// SPDX-License-Identifier: MIT
#include "explore/memory/shadow.hpp"

#include "explore/engine/lives.hpp"
#include "explore/schedule/record.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

constexpr int block_slots = 1 << 13;
constexpr int most_blocks = block_slots - block_slots / 8;
constexpr int most_records = 1 << 19;

block* slot_for(uintptr_t key)
{
    uintptr_t at = (key * 0x9e3779b97f4a7c15u) >> 40;
    for (;; ++at) {
        block* slot = &shadow.blocks[at & (block_slots - 1)];
        if (slot->schedule != run.number || slot->key == key) {
            return slot;
        }
    }
}

[[noreturn]] void fail_too_much_memory()
{
    fail("too big", "too many places in memory are used in one schedule: make the body smaller");
}

} // namespace

shadow_memory shadow;

void begin_shadow()
{
    if (shadow.blocks == nullptr) {
        shadow.blocks = static_cast<block*>(map_table(sizeof(block) * block_slots));
        shadow.used_slots = static_cast<uint32_t*>(map_table(sizeof(uint32_t) * block_slots));
        shadow.records = static_cast<accesses*>(map_table(sizeof(accesses) * most_records));
    }
    shadow.blocks_used = 0;
    shadow.records[0].thread = most_threads;
    shadow.records_used = 1;
}

block* make_block(uintptr_t key)
{
    block* found = slot_for(key);
    if (found->schedule != run.number) {
        if (shadow.blocks_used == most_blocks) {
            fail_too_much_memory();
        }
        shadow.used_slots[shadow.blocks_used++] = static_cast<uint32_t>(found - shadow.blocks);
        found->key = key;
        found->schedule = run.number;
    }
    near_place(key) = {key, run.number, found};
    return found;
}

accesses* add_accesses(word& here, int thread)
{
    if (shadow.records_used == most_records) {
        fail_too_much_memory();
    }
    accesses* fresh = &shadow.records[shadow.records_used];
    memset(fresh, 0, sizeof *fresh);
    fresh->thread = static_cast<uint8_t>(thread);
    fresh->next = here.first;
    here.first = shadow.records_used++;
    here.latest = here.first;
    here.by |= 1u << thread;
    return fresh;
}

} // namespace explorer::runtime
