// How a case came to its end: from where exceptions were thrown, where a signal met the process,
// and where each thread stands when the case does not end. The case's process writes it into the
// page that it shares with the supervisor; explanation.hpp puts it into words.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>

namespace support {

/// From now on this process and its children leave traces in support::page. Leaves alone what
/// others already do with a signal, as sanitizers do. To be called before any thread starts.
void leave_traces();

/// One at namespace scope, in the test of an answer that asks which signals have handlers: then
/// only those of faults get one.
class signals_are_counted {
public:
    signals_are_counted() noexcept { declared_ = true; }
    static bool declared() noexcept { return declared_; }

private:
    inline static bool declared_ = false;
};

/// What the supervisor sends a thread to ask where it stands. The answer is in page->stands.
inline int where_are_you() noexcept
{
    return SIGRTMAX - 1;
}

} // namespace support
