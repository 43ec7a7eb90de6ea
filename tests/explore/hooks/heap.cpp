// The functions that allocate memory. Inside a schedule they use the schedule's own heap, and an
// access to deleted memory is found.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"

#include <errno.h>
#include <malloc.h>
#include <new>
#include <stdlib.h>
#include <string.h>

using namespace explorer::runtime;

EXPLORER_REAL(malloc_usable_size)

extern "C" {

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);

void* malloc(size_t size) noexcept
{
    return EXPLORER_ACTIVE ? allocate(size) : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) noexcept
{
    size_t all = 0;
    if (!EXPLORER_ACTIVE || __builtin_mul_overflow(count, size, &all)) {
        return __libc_calloc(count, size);
    }
    return memset(allocate(all), 0, all);
}

void* memalign(size_t alignment, size_t size) noexcept
{
    return EXPLORER_ACTIVE ? allocate(size, alignment) : __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) noexcept
{
    return memalign(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) noexcept
{
    void* memory = memalign(alignment, size);
    if (memory == nullptr) {
        return ENOMEM;
    }
    *out = memory;
    return 0;
}

size_t malloc_usable_size(void* memory) noexcept
{
    return is_of_heap(memory) ? size_allocated(memory) : real_malloc_usable_size()(memory);
}

void free(void* memory) noexcept
{
    if (is_of_heap(memory)) {
        return give_back(memory);
    }
    __libc_free(memory);
}

void* realloc(void* memory, size_t size) noexcept
{
    if (!EXPLORER_ACTIVE && !is_of_heap(memory)) {
        return __libc_realloc(memory, size);
    }
    void* larger = malloc(size);
    if (larger != nullptr && memory != nullptr) {
        const size_t before = malloc_usable_size(memory);
        memcpy(larger, memory, before < size ? before : size);
        free(memory);
    }
    return larger;
}

} // extern "C"

namespace {

void release_memory(void* memory)
{
    if (EXPLORER_ACTIVE && memory != nullptr) {
        mark_freed(memory);
    }
    free(memory);
}

} // namespace

void operator delete(void* memory) noexcept
{
    release_memory(memory);
}
void operator delete[](void* memory) noexcept
{
    release_memory(memory);
}
void operator delete(void* memory, size_t) noexcept
{
    release_memory(memory);
}
void operator delete[](void* memory, size_t) noexcept
{
    release_memory(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    release_memory(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept
{
    release_memory(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept
{
    release_memory(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept
{
    release_memory(memory);
}
