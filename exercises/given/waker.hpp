// Wakes a thread that sleeps in poll(): a descriptor which becomes readable when another thread
// says so. poll() cannot wait on a condition variable; it can wait on this.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/descriptor.hpp"

#include <cstdint>

#include <sys/eventfd.h>

namespace given {

class waker {
public:
    /// Throws std::system_error when there is no descriptor left.
    waker() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {
        if (event_.get() == -1) {
            throw std::system_error(errno, std::generic_category(), "eventfd");
        }
    }

    /// Watch this one for POLLIN.
    int get() const noexcept { return event_.get(); }

    /// Makes it readable until clear(). Never blocks; from any thread. A wake() before the poll()
    /// is not lost: poll() returns at once.
    void wake() noexcept
    {
        const std::uint64_t one = 1;
        while (::write(event_.get(), &one, sizeof one) == -1 && errno == EINTR) {
        }
    }

    /// Back to not readable, however often wake() was called. Never blocks. Clear first and look
    /// for work afterwards: work that comes in between then wakes again.
    void clear() noexcept
    {
        std::uint64_t count;
        while (::read(event_.get(), &count, sizeof count) == -1 && errno == EINTR) {
        }
    }

private:
    descriptor event_;
};

} // namespace given
