// Calls on descriptors of any kind, and those that make pipes, counters and timers. What was opened
// outside the simulated kernel, such as a file, still works as it always does; what could keep the
// thread waiting there is an error.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/world/transfer.hpp"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace explorer;
using namespace explorer::runtime;

namespace {

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

// Whether a call on this descriptor is the simulated kernel's business.
bool is_modeled(int descriptor)
{
    return EXPLORER_ACTIVE && world::is_ours(descriptor);
}

void check_reading(const char* call, int descriptor)
{
    if (EXPLORER_ACTIVE && may_wait(descriptor)) {
        refuse_foreign(call, descriptor);
    }
}

long open_pipe(int* ends, int flags)
{
    enter({.name = "pipe", .shapes = true});
    const world::outcome made = world::pipe(ends, flags);
    open_descriptor(made == 0 ? ends[0] : made);
    open_descriptor(made == 0 ? ends[1] : made);
    return leave(made, "pipe() = %d, %d", made == 0 ? ends[0] : -1, made == 0 ? ends[1] : -1);
}

long open_counter(unsigned count, int flags)
{
    enter({.name = "eventfd", .shapes = true});
    const world::outcome made = world::eventfd(count, flags);
    open_descriptor(made);
    return leave(made, "eventfd() = %ld", made);
}

long open_timer(int clock, int flags)
{
    enter({.name = "timerfd_create", .shapes = true});
    const world::outcome made = world::timerfd_create(clock, flags);
    open_descriptor(made);
    return leave(made, "timerfd_create() = %ld", made);
}

long set_timer(int fd, int flags, const itimerspec* value, itimerspec* old)
{
    const long result = simple_call("timerfd_settime", fd, false, [=] {
        touch_key(keys::time, touching::reads); // it may be due already
        return world::timerfd_settime(fd, flags, value, old);
    });
    timers_changed();
    return result;
}

long close_one(int fd)
{
    enter({.name = "close", .descriptor = fd, .shapes = true});
    close_descriptor(fd);
    return leave(world::close(fd), "close(%d)", fd);
}

long duplicate_onto(const char* name, int fd, int onto, int flags, bool same_is_fine)
{
    check_ours(name, fd);
    enter({.name = name, .descriptor = fd, .shapes = true});
    if (fd != onto) {
        close_descriptor(onto);
    }
    const world::outcome made = world::duplicate_to(fd, onto, flags, same_is_fine);
    open_descriptor(fd != onto ? made : -EINVAL);
    return leave(made, "%s(%d, %d)", name, fd, onto);
}

long control(int fd, int command, long argument)
{
    return simple_call("fcntl", fd, true, [=] {
        const world::outcome result = world::fcntl(fd, command, argument);
        const bool opens = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
        open_descriptor(opens ? result : -EINVAL);
        if (command == F_SETFL) {
            touch_way_of_waiting(fd, touching::writes);
        }
        return result;
    });
}

} // namespace

WORLD_OPENS(pipe, (int* ends), (ends), open_pipe(ends, 0), ends, noexcept)
WORLD_OPENS(pipe2, (int* ends, int flags), (ends, flags), open_pipe(ends, flags), ends, noexcept)
WORLD_OPENS(eventfd, (unsigned count, int flags), (count, flags), open_counter(count, flags),
            nullptr, noexcept)
WORLD_OPENS(timerfd_create, (clockid_t clock, int flags), (clock, flags), open_timer(clock, flags),
            nullptr, noexcept)
WORLD_CALL(int, timerfd_settime, (int fd, int flags, const itimerspec* value, itimerspec* old),
           (fd, flags, value, old), set_timer(fd, flags, value, old), noexcept)
WORLD_CALL(int, timerfd_gettime, (int fd, itimerspec* value), (fd, value),
           simple_call("timerfd_gettime", fd, false,
                       [=] { return world::timerfd_gettime(fd, value); }),
           noexcept)

EXPLORER_REAL(read)
EXPLORER_REAL(readv)
EXPLORER_REAL(write)
EXPLORER_REAL(writev)
EXPLORER_REAL(close)
EXPLORER_REAL(dup)
EXPLORER_REAL(dup2)
EXPLORER_REAL(dup3)
EXPLORER_REAL(fcntl)
EXPLORER_REAL(ioctl)
EXPLORER_REAL(eventfd_read)
EXPLORER_REAL(eventfd_write)

// Signal handlers may call these: what they lead to is looked up before.
__attribute__((constructor)) static void look_up()
{
    real_read();
    real_write();
    real_close();
}

extern "C" {

ssize_t read(int fd, void* to, size_t size)
{
    if (is_modeled(fd)) {
        const iovec part = {to, size};
        return receive_into("read", fd, world::entrance::file, &part, 1, 0);
    }
    check_reading("read", fd);
    return real_read()(fd, to, size);
}

ssize_t readv(int fd, const iovec* to, int count)
{
    if (is_modeled(fd)) {
        return receive_into("readv", fd, world::entrance::file, to, count, 0);
    }
    check_reading("readv", fd);
    return real_readv()(fd, to, count);
}

ssize_t write(int fd, const void* from, size_t size)
{
    if (is_modeled(fd)) {
        const iovec part = {const_cast<void*>(from), size};
        return send_from("write", fd, world::entrance::file, &part, 1, 0, false);
    }
    return real_write()(fd, from, size);
}

ssize_t writev(int fd, const iovec* from, int count)
{
    if (is_modeled(fd)) {
        return send_from("writev", fd, world::entrance::file, from, count, 0, false);
    }
    return real_writev()(fd, from, count);
}

int eventfd_read(int fd, eventfd_t* value)
{
    if (is_modeled(fd)) {
        return read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
    }
    return real_eventfd_read()(fd, value);
}

int eventfd_write(int fd, eventfd_t value)
{
    if (is_modeled(fd)) {
        return write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
    }
    return real_eventfd_write()(fd, value);
}

int close(int fd)
{
    return is_modeled(fd) ? static_cast<int>(close_one(fd)) : real_close()(fd);
}

int dup(int fd) noexcept
{
    if (is_modeled(fd)) {
        return static_cast<int>(control(fd, F_DUPFD, 0));
    }
    return opened(real_dup()(fd), nullptr);
}

int dup2(int fd, int onto) noexcept
{
    if (is_modeled(fd) || is_modeled(onto)) {
        return static_cast<int>(duplicate_onto("dup2", fd, onto, 0, true));
    }
    return real_dup2()(fd, onto);
}

int dup3(int fd, int onto, int flags) noexcept
{
    if (is_modeled(fd) || is_modeled(onto)) {
        return static_cast<int>(duplicate_onto("dup3", fd, onto, flags, false));
    }
    return real_dup3()(fd, onto, flags);
}

int fcntl(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    const long argument = va_arg(list, long);
    va_end(list);
    if (is_modeled(fd)) {
        return static_cast<int>(control(fd, command, argument));
    }
    return real_fcntl()(fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    const long argument = va_arg(list, long);
    va_end(list);
    return fcntl(fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...) noexcept
{
    va_list list;
    va_start(list, request);
    void* argument = va_arg(list, void*);
    va_end(list);
    if (is_modeled(fd)) {
        return static_cast<int>(simple_call("ioctl", fd, false, [=] {
            if (request == FIONBIO) {
                touch_way_of_waiting(fd, touching::writes);
            }
            return world::ioctl(fd, request, static_cast<int*>(argument));
        }));
    }
    return real_ioctl()(fd, request, argument);
}

} // extern "C"
