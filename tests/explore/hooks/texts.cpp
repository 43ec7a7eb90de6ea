// The C library's functions on text, as judged code calls them: library_calls.hpp has renamed most.
// Each tells which bytes it reads and writes, as far as it goes, and calls the library's.
//
// SPDX-License-Identifier: MIT
#ifdef __clang__
#undef __OPTIMIZE__ // string.h would define memchr() and its relatives, under the names below
#endif

#include "explore/hooks/ranges.hpp"
#include "explore/hooks/real.hpp"

#include <string.h>
#include <strings.h>

using namespace explorer::runtime;

namespace {

char place_of_strtok; // stands for the variable that strtok() keeps

void reads_text(const char* text)
{
    if (EXPLORER_ACTIVE) {
        reads(text, strlen(text) + 1);
    }
}
void reads_text(const char* text, size_t most)
{
    if (EXPLORER_ACTIVE) {
        const size_t length = strnlen(text, most);
        reads(text, length < most ? length + 1 : most);
    }
}

char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Up to the first difference.
void reads_both(const char* a, const char* b, size_t most, bool any_case)
{
    if (!EXPLORER_ACTIVE) {
        return;
    }
    size_t at = 0;
    while (at < most && a[at] != '\0' &&
           (any_case ? lower(a[at]) == lower(b[at]) : a[at] == b[at])) {
        ++at;
    }
    const size_t size = at < most ? at + 1 : most;
    reads(a, size);
    reads(b, size);
}

// Where the text up to there was looked through, and found is null if all of it was.
void reads_up_to(const char* text, const char* found, size_t length = 1)
{
    if (EXPLORER_ACTIVE) {
        reads(text,
              found != nullptr ? static_cast<size_t>(found - text) + length : strlen(text) + 1);
    }
}

// A token was taken from `text`, and its end overwritten.
void takes_token(const char* text, const char* ends, const char* token, const char* rest)
{
    reads_text(ends);
    if (token == nullptr) {
        reads_text(text);
        return;
    }
    const char* end = token + strlen(token);
    reads(text, static_cast<size_t>(end - text) + 1);
    if (rest != end) {
        writes(end, 1);
    }
}

} // namespace

extern "C" {

size_t explorer_strlen(const char* text)
{
    reads_text(text);
    return strlen(text);
}
size_t explorer_strnlen(const char* text, size_t most)
{
    reads_text(text, most);
    return strnlen(text, most);
}

int explorer_strcmp(const char* a, const char* b)
{
    reads_both(a, b, SIZE_MAX, false);
    return strcmp(a, b);
}
int explorer_strncmp(const char* a, const char* b, size_t most)
{
    reads_both(a, b, most, false);
    return strncmp(a, b, most);
}
int explorer_strcasecmp(const char* a, const char* b)
{
    reads_both(a, b, SIZE_MAX, true);
    return strcasecmp(a, b);
}
int explorer_strncasecmp(const char* a, const char* b, size_t most)
{
    reads_both(a, b, most, true);
    return strncasecmp(a, b, most);
}
int explorer_strcoll(const char* a, const char* b)
{
    reads_text(a);
    reads_text(b);
    return strcoll(a, b);
}

size_t explorer_strspn(const char* text, const char* signs)
{
    const size_t length = strspn(text, signs);
    reads(text, length + 1);
    reads_text(signs);
    return length;
}
size_t explorer_strcspn(const char* text, const char* signs)
{
    const size_t length = strcspn(text, signs);
    reads(text, length + 1);
    reads_text(signs);
    return length;
}

char* explorer_stpcpy(char* to, const char* from)
{
    const size_t size = strlen(from) + 1;
    reads(from, size);
    writes(to, size);
    memmove(to, from, size);
    return to + size - 1;
}
char* explorer_strcpy(char* to, const char* from)
{
    explorer_stpcpy(to, from);
    return to;
}
char* explorer_strncpy(char* to, const char* from, size_t size)
{
    reads_text(from, size);
    writes(to, size);
    return strncpy(to, from, size);
}
char* explorer_strncat(char* to, const char* from, size_t most)
{
    const size_t before = strlen(to);
    const size_t length = strnlen(from, most);
    reads(to, before + 1);
    reads_text(from, most);
    writes(to + before, length + 1);
    memmove(to + before, from, length);
    to[before + length] = '\0';
    return to;
}
char* explorer_strcat(char* to, const char* from)
{
    return explorer_strncat(to, from, SIZE_MAX);
}
char* explorer_strdup(const char* text)
{
    reads_text(text);
    return strdup(text);
}
char* explorer_strndup(const char* text, size_t most)
{
    reads_text(text, most);
    return strndup(text, most);
}

char* explorer_strtok_r(char* text, const char* ends, char** rest)
{
    writes(rest, sizeof *rest);
    const char* from = text != nullptr ? text : *rest;
    char* token = strtok_r(text, ends, rest);
    takes_token(from, ends, token, *rest);
    return token;
}
char* explorer_strtok(char* text, const char* ends)
{
    static char* rest = nullptr;
    writes(&place_of_strtok, 1);
    return text == nullptr && rest == nullptr ? nullptr : explorer_strtok_r(text, ends, &rest);
}

void* explorer_mempcpy(void* to, const void* from, size_t size)
{
    reads(from, size);
    writes(to, size);
    return mempcpy(to, from, size);
}
void* explorer_memccpy(void* to, const void* from, int end, size_t size)
{
    const void* found = memchr(from, end, size);
    const auto copied = found == nullptr ? size
                                         : static_cast<size_t>(static_cast<const char*>(found) -
                                                               static_cast<const char*>(from)) +
                                               1;
    reads(from, copied);
    writes(to, copied);
    return memccpy(to, from, end, size);
}
void* explorer_memmem(const void* in, size_t size, const void* what, size_t length)
{
    const void* found = memmem(in, size, what, length);
    const auto before = static_cast<const char*>(found) - static_cast<const char*>(in);
    reads(in, found == nullptr ? size : static_cast<size_t>(before) + length);
    reads(what, length);
    return const_cast<void*>(found);
}
}

