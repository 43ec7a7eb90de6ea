// The functions whose names this program has taken, as libc has them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace green {

/// Pointers to the real functions; each does what its name does in a program without ex12.
struct libc_calls {
    decltype(&::nanosleep) nanosleep;
    decltype(&::clock_nanosleep) clock_nanosleep;
    decltype(&::sleep) sleep;
    decltype(&::usleep) usleep;
    decltype(&::poll) poll;
    decltype(&::read) read;
    decltype(&::recv) recv;
    decltype(&::send) send;
    decltype(&::connect) connect;
    decltype(&::accept) accept;
    decltype(&::epoll_wait) epoll_wait;
};

/// The real ones. From any thread.
const libc_calls& libc();

} // namespace green
