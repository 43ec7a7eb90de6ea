// A process that has no descriptors left for a while.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/census.hpp"

#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace support {

/// Uses up this process's descriptors, all of them, until it goes. One thread at a time.
class no_descriptors {
public:
    no_descriptors()
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        // Few are enough, and quickly used up: those already open and some more.
        const rlimit few{static_cast<rlim_t>(take_census().descriptors) + 64, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
        int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        while (one != -1) {
            taken_.push_back(one);
            one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        }
    }

    void give_one_back()
    {
        ::close(taken_.back());
        taken_.pop_back();
    }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;
    ~no_descriptors()
    {
        for (const int one : taken_) {
            ::close(one);
        }
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

private:
    rlimit before_{};
    std::vector<int> taken_;
};

} // namespace support
