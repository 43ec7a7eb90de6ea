// The C library's functions that make numbers of text, as judged code calls them (see
// library_calls.hpp).
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/ranges.hpp"

#include <stdlib.h>

using namespace explorer::runtime;

namespace {

// What does not belong to the number any more was looked at, too.
template <class Number, class... More>
Number parse(Number (*how)(const char*, char**, More...), const char* text, char** end,
             More... more)
{
    char* behind = nullptr;
    const Number found = how(text, &behind, more...);
    if (behind == nullptr) { // no such base
        return found;
    }
    reads(text, static_cast<size_t>(behind - text) + 1);
    if (end != nullptr) {
        writes(end, sizeof *end);
        *end = behind;
    }
    return found;
}

} // namespace

extern "C" {

long explorer_strtol(const char* text, char** end, int base)
{
    return parse(strtol, text, end, base);
}
unsigned long explorer_strtoul(const char* text, char** end, int base)
{
    return parse(strtoul, text, end, base);
}
long long explorer_strtoll(const char* text, char** end, int base)
{
    return parse(strtoll, text, end, base);
}
unsigned long long explorer_strtoull(const char* text, char** end, int base)
{
    return parse(strtoull, text, end, base);
}
double explorer_strtod(const char* text, char** end)
{
    return parse(strtod, text, end);
}

int explorer_atoi(const char* text)
{
    return static_cast<int>(explorer_strtol(text, nullptr, 10));
}
long explorer_atol(const char* text)
{
    return explorer_strtol(text, nullptr, 10);
}
long long explorer_atoll(const char* text)
{
    return explorer_strtoll(text, nullptr, 10);
}
double explorer_atof(const char* text)
{
    return explorer_strtod(text, nullptr);
}
}
