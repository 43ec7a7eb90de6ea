// printf() and its relatives, as judged code calls them (see library_calls.hpp): they read the
// format and the texts that it names, and some write into memory.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/ranges.hpp"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

using namespace explorer::runtime;

namespace {

struct list_of_values {
    va_list next;
};

bool is_one_of(char letter, const char* letters)
{
    for (; *letters != '\0'; ++letters) {
        if (*letters == letter) {
            return true;
        }
    }
    return false;
}

// A width or a precision, from the format or, for a star, from the values. -1: there is none.
long number_at(const char*& at, list_of_values& values)
{
    if (*at == '*') {
        ++at;
        return va_arg(values.next, int);
    }
    long number = -1;
    for (; *at >= '0' && *at <= '9'; ++at) {
        number = (number < 0 ? 0 : number) * 10 + (*at - '0');
    }
    return number;
}

// False: nobody knows how large the value is, nor where the next ones begin.
bool reads_value(char conversion, bool wide, bool large, long precision, list_of_values& values)
{
    if (conversion == 's' && !wide) {
        const char* text = va_arg(values.next, const char*);
        if (text != nullptr) {
            const size_t most = precision < 0 ? SIZE_MAX : static_cast<size_t>(precision);
            const size_t length = strnlen(text, most);
            reads(text, length < most ? length + 1 : most);
        }
    } else if (is_one_of(conversion, "aAeEfFgG")) {
        if (large) {
            va_arg(values.next, long double);
        } else {
            va_arg(values.next, double);
        }
    } else if (is_one_of(conversion, "cCdiouxXbB") && !wide) {
        va_arg(values.next, int);
    } else if (is_one_of(conversion, "cCdiouxXbBsSpn")) {
        va_arg(values.next, void*); // or a number of that size
    } else {
        return is_one_of(conversion, "%m");
    }
    return true;
}

// Format and texts, before they are printed.
void reads_all(const char* format, va_list arguments)
{
    if (!EXPLORER_ACTIVE) {
        return;
    }
    reads(format, strlen(format) + 1);
    list_of_values values;
    va_copy(values.next, arguments);
    for (const char* at = format; *at != '\0'; ++at) {
        if (*at != '%') {
            continue;
        }
        ++at;
        while (*at != '\0' && is_one_of(*at, "-+ #0'I")) {
            ++at;
        }
        number_at(at, values);
        long precision = -1;
        if (*at == '.') {
            ++at;
            precision = number_at(at, values);
            precision = precision < 0 && at[-1] == '.' ? 0 : precision;
        }
        bool wide = false;
        bool large = false;
        for (; *at != '\0' && is_one_of(*at, "hlLqjzt"); ++at) {
            wide = wide || is_one_of(*at, "lqjzt");
            large = large || *at == 'L';
        }
        if (*at == '\0' || *at == '$') { // numbered values: no more is known
            break;
        }
        if (!reads_value(*at, wide, large, precision, values)) {
            break;
        }
    }
    va_end(values.next);
}

int print(char* to, size_t size, const char* format, va_list values)
{
    reads_all(format, values);
    const int length = vsnprintf(to, size, format, values);
    if (length >= 0 && size > 0) {
        const size_t whole = static_cast<size_t>(length) + 1;
        writes(to, whole < size ? whole : size);
    }
    return length;
}

// So large that no text is cut off, and no larger than vsnprintf() takes.
constexpr size_t no_bound = INT_MAX;

} // namespace

// Calls `how` with the values that follow `last`.
#define WITH_VALUES(last, how)                                                                     \
    va_list values;                                                                                \
    va_start(values, last);                                                                        \
    const int length = how;                                                                        \
    va_end(values);                                                                                \
    return length

extern "C" {

int explorer_vsnprintf(char* to, size_t size, const char* format, va_list values)
{
    return print(to, size, format, values);
}
int explorer_vsprintf(char* to, const char* format, va_list values)
{
    return print(to, no_bound, format, values);
}
int explorer_vfprintf(FILE* to, const char* format, va_list values)
{
    reads_all(format, values);
    return vfprintf(to, format, values);
}
int explorer_vprintf(const char* format, va_list values)
{
    return explorer_vfprintf(stdout, format, values);
}
int explorer_snprintf(char* to, size_t size, const char* format, ...)
{
    WITH_VALUES(format, print(to, size, format, values));
}
int explorer_sprintf(char* to, const char* format, ...)
{
    WITH_VALUES(format, print(to, no_bound, format, values));
}
int explorer_fprintf(FILE* to, const char* format, ...)
{
    WITH_VALUES(format, explorer_vfprintf(to, format, values));
}
int explorer_printf(const char* format, ...)
{
    WITH_VALUES(format, explorer_vfprintf(stdout, format, values));
}

int explorer_puts(const char* text)
{
    reads(text, EXPLORER_ACTIVE ? strlen(text) + 1 : 0);
    return puts(text);
}
int explorer_fputs(const char* text, FILE* to)
{
    reads(text, EXPLORER_ACTIVE ? strlen(text) + 1 : 0);
    return fputs(text, to);
}
size_t explorer_fwrite(const void* from, size_t size, size_t count, FILE* to)
{
    reads(from, size * count);
    return fwrite(from, size, count, to);
}
}
