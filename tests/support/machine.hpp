// What the cases need of the machine that they run on. Where it is lacking, nothing can be said of
// the answer: the verdict is "cannot judge", with the cure, and no broken promise.
//
// The supervisor looks for a clock that goes, descriptors and a network before a case, and for
// memory and threads, which takes longer, when one has failed. A case that needs many descriptors
// says so when it begins.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace support {

/// Leaves this for the supervisor: no verdict can be given, and why. The first one counts.
void note_that_it_cannot_judge(const std::string& why);

/// The same, and ends the case's process at once: no destructor has to join anything.
[[noreturn]] void cannot_judge(const std::string& why);

/// Ends the case, as cannot_judge(), unless this process may have so many descriptors; raises its
/// limit as far as it needs and may.
void need_descriptors(unsigned long wanted);

/// One at namespace scope, in a test whose cases connect to 127.0.0.1.
class needs_loopback {
public:
    needs_loopback() noexcept { declared_ = true; }
    static bool declared() noexcept { return declared_; }

private:
    inline static bool declared_ = false;
};

/// To be asked before a case: what this machine lacks that any of these cases needs, and what to do
/// about it; "" if nothing.
std::string lacking_for_any_case();

/// To be asked when a case has failed: what to say if memory is short or no more threads can be
/// started here; "" if all is there. Starts them in a process of their own, and ends that.
std::string lacking_for_this_failure();

} // namespace support
