// poll, select and epoll: waiting for any of many descriptors, for a time.
//
// SPDX-License-Identifier: MIT
#include "explore/world/waiting.hpp"

#include <errno.h>
#include <signal.h>
#include <string.h>

using namespace explorer;
using namespace explorer::runtime;

namespace {

using condition = pending_call::condition;

constexpr int most_told = 64; // events of one epoll_wait()

int64_t deadline_after(int milliseconds)
{
    return milliseconds < 0 ? never : now + int64_t{milliseconds} * 1'000'000;
}

int64_t deadline_after(const timespec* time)
{
    return time == nullptr ? never
                           : now + time->tv_sec * world::nanoseconds_per_second + time->tv_nsec;
}

// A wait until the deadline, or a look if that is now. False: it was interrupted.
bool wait_or_look(const pending_call& call)
{
    if (call.deadline <= now) {
        enter(call);
        return true;
    }
    return await(call) != -EINTR;
}

long poll_until(const char* name, pollfd* list, nfds_t count, int64_t deadline)
{
    for (nfds_t i = 0; i < count; ++i) {
        check_ours(name, list[i].fd);
    }
    if (!wait_or_look({.name = name,
                       .waits_for = condition::polls,
                       .list = list,
                       .listed = count,
                       .deadline = deadline})) {
        return leave(-EINTR, "%s()", name);
    }
    const world::outcome ready = world::poll(list, count);
    int first = -1;
    for (nfds_t i = 0; i < count; ++i) {
        if (list[i].revents != 0) {
            learn_from(world::file_behind(list[i].fd));
            first = first < 0 ? list[i].fd : first;
        }
    }
    return ready == 0 ? leave(0, "%s(): nothing", name)
                      : leave(ready, "%s(): %d%s", name, first, ready > 1 ? " ..." : "");
}

// select() is poll() with another list.
long select_until(const char* name, int count, fd_set* in, fd_set* out, fd_set* other,
                  int64_t deadline)
{
    pollfd list[FD_SETSIZE];
    nfds_t listed = 0;
    for (int i = 0; i < count && i < FD_SETSIZE; ++i) {
        short events = 0;
        events |= in != nullptr && FD_ISSET(i, in) ? POLLIN | POLLRDNORM | POLLRDBAND : 0;
        events |= out != nullptr && FD_ISSET(i, out) ? POLLOUT | POLLWRNORM | POLLWRBAND : 0;
        events |= other != nullptr && FD_ISSET(i, other) ? POLLPRI : 0;
        if (events != 0) {
            check_ours(name, i);
            list[listed++] = {i, events, 0};
        }
    }
    if (!wait_or_look({.name = name,
                       .waits_for = condition::polls,
                       .list = list,
                       .listed = listed,
                       .deadline = deadline})) {
        return leave(-EINTR, "%s()", name);
    }
    const world::outcome ready = world::select(count, in, out, other);
    for (nfds_t i = 0; ready > 0 && i < listed; ++i) {
        learn_from(world::file_behind(list[i].fd));
    }
    return leave(ready, "%s(): %ld", name, ready);
}

void refuse_mask(const char* name, const sigset_t* mask)
{
    if (mask != nullptr) {
        world::what_is_missing = name;
        leave(world::not_modeled, "%s", name);
    }
}

long ppoll_until(pollfd* list, nfds_t count, const timespec* time, const sigset_t* mask)
{
    refuse_mask("ppoll() with a signal mask", mask);
    return poll_until("ppoll", list, count, deadline_after(time));
}

long pselect_until(int count, fd_set* in, fd_set* out, fd_set* other, const timespec* time,
                   const sigset_t* mask)
{
    refuse_mask("pselect() with a signal mask", mask);
    return select_until("pselect", count, in, out, other, deadline_after(time));
}

long select_for(int count, fd_set* in, fd_set* out, fd_set* other, timeval* time)
{
    const int64_t deadline =
        time == nullptr ? never
                        : now + time->tv_sec * world::nanoseconds_per_second + time->tv_usec * 1000;
    const long ready = select_until("select", count, in, out, other, deadline);
    if (time != nullptr) { // Linux says how much is left
        const int64_t left = deadline > now ? deadline - now : 0;
        *time = {left / world::nanoseconds_per_second, left % world::nanoseconds_per_second / 1000};
    }
    return ready;
}

long create_epoll(int flags)
{
    enter({.name = "epoll_create", .shapes = true});
    const world::outcome made = world::epoll_create(flags);
    open_descriptor(made);
    return leave(made, "epoll_create() = %ld", made);
}

long create_sized_epoll(int size)
{
    return size > 0 ? create_epoll(0) : leave(-EINVAL, "epoll_create()");
}

long control_epoll(int fd, int what, int watched, epoll_event* event)
{
    check_ours("epoll_ctl", fd);
    check_ours("epoll_ctl", watched);
    const pollfd target = {watched, 0, 0};
    enter({.name = "epoll_ctl", .descriptor = fd, .shapes = true, .list = &target, .listed = 1});
    publish_to(world::file_behind(fd));
    const world::outcome result = world::epoll_ctl(fd, what, watched, event);
    constexpr const char* ways[] = {"?", "add", "del", "mod"};
    return leave(result, "epoll_ctl(%d, %s %d)", fd, ways[what > 0 && what < 4 ? what : 0],
                 watched);
}

long wait_epoll(int fd, epoll_event* list, int most, int milliseconds)
{
    check_ours("epoll_wait", fd);
    const int64_t deadline = deadline_after(milliseconds);
    if (!wait_or_look({.name = "epoll_wait",
                       .descriptor = fd,
                       .waits_for = condition::reports,
                       .deadline = deadline})) {
        return leave(-EINTR, "epoll_wait(%d)", fd);
    }
    int told_of[most_told];
    const int limit = most < most_told ? most : most_told;
    const world::outcome told = world::epoll_wait(fd, list, limit, told_of);
    if (told > 0) {
        learn_from(world::file_behind(fd));
        plain_access(list, sizeof *list * static_cast<size_t>(told), true);
    }
    for (world::outcome i = 0; i < told; ++i) {
        learn_from(told_of[i]);
    }
    return told == 0 ? leave(0, "epoll_wait(%d): nothing", fd)
                     : leave(told, "epoll_wait(%d): %ld", fd, told);
}

long pwait_epoll(int fd, epoll_event* list, int most, int milliseconds, const sigset_t* mask)
{
    refuse_mask("epoll_pwait() with a signal mask", mask);
    return wait_epoll(fd, list, most, milliseconds);
}

} // namespace

