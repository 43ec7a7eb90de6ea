// Calls by which a thread asks for what the kernel, or the C library, knows of it as one of the
// kernel's threads, or changes that. Judged threads may be contexts of a single one of those; then
// the schedules are run again with real threads (see engine/engine.hpp).
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace explorer::runtime;

namespace {

// /proc/self/task/..., /proc/thread-self/...: a file for each of the kernel's threads.
bool tells_of_threads(const char* path)
{
    return strncmp(path, "/proc/", 6) == 0 &&
           (strstr(path, "/task") != nullptr || strstr(path, "/thread-self") != nullptr);
}

} // namespace

// Stands in front of `call`; inside a schedule it needs real threads if `condition` holds.
#define OF_REAL_THREADS_IF(condition, result, call, parameters, arguments, ...)                    \
    EXPLORER_REAL(call)                                                                            \
    extern "C" result call parameters __VA_ARGS__                                                  \
    {                                                                                              \
        if (EXPLORER_ACTIVE && (condition)) {                                                      \
            need_real_threads();                                                                   \
        }                                                                                          \
        return real_##call() arguments;                                                            \
    }
#define OF_REAL_THREADS(...) OF_REAL_THREADS_IF(true, __VA_ARGS__)

OF_REAL_THREADS(pid_t, gettid, (), (), noexcept)
OF_REAL_THREADS(int, pthread_getattr_np, (pthread_t thread, pthread_attr_t* out), (thread, out),
                noexcept)
OF_REAL_THREADS(int, pthread_setname_np, (pthread_t thread, const char* name), (thread, name),
                noexcept)
OF_REAL_THREADS(int, pthread_getname_np, (pthread_t thread, char* out, size_t size),
                (thread, out, size), noexcept)
OF_REAL_THREADS(int, pthread_getcpuclockid, (pthread_t thread, clockid_t* out), (thread, out),
                noexcept)
OF_REAL_THREADS(int, pthread_setaffinity_np, (pthread_t thread, size_t size, const cpu_set_t* set),
                (thread, size, set), noexcept)
OF_REAL_THREADS(int, pthread_getaffinity_np, (pthread_t thread, size_t size, cpu_set_t* out),
                (thread, size, out), noexcept)
OF_REAL_THREADS(int, pthread_setschedparam, (pthread_t thread, int policy, const sched_param* to),
                (thread, policy, to), noexcept)
OF_REAL_THREADS(int, pthread_getschedparam, (pthread_t thread, int* policy, sched_param* out),
                (thread, policy, out), noexcept)
OF_REAL_THREADS(int, pthread_setschedprio, (pthread_t thread, int priority), (thread, priority),
                noexcept)
OF_REAL_THREADS(int, pthread_setcancelstate, (int state, int* before), (state, before))
OF_REAL_THREADS(int, pthread_setcanceltype, (int type, int* before), (type, before))
OF_REAL_THREADS(int, sched_setaffinity, (pid_t thread, size_t size, const cpu_set_t* set),
                (thread, size, set), noexcept)
OF_REAL_THREADS(int, sched_getaffinity, (pid_t thread, size_t size, cpu_set_t* out),
                (thread, size, out), noexcept)
OF_REAL_THREADS(int, sched_setscheduler, (pid_t thread, int policy, const sched_param* to),
                (thread, policy, to), noexcept)
OF_REAL_THREADS(int, sched_setparam, (pid_t thread, const sched_param* to), (thread, to), noexcept)
OF_REAL_THREADS_IF(who == RUSAGE_THREAD, int, getrusage, (__rusage_who_t who, rusage* out),
                   (who, out), noexcept)

OF_REAL_THREADS(int, pthread_sigmask, (int how, const sigset_t* set, sigset_t* before),
                (how, set, before), noexcept)
OF_REAL_THREADS(int, sigprocmask, (int how, const sigset_t* set, sigset_t* before),
                (how, set, before), noexcept)
OF_REAL_THREADS(int, sigpending, (sigset_t * out), (out), noexcept)
OF_REAL_THREADS(int, sigaltstack, (const stack_t* stack, stack_t* before), (stack, before),
                noexcept)

OF_REAL_THREADS(locale_t, uselocale, (locale_t locale), (locale), noexcept)
OF_REAL_THREADS(void, flockfile, (FILE * file), (file), noexcept)
OF_REAL_THREADS(int, ftrylockfile, (FILE * file), (file), noexcept)

OF_REAL_THREADS_IF(tells_of_threads(path), DIR*, opendir, (const char* path), (path))
OF_REAL_THREADS_IF(tells_of_threads(path), FILE*, fopen, (const char* path, const char* mode),
                   (path, mode))
OF_REAL_THREADS_IF(tells_of_threads(path), FILE*, fopen64, (const char* path, const char* mode),
                   (path, mode))
OF_REAL_THREADS_IF(tells_of_threads(path), ssize_t, readlink,
                   (const char* path, char* out, size_t size), (path, out, size), noexcept)

// What comes after a list's last named parameter: an int's or a pointer's worth, which need not be
// there.
#define REST_OF(last)                                                                              \
    va_list list;                                                                                  \
    va_start(list, last);                                                                          \
    const long rest[4] = {va_arg(list, long), va_arg(list, long), va_arg(list, long),              \
                          va_arg(list, long)};                                                     \
    va_end(list)

EXPLORER_REAL(open)
EXPLORER_REAL(open64)
EXPLORER_REAL(openat)
EXPLORER_REAL(openat64)
EXPLORER_REAL(prctl)

extern "C" {

int open(const char* path, int flags, ...)
{
    REST_OF(flags);
    if (EXPLORER_ACTIVE && tells_of_threads(path)) {
        need_real_threads();
    }
    return real_open()(path, flags, rest[0]);
}

int open64(const char* path, int flags, ...)
{
    REST_OF(flags);
    if (EXPLORER_ACTIVE && tells_of_threads(path)) {
        need_real_threads();
    }
    return real_open64()(path, flags, rest[0]);
}

int openat(int folder, const char* path, int flags, ...)
{
    REST_OF(flags);
    if (EXPLORER_ACTIVE && tells_of_threads(path)) {
        need_real_threads();
    }
    return real_openat()(folder, path, flags, rest[0]);
}

int openat64(int folder, const char* path, int flags, ...)
{
    REST_OF(flags);
    if (EXPLORER_ACTIVE && tells_of_threads(path)) {
        need_real_threads();
    }
    return real_openat64()(folder, path, flags, rest[0]);
}

int prctl(int option, ...) noexcept
{
    REST_OF(option);
    if (EXPLORER_ACTIVE) {
        need_real_threads();
    }
    return real_prctl()(option, rest[0], rest[1], rest[2], rest[3]);
}

} // extern "C"
