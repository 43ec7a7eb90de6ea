// Included first into all judged code: the C library's functions on memory and text go through
// hooks. g++ would call them directly, and nobody would see what they read and write; std::copy,
// the copying of vectors and strings and comparing them come down to these.
//
// Some are not here, because the C++ headers name them themselves: hooks/texts.cpp has them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <features.h>
#include <stdarg.h>
#include <stddef.h>

#ifdef __GNUC__

typedef struct _IO_FILE FILE;
struct tm;

#define EXPLORER_RENAMED(name) __asm__("explorer_" #name)

extern "C" {
// hooks/accesses.cpp
void* memcpy(void* to, const void* from, size_t size) noexcept __asm__("__tsan_memcpy");
void* memmove(void* to, const void* from, size_t size) noexcept __asm__("__tsan_memmove");
void* memset(void* to, int value, size_t size) noexcept __asm__("__tsan_memset");
int memcmp(const void* a, const void* b, size_t size) noexcept EXPLORER_RENAMED(memcmp);

// hooks/texts.cpp
size_t strlen(const char* text) noexcept EXPLORER_RENAMED(strlen);
size_t strnlen(const char* text, size_t most) noexcept EXPLORER_RENAMED(strnlen);
int strcmp(const char* a, const char* b) noexcept EXPLORER_RENAMED(strcmp);
int strncmp(const char* a, const char* b, size_t most) noexcept EXPLORER_RENAMED(strncmp);
int strcasecmp(const char* a, const char* b) noexcept EXPLORER_RENAMED(strcasecmp);
int strncasecmp(const char* a, const char* b, size_t most) noexcept EXPLORER_RENAMED(strncasecmp);
int strcoll(const char* a, const char* b) noexcept EXPLORER_RENAMED(strcoll);
size_t strspn(const char* text, const char* signs) noexcept EXPLORER_RENAMED(strspn);
size_t strcspn(const char* text, const char* signs) noexcept EXPLORER_RENAMED(strcspn);
char* strcpy(char* to, const char* from) noexcept EXPLORER_RENAMED(strcpy);
char* stpcpy(char* to, const char* from) noexcept EXPLORER_RENAMED(stpcpy);
char* strncpy(char* to, const char* from, size_t size) noexcept EXPLORER_RENAMED(strncpy);
char* strcat(char* to, const char* from) noexcept EXPLORER_RENAMED(strcat);
char* strncat(char* to, const char* from, size_t most) noexcept EXPLORER_RENAMED(strncat);
char* strdup(const char* text) noexcept EXPLORER_RENAMED(strdup);
char* strndup(const char* text, size_t most) noexcept EXPLORER_RENAMED(strndup);
char* strtok(char* text, const char* ends) noexcept EXPLORER_RENAMED(strtok);
char* strtok_r(char* text, const char* ends, char** rest) noexcept EXPLORER_RENAMED(strtok_r);
void* mempcpy(void* to, const void* from, size_t size) noexcept EXPLORER_RENAMED(mempcpy);
void* memccpy(void* to, const void* from, int end, size_t size) noexcept EXPLORER_RENAMED(memccpy);
void* memmem(const void* in, size_t size, const void* what, size_t length) noexcept
    EXPLORER_RENAMED(memmem);

// hooks/numbers.cpp
int atoi(const char* text) noexcept EXPLORER_RENAMED(atoi);
long atol(const char* text) noexcept EXPLORER_RENAMED(atol);
long long atoll(const char* text) noexcept EXPLORER_RENAMED(atoll);
double atof(const char* text) noexcept EXPLORER_RENAMED(atof);
#if !__GLIBC_PREREQ(2, 38) // which renames these itself, and nothing is seen of them
long strtol(const char* text, char** end, int base) noexcept EXPLORER_RENAMED(strtol);
unsigned long strtoul(const char* text, char** end, int base) noexcept EXPLORER_RENAMED(strtoul);
long long strtoll(const char* text, char** end, int base) noexcept EXPLORER_RENAMED(strtoll);
unsigned long long strtoull(const char* text, char** end, int base) noexcept
    EXPLORER_RENAMED(strtoull);
#endif
double strtod(const char* text, char** end) noexcept EXPLORER_RENAMED(strtod);

// hooks/printing.cpp
int sprintf(char* to, const char* format, ...) noexcept EXPLORER_RENAMED(sprintf);
int snprintf(char* to, size_t size, const char* format, ...) noexcept EXPLORER_RENAMED(snprintf);
int vsprintf(char* to, const char* format, va_list values) noexcept EXPLORER_RENAMED(vsprintf);
int vsnprintf(char* to, size_t size, const char* format, va_list values) noexcept
    EXPLORER_RENAMED(vsnprintf);
int printf(const char* format, ...) EXPLORER_RENAMED(printf);
int fprintf(FILE* to, const char* format, ...) EXPLORER_RENAMED(fprintf);
int vprintf(const char* format, va_list values) EXPLORER_RENAMED(vprintf);
int vfprintf(FILE* to, const char* format, va_list values) EXPLORER_RENAMED(vfprintf);
int puts(const char* text) EXPLORER_RENAMED(puts);
int fputs(const char* text, FILE* to) EXPLORER_RENAMED(fputs);
size_t fwrite(const void* from, size_t size, size_t count, FILE* to) EXPLORER_RENAMED(fwrite);
}
#endif
