// The marker of unfinished work. A stub's function calls todo() instead of doing its job; the
// student replaces the call. It throws, so that a half-filled stub fails at once and says which
// sentence is still to be done, from whichever thread or child process it is reached in.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

/// Thrown by todo(). what() is the whole message: exercise, sentence, file and line.
class todo_error : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Fails with `TODO exNN: <sentence>` and the place of the call. Never returns; may be called from
/// any thread and from a forked child.
[[noreturn]] void todo(const char* sentence,
                       std::source_location where = std::source_location::current());

/// Where todo() leaves its message besides throwing it: the tests' supervisor sets this to memory
/// that it shares with the process it watches, and so learns of a TODO whatever becomes of the
/// exception. Null in ordinary programs. Holds a C string of at most todo_page_size bytes.
extern char* todo_page;
inline constexpr std::size_t todo_page_size = 2048;
