// What a patched call is made of: who calls, waiting for a time or a descriptor while other
// greenlets run, the waits that a signal ends, and errno. Everything here is for the greenlet that
// calls it, in its own thread; nothing blocks the thread.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <poll.h>
#include <span>
#include <sys/socket.h>

namespace green {

/// True in a greenlet. False on a thread's own stack: in main, in a thread without greenlets, in
/// the hub and its completion handlers. From any thread, at any time.
bool in_greenlet() noexcept;

using time_point = std::chrono::steady_clock::time_point;

/// Later than any other time.
inline constexpr time_point never = time_point::max();

/// That much time from now; `never` for more than the clock can say. `time` must be valid.
time_point after(const timespec& time);

/// What is left until `end`; zero if it has passed.
timespec time_left(time_point end);

/// Whether `time` is there, not negative, and has less than a second of nanoseconds.
bool is_valid(const timespec* time);

/// How a wait ended. All waits throw greenlet_exit when the greenlet is killed.
enum class ended {
    ready,      // the descriptor
    timed_out,  // its time has come
    interrupted // a signal's handler has run in this thread meanwhile, and the call must not go on
};

/// The errno to report for it: 0, EINTR, or `timeout`, which differs from call to call.
int error_of(ended how, int timeout);

/// Waits until `end`, or a signal. A time that has passed is one turn for everybody who is ready.
ended wait_until(time_point end);

/// Waits until poll() would report one of the entries, `end`, or a signal.
ended wait_ready(std::span<const pollfd> entries, time_point end);

/// Waits until poll() would report one of `events` for `fd`: then the call that it is waited for
/// will not block, unless another thread is quicker. A signal ends this wait only if it would end a
/// blocking call on a socket: if there is a time limit, or a handler without SA_RESTART.
ended wait_ready(int fd, short events, time_point end);

/// True if calls on `fd` never block, because of O_NONBLOCK, or because it is no open descriptor.
bool is_nonblocking(int fd);

/// When a call that starts now has to give up, by the socket's SO_RCVTIMEO and SO_SNDTIMEO.
time_point receive_deadline(int fd);
time_point send_deadline(int fd);

/// How many bytes a blocking recv() waits for before it returns: with MSG_WAITALL all that it was
/// asked for, otherwise SO_RCVLOWAT, which is 1 unless somebody has set it. A datagram is always
/// enough; so is anything for MSG_PEEK, which takes nothing away, and would see it again.
std::size_t enough_to_receive(int fd, std::size_t size, int flags);

/// connect() that does not wait for the other side. 0, or an error: EINPROGRESS when it has begun,
/// EALREADY while it is under way. Called again once the socket can be written to, it says how the
/// connecting ended. The socket's mode is as before when it returns, and whenever another greenlet
/// runs. It waits for one thing, because poll() cannot: while the queue of a local (AF_UNIX)
/// listener is full it tries again; then, at `end` the error is EAGAIN, and EINTR after a signal.
int start_to_connect(int fd, const sockaddr* address, socklen_t address_size, time_point end);

/// errno belongs to the thread, hence to all of its greenlets: whoever waits finds what others left
/// there. While one of these lives, errno is as good as the greenlet's own: afterwards it is what
/// it was before, or what fail() was told.
class own_errno {
public:
    own_errno() : kept_(errno) {}
    ~own_errno() { errno = kept_; }
    own_errno(const own_errno&) = delete;
    own_errno& operator=(const own_errno&) = delete;

    /// -1, to return, with `error` in errno.
    int fail(int error)
    {
        kept_ = error;
        return -1;
    }

private:
    int kept_;
};

/// Ends the waits of this thread's greenlets as a signal does. For the hub, when it has met one.
void interrupt_waits();

} // namespace green
