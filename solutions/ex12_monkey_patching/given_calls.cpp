// The other seven calls, in the same way as the three in patched_calls.cpp; patch_all(); and an
// eleventh call, epoll_wait(), which is the one that the hub itself waits in: it tells of signals.
//
// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE // the hardened headers define poll() and read() themselves
#include "libc.hpp"
#include "monkey.hpp"
#include "waits.hpp"

#include <atomic>

namespace green {
namespace {

std::atomic<bool> patches = false; // set by patch_all(), in whatever thread; never reset

// Whether this call is one that waits in a greenlet's way.
bool cooperates()
{
    return patched() && in_greenlet();
}

} // namespace

void patch_all()
{
    patches = true;
}

bool patched()
{
    return patches;
}

} // namespace green

using namespace green;

// --- sleeping: by way of nanosleep(), the one in patched_calls.cpp

extern "C" int clock_nanosleep(clockid_t clock, int flags, const timespec* time,
                               timespec* remaining)
{
    if (!cooperates() || !is_valid(time) || (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)) {
        return libc().clock_nanosleep(clock, flags, time, remaining);
    }
    const own_errno mine; // it returns its error
    timespec until_then = *time;
    if (flags & TIMER_ABSTIME) { // a clock that is set meanwhile is not noticed
        timespec now = {};
        clock_gettime(clock, &now);
        until_then = {time->tv_sec - now.tv_sec, time->tv_nsec - now.tv_nsec};
        if (until_then.tv_nsec < 0) {
            until_then = {until_then.tv_sec - 1, until_then.tv_nsec + 1'000'000'000};
        }
        if (until_then.tv_sec < 0) {
            until_then = {};
        }
        remaining = nullptr;
    }
    return nanosleep(&until_then, remaining) == 0 ? 0 : errno;
}

extern "C" unsigned sleep(unsigned seconds)
{
    if (!cooperates()) {
        return libc().sleep(seconds);
    }
    const own_errno mine; // it has none: the time that is left tells
    const timespec time = {static_cast<time_t>(seconds), 0};
    timespec left = {};
    nanosleep(&time, &left);
    return static_cast<unsigned>(left.tv_sec) + (left.tv_nsec >= 500'000'000);
}

extern "C" int usleep(useconds_t microseconds)
{
    if (!cooperates()) {
        return libc().usleep(microseconds);
    }
    const timespec time = {microseconds / 1'000'000, microseconds % 1'000'000 * 1000L};
    return nanosleep(&time, nullptr);
}

// --- waiting for descriptors

extern "C" int poll(pollfd* entries, nfds_t count, int milliseconds)
{
    const int ready = libc().poll(entries, count, cooperates() ? 0 : milliseconds);
    if (!cooperates() || ready != 0 || milliseconds == 0) {
        return ready;
    }
    own_errno mine;
    const time_point end = milliseconds < 0 ? never
                                            : std::chrono::steady_clock::now() +
                                                  std::chrono::milliseconds(milliseconds);
    if (wait_ready(std::span<const pollfd>(entries, count), end) == ended::interrupted) {
        return mine.fail(EINTR);
    }
    return libc().poll(entries, count, 0);
}

// Pipes and terminals have no MSG_DONTWAIT. Between the look in wait_ready() and the call no other
// greenlet runs; another thread or process that reads the same pipe may still be quicker.
extern "C" ssize_t read(int fd, void* buffer, size_t size)
{
    if (!cooperates() || is_nonblocking(fd) || size == 0) {
        return libc().read(fd, buffer, size);
    }
    {
        own_errno mine;
        const int error = error_of(wait_ready(fd, POLLIN, receive_deadline(fd)), EAGAIN);
        if (error != 0) {
            return mine.fail(error);
        }
    }
    return libc().read(fd, buffer, size);
}

extern "C" int accept(int fd, sockaddr* address, socklen_t* address_size)
{
    if (!cooperates() || is_nonblocking(fd)) {
        return libc().accept(fd, address, address_size);
    }
    {
        own_errno mine;
        const int error = error_of(wait_ready(fd, POLLIN, receive_deadline(fd)), EAGAIN);
        if (error != 0) {
            return mine.fail(error);
        }
    }
    return libc().accept(fd, address, address_size);
}

// A blocking send() returns when the system has taken everything.
extern "C" ssize_t send(int fd, const void* data, size_t size, int flags)
{
    if (!cooperates() || is_nonblocking(fd) || (flags & MSG_DONTWAIT)) {
        return libc().send(fd, data, size, flags);
    }
    own_errno mine;
    const time_point end = send_deadline(fd);
    size_t sent = 0;
    int error = 0;
    do {
        const ssize_t taken = libc().send(fd, static_cast<const char*>(data) + sent, size - sent,
                                          flags | MSG_DONTWAIT);
        if (taken >= 0) {
            sent += static_cast<size_t>(taken);
        } else if (errno == EAGAIN) {
            error = error_of(wait_ready(fd, POLLOUT, end), EAGAIN);
        } else {
            error = errno;
        }
    } while (error == 0 && sent < size);
    return error == 0 || sent > 0 ? static_cast<ssize_t>(sent) : mine.fail(error);
}

// --- the hub's own wait

extern "C" int epoll_wait(int fd, epoll_event* events, int most, int milliseconds)
{
    const int count = libc().epoll_wait(fd, events, most, milliseconds);
    if (count == -1 && errno == EINTR) {
        interrupt_waits();
    }
    return count;
}
