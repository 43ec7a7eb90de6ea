// Memory that an execution leaves behind.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace explorer::runtime {

struct piece_left {
    uintptr_t begin, end;
    int event;      // where it was allocated, if recorded
    int8_t by;      // the thread that did
    bool reachable; // from what lives on
    bool led_to;    // from another piece that is left
};

// What the heap's pieces of this execution are that nobody has given back, by address. Returns how
// many there are; no more than `most` are listed.
int list_pieces_left(piece_left* list, int most);

// Calls `look` for the memory that was left by earlier executions, and lives on.
void look_at_survivors(void (*look)(uintptr_t begin, uintptr_t end));

// The execution is over: fails if something that it allocated is neither given back nor within
// reach of anything that lives on. Nothing is looked at if nothing is left.
void fail_if_memory_leaks();

// This memory is the explorer's own: addresses in it are no reason why something lives on.
void note_own_memory(const void* begin, size_t size);

} // namespace explorer::runtime
