// The compiler's hooks, doing nothing; atomics do their work. For programs that have judged code
// and no explorer: checkers of exercises that it does not judge share their objects with the
// others. And what idle hooks are compared with. texts.cpp, numbers.cpp and printing.cpp are linked
// along: they find that no schedule runs.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/ranges.hpp"
#include "explore/hooks/real.hpp"

#include <dlfcn.h>
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

#define EMPTY_EXCHANGE(bits, type, name)                                                           \
    type __tsan_atomic##bits##_##name(volatile type* address, type value, int)                     \
    {                                                                                              \
        return __atomic_##name(address, value, __ATOMIC_SEQ_CST);                                  \
    }

#define EMPTY_COMPARE_EXCHANGE(bits, type, how, weak)                                              \
    int __tsan_atomic##bits##_compare_exchange_##how(volatile type* address, type* expected,       \
                                                     type value, int, int)                         \
    {                                                                                              \
        return __atomic_compare_exchange_n(address, expected, value, weak, __ATOMIC_SEQ_CST,       \
                                           __ATOMIC_SEQ_CST);                                      \
    }

#define EMPTY_ATOMICS(bits, type)                                                                  \
    type __tsan_atomic##bits##_load(const volatile type* address, int)                             \
    {                                                                                              \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                         \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile type* address, type value, int)                      \
    {                                                                                              \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                        \
    }                                                                                              \
    type __tsan_atomic##bits##_exchange(volatile type* address, type value, int)                   \
    {                                                                                              \
        return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                              \
    }                                                                                              \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type* address, type expected,         \
                                                    type value, int, int)                          \
    {                                                                                              \
        __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_SEQ_CST,            \
                                    __ATOMIC_SEQ_CST);                                             \
        return expected;                                                                           \
    }                                                                                              \
    EMPTY_COMPARE_EXCHANGE(bits, type, strong, false)                                              \
    EMPTY_COMPARE_EXCHANGE(bits, type, weak, true)                                                 \
    EMPTY_EXCHANGE(bits, type, fetch_add)                                                          \
    EMPTY_EXCHANGE(bits, type, fetch_sub)                                                          \
    EMPTY_EXCHANGE(bits, type, fetch_and)                                                          \
    EMPTY_EXCHANGE(bits, type, fetch_or)                                                           \
    EMPTY_EXCHANGE(bits, type, fetch_xor)                                                          \
    EMPTY_EXCHANGE(bits, type, fetch_nand)

namespace explorer::runtime {

constinit thread_local thread_state* self __attribute__((tls_model("local-exec"))) = nullptr;

void plain_access(const volatile void*, size_t, bool) {}

void* next_definition(const char* name, const char*)
{
    return dlsym(RTLD_NEXT, name);
}

} // namespace explorer::runtime

using wide = unsigned __int128;

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
EMPTY_ATOMICS(16, uint16_t)
EMPTY_ATOMICS(32, uint32_t)
EMPTY_ATOMICS(64, uint64_t)
EMPTY_ATOMICS(128, wide)

void __tsan_atomic_thread_fence(int)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {}

} // extern "C"
