// Runs a piece of a test in a child process: for what is said on stderr, and for what may end the
// process.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace support {

/// How a child ended.
struct ended {
    std::string said; // on stderr
    int status = 0;   // as waitpid() gives it: 0 for a return from its body
};

/// Forks, calls `body` in the child and waits until the child has ended. The child has only the
/// thread that called, and ends when `body` returns; an exception that leaves `body` fails the case
/// there. Throws std::system_error when there can be no pipe or child.
ended in_a_child(const std::function<void()>& body);

} // namespace support
