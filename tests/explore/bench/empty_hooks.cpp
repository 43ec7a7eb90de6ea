// The compiler's hooks, doing nothing: what idle hooks are compared with. Atomics do their work.
//
// SPDX-License-Identifier: MIT
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

#define EMPTY_HOOKS(size)                                                                          \
    void __tsan_read##size(void*) {}                                                               \
    void __tsan_write##size(void*) {}                                                              \
    void __tsan_unaligned_read##size(void*) {}                                                     \
    void __tsan_unaligned_write##size(void*) {}

#define EMPTY_ATOMICS(bits, type)                                                                  \
    type __tsan_atomic##bits##_load(const volatile type* address, int)                             \
    {                                                                                              \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                         \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile type* address, type value, int)                      \
    {                                                                                              \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                        \
    }                                                                                              \
    type __tsan_atomic##bits##_fetch_add(volatile type* address, type value, int)                  \
    {                                                                                              \
        return __atomic_fetch_add(address, value, __ATOMIC_SEQ_CST);                               \
    }

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}

EMPTY_HOOKS(1)
EMPTY_HOOKS(2)
EMPTY_HOOKS(4)
EMPTY_HOOKS(8)
EMPTY_HOOKS(16)

void __tsan_read_range(void*, unsigned long) {}
void __tsan_write_range(void*, unsigned long) {}
void __tsan_vptr_read(void**) {}
void __tsan_vptr_update(void**, void*) {}

void* __tsan_memcpy(void* to, const void* from, size_t size)
{
    return memmove(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, size_t size)
{
    return memmove(to, from, size);
}
void* __tsan_memset(void* to, int value, size_t size)
{
    return memset(to, value, size);
}
int explorer_memcmp(const void* a, const void* b, size_t size)
{
    return memcmp(a, b, size);
}

EMPTY_ATOMICS(8, uint8_t)
EMPTY_ATOMICS(32, uint32_t)
EMPTY_ATOMICS(64, uint64_t)

} // extern "C"