// The C++ headers declare these under their own names, once for constant text and once for other.
// Other libraries call them so, too: what those do with their own memory is no business of ours.
extern "C" const char __executable_start;
extern "C" const char etext;
#define FROM_THE_PROGRAM                                                                           \
    (EXPLORER_ACTIVE && static_cast<const char*>(__builtin_return_address(0)) <= &etext &&         \
     static_cast<const char*>(__builtin_return_address(0)) > &__executable_start)
#define SEARCH(name, parameters, arguments, ...)                                                   \
    extern "C" const char* explorer_##name parameters noexcept __asm__(#name);                     \
    extern "C" const char* explorer_##name parameters noexcept                                     \
    {                                                                                              \
        static constinit decltype(&explorer_##name) real = nullptr;                                \
        if (real == nullptr) {                                                                     \
            real = reinterpret_cast<decltype(real)>(next_definition(#name));                       \
        }                                                                                          \
        const char* found = real arguments;                                                        \
        if (FROM_THE_PROGRAM) {                                                                    \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        return found;                                                                              \
    }

SEARCH(strchr, (const char* text, int sign), (text, sign), reads_up_to(text, found))
SEARCH(strrchr, (const char* text, int sign), (text, sign), reads_text(text))
SEARCH(strchrnul, (const char* text, int sign), (text, sign), reads_up_to(text, found))
SEARCH(strpbrk, (const char* text, const char* signs), (text, signs), reads_up_to(text, found);
       reads_text(signs))
SEARCH(strstr, (const char* text, const char* part), (text, part),
       reads_up_to(text, found, strlen(part)))
SEARCH(strcasestr, (const char* text, const char* part), (text, part),
       reads_up_to(text, found, strlen(part)))
SEARCH(memchr, (const char* memory, int sign, size_t size), (memory, sign, size),
       reads(memory, found == nullptr ? size : static_cast<size_t>(found - memory) + 1))
SEARCH(memrchr, (const char* memory, int sign, size_t size), (memory, sign, size),
       reads(found == nullptr ? memory : found,
             found == nullptr ? size : size - static_cast<size_t>(found - memory)))
SEARCH(rawmemchr, (const char* memory, int sign), (memory, sign), reads_up_to(memory, found))
