// The heap. Inside a schedule nothing that was freed is used again, so an address means one object,
// and an access to deleted memory is found.
//
// SPDX-License-Identifier: MIT
#include "explore/runtime.hpp"

#include <malloc.h>
#include <new>
#include <string.h>

using namespace explorer::runtime;

extern "C" {

void* __libc_malloc(size_t size);
void* __libc_realloc(void* memory, size_t size);
void __libc_free(void* memory);

void free(void* memory) noexcept
{
    if (!EXPLORER_ACTIVE || memory == nullptr) {
        return __libc_free(memory);
    }
    quarantine(memory);
}

void* realloc(void* memory, size_t size) noexcept
{
    if (!EXPLORER_ACTIVE || memory == nullptr) {
        return __libc_realloc(memory, size);
    }
    void* larger = __libc_malloc(size);
    if (larger != nullptr) {
        const size_t before = malloc_usable_size(memory);
        memcpy(larger, memory, before < size ? before : size);
        quarantine(memory);
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
