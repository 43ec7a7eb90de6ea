// Calls that no schedule can control: they wait for the world outside, or make processes. Inside an
// explored body each is an error that names the call, instead of a silent wait.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/real.hpp"
#include "explore/processes.hpp"
#include "explore/runtime.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace explorer;
using namespace explorer::runtime;

namespace {

[[noreturn]] void refuse(const char* call)
{
    fail_at(note(op::raised), 0, "misuse",
            "T%d calls %s(), which is outside the explorer's model: no processes, signals or "
            "terminals inside explore()",
            self->id, call);
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

OUTSIDE(int, recvmmsg, (int fd, mmsghdr* list, unsigned count, int flags, timespec* timeout),
        (fd, list, count, flags, timeout))
OUTSIDE(int, sendmmsg, (int fd, mmsghdr* list, unsigned count, int flags), (fd, list, count, flags))
OUTSIDE(ssize_t, sendfile, (int to, int from, off_t* at, size_t size), (to, from, at, size),
        noexcept)
OUTSIDE(ssize_t, splice,
        (int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags),
        (from, from_at, to, to_at, size, flags))

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
OUTSIDE(int, pthread_kill, (pthread_t thread, int number), (thread, number), noexcept)
OUTSIDE(int, pause, (), ())
OUTSIDE(int, sigwait, (const sigset_t* mask, int* number), (mask, number))

OUTSIDE(int, pthread_cancel, (pthread_t thread), (thread))
OUTSIDE(int, pthread_tryjoin_np, (pthread_t thread, void** outcome), (thread, outcome), noexcept)
OUTSIDE(int, pthread_timedjoin_np, (pthread_t thread, void** outcome, const timespec* time),
        (thread, outcome, time))
OUTSIDE(int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier), noexcept)
OUTSIDE(int, pthread_spin_lock, (pthread_spinlock_t * lock), (lock), noexcept)

// Processes of the schedule can be killed, or asked for.
EXPLORER_REAL(kill)
extern "C" int kill(pid_t process, int number) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real_kill()(process, number);
    }
    if ((number != 0 && number != SIGKILL) || !kill_process(process, number)) {
        refuse("kill");
    }
    return 0;
}

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
