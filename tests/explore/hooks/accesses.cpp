// What g++ and clang call before each access to memory in code compiled with -fsanitize=thread. The
// judged code is compiled so but not linked with ThreadSanitizer; these definitions take its place.
// (The Linux kernel's KCSAN does the same.)
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/ranges.hpp"
#include "explore/runtime.hpp"

#include <stddef.h>
#include <string.h>

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

using namespace explorer;
using namespace explorer::runtime;

// Apart from the hook, which in this way needs no stack frame while it is idle.
template <size_t Size, bool Writes>
__attribute__((noinline)) void access_in_schedule(const volatile void* address)
{
    quick_plain_access<Size, Writes>(address);
}

__attribute__((noinline)) void function_returns()
{
    // The last look at a variable of this function: its place is another one's after this.
    check_last_store();
    // The frame pointer is still the function's; above where it points to is the return address.
    // An optimized one may use that register for something else.
    constexpr uintptr_t largest_frame = uintptr_t{1} << 20;
    const auto* frame = static_cast<const uintptr_t*>(__builtin_frame_address(0));
    const uintptr_t end = *frame + 2 * sizeof(void*);
    if (end - reinterpret_cast<uintptr_t>(frame) < largest_frame) {
        function_returned(end);
    }
}

#define HOOK_OF_SIZE(name, size, writes)                                                           \
    void __tsan_##name##size(void* address)                                                        \
    {                                                                                              \
        if (EXPLORER_ACTIVE) {                                                                     \
            access_in_schedule<size, writes>(address);                                             \
        }                                                                                          \
    }
#define HOOKS_OF_SIZE(size)                                                                        \
    HOOK_OF_SIZE(read, size, false)                                                                \
    HOOK_OF_SIZE(write, size, true)                                                                \
    HOOK_OF_SIZE(unaligned_read, size, false)                                                      \
    HOOK_OF_SIZE(unaligned_write, size, true)                                                      \
    HOOK_OF_SIZE(volatile_read, size, false)                                                       \
    HOOK_OF_SIZE(volatile_write, size, true)

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit()
{
    if (EXPLORER_ACTIVE) {
        function_returns();
    }
}

HOOKS_OF_SIZE(1)
HOOKS_OF_SIZE(2)
HOOKS_OF_SIZE(4)
HOOKS_OF_SIZE(8)
HOOKS_OF_SIZE(16)

void __tsan_read_range(void* address, unsigned long size)
{
    PLAIN_ACCESS(address, size, false);
}
void __tsan_write_range(void* address, unsigned long size)
{
    PLAIN_ACCESS(address, size, true);
}

void __tsan_vptr_read(void** pointer)
{
    PLAIN_ACCESS(pointer, sizeof(void*), false);
}
void __tsan_vptr_update(void** pointer, void* value)
{
    if (*pointer != value) { // destructors write the value that is there
        PLAIN_ACCESS(pointer, sizeof(void*), true);
    }
}

// The C library's functions on memory: clang calls some of them so, library_calls.hpp renames the
// others. Those on text are in texts.cpp.
void* __tsan_memcpy(void* to, const void* from, size_t size)
{
    reads(from, size);
    writes(to, size);
    return memmove(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, size_t size)
{
    reads(from, size);
    writes(to, size);
    return memmove(to, from, size);
}
void* __tsan_memset(void* to, int value, size_t size)
{
    writes(to, size);
    return memset(to, value, size);
}
int explorer_memcmp(const void* a, const void* b, size_t size)
{
    reads(a, size);
    reads(b, size);
    return memcmp(a, b, size);
}

} // extern "C"