WORLD_CALL(int, poll, (pollfd * list, nfds_t count, int timeout), (list, count, timeout),
           poll_until("poll", list, count, deadline_after(timeout)))
WORLD_CALL(int, ppoll, (pollfd * list, nfds_t count, const timespec* time, const sigset_t* mask),
           (list, count, time, mask), ppoll_until(list, count, time, mask))
WORLD_CALL(int, select, (int count, fd_set* in, fd_set* out, fd_set* other, timeval* time),
           (count, in, out, other, time), select_for(count, in, out, other, time))
WORLD_CALL(int, pselect,
           (int count, fd_set* in, fd_set* out, fd_set* other, const timespec* time,
            const sigset_t* mask),
           (count, in, out, other, time, mask), pselect_until(count, in, out, other, time, mask))

WORLD_OPENS(epoll_create, (int size), (size), create_sized_epoll(size), nullptr, noexcept)
WORLD_OPENS(epoll_create1, (int flags), (flags), create_epoll(flags), nullptr, noexcept)
WORLD_CALL(int, epoll_ctl, (int fd, int what, int watched, epoll_event* event),
           (fd, what, watched, event), control_epoll(fd, what, watched, event), noexcept)
WORLD_CALL(int, epoll_wait, (int fd, epoll_event* list, int most, int timeout),
           (fd, list, most, timeout), wait_epoll(fd, list, most, timeout))
WORLD_CALL(int, epoll_pwait,
           (int fd, epoll_event* list, int most, int timeout, const sigset_t* mask),
           (fd, list, most, timeout, mask), pwait_epoll(fd, list, most, timeout, mask))
