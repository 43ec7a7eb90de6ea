// The calls that open something.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <time.h>

namespace explorer::world {
namespace {

// One file and its number; else null and why in `number`.
file* open_one(kind is, bool nonblocking, bool close_on_exec, outcome& number)
{
    number = -EMFILE;
    if (!has_place_for(1)) {
        return nullptr;
    }
    file* made = open_file(is, nonblocking);
    number = made == nullptr ? -ENFILE : number_for(*made, close_on_exec);
    return made;
}

outcome open_two(kind first, kind second, bool nonblocking, bool close_on_exec, int* ends)
{
    if (!has_place_for(2)) {
        return -EMFILE;
    }
    file* one = open_file(first, nonblocking);
    file* other = open_file(second, nonblocking);
    if (other == nullptr) {
        if (one != nullptr) {
            one->is = kind::none;
        }
        return -ENFILE;
    }
    one->other = other;
    other->other = one;
    ends[0] = static_cast<int>(number_for(*one, close_on_exec));
    ends[1] = static_cast<int>(number_for(*other, close_on_exec));
    return 0;
}

} // namespace

outcome socket(int domain, int type, int protocol)
{
    const int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (domain != AF_INET || (type & ~flags) != SOCK_STREAM ||
        (protocol != 0 && protocol != IPPROTO_TCP)) {
        return missing("socket() of another kind than AF_INET, SOCK_STREAM");
    }
    outcome number = 0;
    file* made =
        open_one(kind::tcp, (flags & SOCK_NONBLOCK) != 0, (flags & SOCK_CLOEXEC) != 0, number);
    if (made != nullptr) {
        set_first_options(*made);
    }
    return number;
}

outcome socketpair(int domain, int type, int protocol, int* ends)
{
    const int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (domain != AF_UNIX || (type & ~flags) != SOCK_STREAM || protocol != 0) {
        return missing("socketpair() of another kind than AF_UNIX, SOCK_STREAM");
    }
    const outcome made = open_two(kind::local, kind::local, (flags & SOCK_NONBLOCK) != 0,
                                  (flags & SOCK_CLOEXEC) != 0, ends);
    if (made == 0) {
        set_first_options(*file_of(ends[0]));
        set_first_options(*file_of(ends[1]));
    }
    return made;
}

outcome pipe(int* ends, int flags)
{
    if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0) {
        return (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0 ? -EINVAL
                                                                   : missing("pipe2(O_DIRECT)");
    }
    return open_two(kind::pipe_reader, kind::pipe_writer, (flags & O_NONBLOCK) != 0,
                    (flags & O_CLOEXEC) != 0, ends);
}

outcome eventfd(unsigned count, int flags)
{
    if ((flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    outcome number = 0;
    file* made =
        open_one(kind::counter, (flags & EFD_NONBLOCK) != 0, (flags & EFD_CLOEXEC) != 0, number);
    if (made != nullptr) {
        made->count = count;
        made->semaphore = (flags & EFD_SEMAPHORE) != 0;
    }
    return number;
}

outcome timerfd_create(int clock, int flags)
{
    if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME) {
        return missing("timerfd_create() with this clock");
    }
    outcome number = 0;
    open_one(kind::timer, (flags & TFD_NONBLOCK) != 0, (flags & TFD_CLOEXEC) != 0, number);
    return number;
}

outcome epoll_create(int flags)
{
    if ((flags & ~EPOLL_CLOEXEC) != 0) {
        return -EINVAL;
    }
    outcome number = 0;
    open_one(kind::epoll, false, (flags & EPOLL_CLOEXEC) != 0, number);
    return number;
}

} // namespace explorer::world
