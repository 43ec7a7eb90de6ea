// Of the streams, which streams_of_char.cpp compiles like judged code, some functions are no
// templates but written for char, and lie in the library only. They tell that they change the
// stream, and what they write into.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/ranges.hpp"
#include "explore/hooks/real.hpp"

using namespace explorer::runtime;

namespace {

struct input_stream { // std::istream
    void* table;
    long count; // of the letters that were taken last; stands for the whole state here
};

struct text { // std::string
    char* begin;
    size_t size;
    char own[16];
};

void changes(input_stream* stream)
{
    writes(&stream->count, sizeof stream->count);
}

void takes_text(input_stream* stream, text* to)
{
    changes(stream);
    writes(to, sizeof(char*) + sizeof(size_t));
}

} // namespace

EXPLORER_IN_THE_LIBRARY(void*, get_line,
                        "_ZSt7getlineIcSt11char_traitsIcESaIcEERSt13basic_istreamIT_T0_ES7_"
                        "RNSt7__cxx1112basic_stringIS4_S5_T1_EES4_",
                        (input_stream * from, text* to, char end))
{
    takes_text(from, to);
    return real_get_line()(from, to, end);
}

EXPLORER_IN_THE_LIBRARY(void*, get_word,
                        "_ZStrsIcSt11char_traitsIcESaIcEERSt13basic_istreamIT_T0_ES7_"
                        "RNSt7__cxx1112basic_stringIS4_S5_T1_EE",
                        (input_stream * from, text* to))
{
    takes_text(from, to);
    return real_get_word()(from, to);
}

EXPLORER_IN_THE_LIBRARY(void*, get_line_of_bytes, "_ZNSi7getlineEPclc",
                        (input_stream * from, char* to, long size, char end))
{
    changes(from);
    void* same = real_get_line_of_bytes()(from, to, size, end);
    writes(to, static_cast<size_t>(from->count > 0 ? from->count : 1));
    return same;
}

EXPLORER_IN_THE_LIBRARY(void*, ignore_some, "_ZNSi6ignoreEl", (input_stream * from, long most))
{
    changes(from);
    return real_ignore_some()(from, most);
}

EXPLORER_IN_THE_LIBRARY(void*, ignore_up_to, "_ZNSi6ignoreEli",
                        (input_stream * from, long most, int end))
{
    changes(from);
    return real_ignore_up_to()(from, most, end);
}
