// What the traces of a case say (see traces.hpp), in words: with the lines of the answer that led
// there, and a sentence of cause where the traces show one. For the process that the case's was
// forked from: in it the same code has the same addresses.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/watch_page.hpp"

#include <string>

#include <sys/types.h>

namespace support {

/// Of a process that a signal ended: from where, and why.
std::string how_it_ended(const watch_page& page);

/// Of a promise that an assertion found broken: where the answer's functions are that are named in
/// the report so far, what the case saw, and what was thrown meanwhile in the answer's files.
std::string what_happened(const watch_page& page, const std::string& report);

/// Of a thread that goes on and on: "; meanwhile an error has been thrown there 200 times
/// (x.cpp:1)".
std::string thrown_again_and_again(const watch_page& page);

/// Of a case that does not end: asks all its threads where they stand, and who waits for whom.
std::string where_it_hangs(watch_page& page, pid_t process);

} // namespace support
