// Three of the ten calls: one that waits for a time, one that waits for data, and connect(). The
// linker binds every nanosleep(), recv() and connect() of the program to these, of the hub's
// libraries and of the third party's object file too, in every thread. So the first thing is
// always to see whether the caller is one that can wait in another way; everybody else gets libc's.
//
// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE // the hardened headers define recv() themselves
#include "libc.hpp"
#include "monkey.hpp"
#include "waits.hpp"

extern "C" int nanosleep(const timespec* time, timespec* remaining)
{
    if (!green::patched() || !green::in_greenlet() || !green::is_valid(time)) {
        return green::libc().nanosleep(time, remaining); // says itself what is wrong with the time
    }
    green::own_errno mine;
    const green::time_point end = green::after(*time);
    if (green::wait_until(end) == green::ended::interrupted) {
        if (remaining) {
            *remaining = green::time_left(end);
        }
        return mine.fail(EINTR);
    }
    return 0;
}

extern "C" ssize_t recv(int fd, void* buffer, size_t size, int flags)
{
    constexpr int never_waits = MSG_DONTWAIT | MSG_OOB | MSG_ERRQUEUE;
    if (!green::patched() || !green::in_greenlet() || green::is_nonblocking(fd) ||
        (flags & never_waits)) {
        return green::libc().recv(fd, buffer, size, flags);
    }
    green::own_errno mine;
    const green::time_point end = green::receive_deadline(fd);
    const size_t enough = green::enough_to_receive(fd, size, flags);
    size_t received = 0;
    int error = 0;
    do {
        const ssize_t got = green::libc().recv(fd, static_cast<char*>(buffer) + received,
                                               size - received, flags | MSG_DONTWAIT);
        if (got == 0) {
            break; // the other side has closed, or this is an empty datagram
        }
        if (got > 0) {
            received += static_cast<size_t>(got);
        } else if (errno == EAGAIN) {
            error = green::error_of(green::wait_ready(fd, POLLIN, end), EAGAIN);
        } else {
            error = errno;
        }
    } while (error == 0 && received < enough);
    // What has been taken off the socket reaches the caller, whatever ended the waiting.
    return error == 0 || received > 0 ? static_cast<ssize_t>(received) : mine.fail(error);
}

extern "C" int connect(int fd, const sockaddr* address, socklen_t address_size)
{
    if (!green::patched() || !green::in_greenlet() || green::is_nonblocking(fd)) {
        return green::libc().connect(fd, address, address_size);
    }
    green::own_errno mine;
    const green::time_point end = green::send_deadline(fd);
    int error = green::start_to_connect(fd, address, address_size, end);
    while (error == EINPROGRESS || error == EALREADY) {
        const green::ended how = green::wait_ready(fd, POLLOUT, end);
        if (how != green::ended::ready) {
            return mine.fail(green::error_of(how, EINPROGRESS));
        }
        error = green::start_to_connect(fd, address, address_size, end); // says how it ended
    }
    return error == 0 ? 0 : mine.fail(error);
}
