// A process that has no descriptors left for a while.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include <unistd.h>

namespace support {

/// Takes all descriptors that are left to this process, and gives them back when it goes.
class all_descriptors {
public:
    all_descriptors()
    {
        for (int copy = 0; (copy = ::dup(STDERR_FILENO)) >= 0;) {
            taken_.push_back(copy);
        }
    }
    all_descriptors(const all_descriptors&) = delete;
    all_descriptors& operator=(const all_descriptors&) = delete;
    ~all_descriptors()
    {
        for (const int copy : taken_) {
            ::close(copy);
        }
    }

private:
    std::vector<int> taken_;
};

} // namespace support
