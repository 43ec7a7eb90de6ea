// Counting what a process owns, before and after: threads, child processes, descriptors.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <set>
#include <source_location>

namespace support {

struct census {
    int threads = 0;       // of this process
    int children = 0;      // running or not yet waited for (zombies count)
    int descriptors = 0;   // open in this process
    std::set<int> numbers; // theirs

    /// Whatever numbers the descriptors have.
    bool operator==(const census& other) const
    {
        return threads == other.threads && children == other.children &&
               descriptors == other.descriptors;
    }
};

/// Counts now. Reads /proc; throws std::filesystem::filesystem_error when it cannot.
census take_census();

/// True once the process owns exactly what it owned at `before`; waits for it, at most 5 s, because
/// the kernel lets go of a joined thread or a killed child a moment later.
bool back_to(const census& before, std::source_location asked_in = std::source_location::current());

std::ostream& operator<<(std::ostream& out, const census& counted);

} // namespace support
