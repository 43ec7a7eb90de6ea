// The heap of a schedule.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace explorer::runtime {

void make_heap();
void empty_heap(); // the schedule has ended

// Memory for the calling thread, not zeroed. Fails the schedule when there is none left.
void* allocate(size_t size, size_t alignment = 1);
bool is_of_heap(const void* memory);
uintptr_t heap_position(int thread); // tells how much the thread has allocated
// These two for what is_of_heap().
size_t size_allocated(void* memory);
void give_back(void* memory);

} // namespace explorer::runtime
