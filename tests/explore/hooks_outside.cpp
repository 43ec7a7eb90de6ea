// Calls that no schedule can control: they wait for the world outside, or make processes. Inside an
// explored body each is an error that names the call, instead of a silent wait.
//
// SPDX-License-Identifier: MIT
#include "explore/real.hpp"
#include "explore/runtime.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace explorer;
using namespace explorer::runtime;

namespace {

[[noreturn]] void refuse(const char* call)
{
    fail_at(
        note(op::raised), 0, "misuse",
        "T%d calls %s(), which is outside the explorer's model: no sockets, processes, pipes or "
        "terminals inside explore()",
        self->id, call);
}

// Reading a file is fine; a pipe, a socket or a terminal could keep the thread waiting.
bool may_wait(int descriptor)
{
    struct stat about {};
    if (fstat(descriptor, &about) != 0 || S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)) {
        return false;
    }
    if (S_ISCHR(about.st_mode) && !isatty(descriptor)) {
        return false; // /dev/null, /dev/urandom
    }
    return (fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0;
}

} // namespace

// Stands in front of `call`: the real one outside schedules, an error inside.
#define OUTSIDE(result, call, parameters, arguments, ...)                                          \
    EXPLORER_REAL(call)                                                                            \
    extern "C" result call parameters __VA_ARGS__                                                  \
    {                                                                                              \
        if (EXPLORER_ACTIVE) {                                                                     \
            refuse(#call);                                                                         \
        }                                                                                          \
        return real_##call() arguments;                                                            \
    }
// The same, refused only if `condition` holds.
#define OUTSIDE_IF(condition, result, call, parameters, arguments, ...)                            \
    EXPLORER_REAL(call)                                                                            \
    extern "C" result call parameters __VA_ARGS__                                                  \
    {                                                                                              \
        if (EXPLORER_ACTIVE && (condition)) {                                                      \
            refuse(#call);                                                                         \
        }                                                                                          \
        return real_##call() arguments;                                                            \
    }

OUTSIDE(int, socket, (int domain, int type, int protocol), (domain, type, protocol), noexcept)
OUTSIDE(int, socketpair, (int domain, int type, int protocol, int* ends),
        (domain, type, protocol, ends), noexcept)
OUTSIDE(int, connect, (int fd, const sockaddr* to, socklen_t size), (fd, to, size))
OUTSIDE(int, accept, (int fd, sockaddr* from, socklen_t* size), (fd, from, size))
OUTSIDE(int, accept4, (int fd, sockaddr* from, socklen_t* size, int flags), (fd, from, size, flags))
OUTSIDE(ssize_t, recv, (int fd, void* to, size_t size, int flags), (fd, to, size, flags))
OUTSIDE(ssize_t, recvfrom,
        (int fd, void* to, size_t size, int flags, sockaddr* from, socklen_t* length),
        (fd, to, size, flags, from, length))
OUTSIDE(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
OUTSIDE(ssize_t, send, (int fd, const void* from, size_t size, int flags), (fd, from, size, flags))
OUTSIDE(ssize_t, sendto,
        (int fd, const void* from, size_t size, int flags, const sockaddr* to, socklen_t length),
        (fd, from, size, flags, to, length))
OUTSIDE(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
OUTSIDE(int, poll, (pollfd * list, nfds_t count, int timeout), (list, count, timeout))
OUTSIDE(int, ppoll, (pollfd * list, nfds_t count, const timespec* timeout, const sigset_t* mask),
        (list, count, timeout, mask))
OUTSIDE(int, select, (int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout),
        (count, in, out, other, timeout))
OUTSIDE(int, pselect,
        (int count, fd_set* in, fd_set* out, fd_set* other, const timespec* timeout,
         const sigset_t* mask),
        (count, in, out, other, timeout, mask))
OUTSIDE(int, epoll_wait, (int fd, epoll_event* list, int count, int timeout),
        (fd, list, count, timeout))
OUTSIDE(int, epoll_pwait, (int fd, epoll_event* list, int count, int timeout, const sigset_t* mask),
        (fd, list, count, timeout, mask))

OUTSIDE_IF(may_wait(fd), ssize_t, read, (int fd, void* to, size_t size), (fd, to, size))
OUTSIDE_IF(may_wait(fd), ssize_t, readv, (int fd, const iovec* to, int count), (fd, to, count))

OUTSIDE(int, pipe, (int* ends), (ends), noexcept)
OUTSIDE(int, pipe2, (int* ends, int flags), (ends, flags), noexcept)

OUTSIDE(pid_t, fork, (), (), noexcept)
OUTSIDE(pid_t, wait, (int* status), (status))
OUTSIDE(pid_t, waitpid, (pid_t process, int* status, int options), (process, status, options))
OUTSIDE(int, system, (const char* command), (command))
OUTSIDE(FILE*, popen, (const char* command, const char* mode), (command, mode))
OUTSIDE(int, posix_spawn,
        (pid_t * process, const char* path, const posix_spawn_file_actions_t* actions,
         const posix_spawnattr_t* attributes, char* const* arguments, char* const* environment),
        (process, path, actions, attributes, arguments, environment))
OUTSIDE(int, posix_spawnp,
        (pid_t * process, const char* file, const posix_spawn_file_actions_t* actions,
         const posix_spawnattr_t* attributes, char* const* arguments, char* const* environment),
        (process, file, actions, attributes, arguments, environment))
OUTSIDE(int, execve, (const char* path, char* const* arguments, char* const* environment),
        (path, arguments, environment), noexcept)
OUTSIDE(int, kill, (pid_t process, int number), (process, number), noexcept)
OUTSIDE(int, pthread_kill, (pthread_t thread, int number), (thread, number), noexcept)
OUTSIDE(int, pause, (), ())
OUTSIDE(int, sigwait, (const sigset_t* mask, int* number), (mask, number))

OUTSIDE(int, pthread_cancel, (pthread_t thread), (thread))
OUTSIDE(int, pthread_tryjoin_np, (pthread_t thread, void** outcome), (thread, outcome), noexcept)
OUTSIDE(int, pthread_timedjoin_np, (pthread_t thread, void** outcome, const timespec* time),
        (thread, outcome, time))
OUTSIDE(int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier), noexcept)
OUTSIDE(int, pthread_spin_lock, (pthread_spinlock_t * lock), (lock), noexcept)

// Never returns, so it cannot be written like the others.
EXPLORER_REAL(pthread_exit)
extern "C" void pthread_exit(void* outcome)
{
    if (EXPLORER_ACTIVE) {
        refuse("pthread_exit");
    }
    real_pthread_exit()(outcome);
    __builtin_unreachable();
}
