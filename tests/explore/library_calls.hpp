// Included first into all judged code: the C library's functions on memory go through hooks. g++
// would call them directly, and nobody would see what they read and write; std::copy, the copying
// of vectors and strings and comparing them come down to these.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>

#ifdef __GNUC__
extern "C" {
void* memcpy(void* to, const void* from, size_t size) noexcept __asm__("__tsan_memcpy");
void* memmove(void* to, const void* from, size_t size) noexcept __asm__("__tsan_memmove");
void* memset(void* to, int value, size_t size) noexcept __asm__("__tsan_memset");
int memcmp(const void* a, const void* b, size_t size) noexcept __asm__("explorer_memcmp");
}
#endif
