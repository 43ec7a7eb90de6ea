// The socket calls. Inside a schedule they go to the simulated kernel; a call that blocks until all
// is sent or received is a step for each part, so that others may come in between.
//
// SPDX-License-Identifier: MIT
#include "explore/world/mishaps.hpp"
#include "explore/world/transfer.hpp"

#include <errno.h>
#include <stdio.h>
#include <string.h>

using namespace explorer;
using namespace explorer::runtime;

namespace {

using condition = pending_call::condition;

long open_socket(int domain, int type, int protocol)
{
    enter({.name = "socket", .shapes = true});
    const bool none_left = world::somebody_listens() && befalls(mishap::socket_failure);
    const world::outcome made = none_left ? -EMFILE : world::socket(domain, type, protocol);
    open_descriptor(made);
    return made < 0 ? leave(made, "socket()") : leave(made, "socket() = %ld", made);
}

long open_pair(int domain, int type, int protocol, int* ends)
{
    enter({.name = "socketpair", .shapes = true});
    const world::outcome made = world::socketpair(domain, type, protocol, ends);
    open_descriptor(made == 0 ? ends[0] : made);
    open_descriptor(made == 0 ? ends[1] : made);
    return leave(made, "socketpair() = %d, %d", made == 0 ? ends[0] : -1, made == 0 ? ends[1] : -1);
}

int64_t deadline_after(int64_t patience)
{
    return patience == never ? never : now + patience;
}

long accept_on(const char* name, int fd, sockaddr* from, socklen_t* size, int flags)
{
    check_ours(name, fd);
    const pending_call call = {.name = name,
                               .descriptor = fd,
                               .waits_for = condition::accepts,
                               .shapes = true,
                               .deadline = deadline_after(world::receive_timeout(fd))};
    world::outcome made = 0;
    if (world::is_nonblocking(fd)) {
        enter(call);
    } else {
        made = await(call);
    }
    if (made == 0 && befalls(mishap::accept_failure)) {
        made = -EMFILE;
    }
    if (made == 0) {
        made = world::accept(fd, from, size, flags);
    }
    if (made >= 0) {
        open_descriptor(made);
        learn_from(world::file_behind(static_cast<int>(made)));
    }
    return made < 0 ? leave(made, "%s(%d)", name, fd) : leave(made, "%s(%d) = %ld", name, fd, made);
}

long connect_to(int fd, const sockaddr* to, socklen_t size)
{
    check_ours("connect", fd);
    const bool waits = !world::is_nonblocking(fd);
    const pending_call call = {.name = "connect",
                               .descriptor = fd,
                               .waits_for = condition::connects,
                               .shapes = true,
                               .deadline = deadline_after(world::send_timeout(fd))};
    enter(call);
    if (befalls(mishap::refusal)) {
        world::refuse_next();
    } else if (befalls(mishap::hang)) {
        world::hang_next();
    }
    world::outcome result = world::connect(fd, to, size, waits);
    timers_changed(); // it may give up some day
    if (waits && result == -EINPROGRESS && await(call) == 0) {
        result = world::connect(fd, to, size, waits);
    }
    publish_to(world::file_at_other_end(fd));
    return leave(result, "connect(%d)", fd);
}

long shut_down(int fd, int how)
{
    check_ours("shutdown", fd);
    enter({.name = "shutdown", .descriptor = fd, .shapes = true});
    publish_to(world::file_behind(fd));
    publish_to(world::file_at_other_end(fd));
    const world::outcome result = world::shutdown(fd, how);
    constexpr const char* ways[] = {"in", "out", "both"};
    return leave(result, "shutdown(%d, %s)", fd, how >= 0 && how < 3 ? ways[how] : "?");
}

long receive_message(int fd, msghdr* message, int flags)
{
    const long got = receive_into("recvmsg", fd, world::entrance::socket, message->msg_iov,
                                  static_cast<int>(message->msg_iovlen), flags);
    if (got >= 0) {
        message->msg_namelen = 0;
        message->msg_controllen = 0;
        message->msg_flags = 0;
    }
    return got;
}

long send_message(int fd, const msghdr* message, int flags)
{
    if (message->msg_controllen != 0) {
        world::what_is_missing = "sendmsg() with control data";
        return leave(world::not_modeled, "sendmsg(%d)", fd);
    }
    return send_from("sendmsg", fd, world::entrance::socket, message->msg_iov,
                     static_cast<int>(message->msg_iovlen), flags, message->msg_namelen != 0);
}

long receive_one(const char* name, int fd, void* to, size_t size, int flags)
{
    const iovec part = {to, size};
    return receive_into(name, fd, world::entrance::socket, &part, 1, flags);
}

long receive_from(int fd, void* to, size_t size, int flags, sockaddr* from, socklen_t* length)
{
    const long got = receive_one("recvfrom", fd, to, size, flags);
    if (got >= 0 && from != nullptr) {
        *length = 0; // a stream does not say
    }
    return got;
}

long send_one(const char* name, int fd, const void* from, size_t size, int flags, bool named)
{
    const iovec part = {const_cast<void*>(from), size};
    return send_from(name, fd, world::entrance::socket, &part, 1, flags, named);
}

long set_option(int fd, int level, int name, const void* value, socklen_t size)
{
    return simple_call("setsockopt", fd, false, [=] {
        if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
            touch_way_of_waiting(fd, touching::writes);
        }
        return world::setsockopt(fd, level, name, value, size);
    });
}

} // namespace

WORLD_OPENS(socket, (int domain, int type, int protocol), (domain, type, protocol),
            open_socket(domain, type, protocol), nullptr, noexcept)
WORLD_OPENS(socketpair, (int domain, int type, int protocol, int* ends),
            (domain, type, protocol, ends), open_pair(domain, type, protocol, ends), ends, noexcept)
WORLD_CALL(int, bind, (int fd, const sockaddr* to, socklen_t size), (fd, to, size),
           simple_call("bind", fd, true, [=] { return world::bind(fd, to, size); }), noexcept)
WORLD_CALL(int, listen, (int fd, int backlog), (fd, backlog),
           simple_call("listen", fd, true, [=] { return world::listen(fd, backlog); }), noexcept)
WORLD_OPENS(accept, (int fd, sockaddr* from, socklen_t* size), (fd, from, size),
            accept_on("accept", fd, from, size, 0), nullptr)
WORLD_OPENS(accept4, (int fd, sockaddr* from, socklen_t* size, int flags), (fd, from, size, flags),
            accept_on("accept4", fd, from, size, flags), nullptr)
WORLD_CALL(int, connect, (int fd, const sockaddr* to, socklen_t size), (fd, to, size),
           connect_to(fd, to, size))
WORLD_CALL(int, shutdown, (int fd, int how), (fd, how), shut_down(fd, how), noexcept)
WORLD_CALL(int, getsockname, (int fd, sockaddr* out, socklen_t* size), (fd, out, size),
           simple_call("getsockname", fd, false, [=] { return world::getsockname(fd, out, size); }),
           noexcept)
WORLD_CALL(int, getpeername, (int fd, sockaddr* out, socklen_t* size), (fd, out, size),
           simple_call("getpeername", fd, false, [=] { return world::getpeername(fd, out, size); }),
           noexcept)
WORLD_CALL(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t size),
           (fd, level, name, value, size), set_option(fd, level, name, value, size), noexcept)
WORLD_CALL(int, getsockopt, (int fd, int level, int name, void* value, socklen_t* size),
           (fd, level, name, value, size),
           simple_call("getsockopt", fd, false,
                       [=] { return world::getsockopt(fd, level, name, value, size); }),
           noexcept)

WORLD_CALL(ssize_t, recv, (int fd, void* to, size_t size, int flags), (fd, to, size, flags),
           receive_one("recv", fd, to, size, flags))
WORLD_CALL(ssize_t, recvfrom,
           (int fd, void* to, size_t size, int flags, sockaddr* from, socklen_t* length),
           (fd, to, size, flags, from, length), receive_from(fd, to, size, flags, from, length))
WORLD_CALL(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags),
           receive_message(fd, message, flags))
WORLD_CALL(ssize_t, send, (int fd, const void* from, size_t size, int flags),
           (fd, from, size, flags), send_one("send", fd, from, size, flags, false))
WORLD_CALL(ssize_t, sendto,
           (int fd, const void* from, size_t size, int flags, const sockaddr* to, socklen_t length),
           (fd, from, size, flags, to, length),
           send_one("sendto", fd, from, size, flags, to != nullptr))
WORLD_CALL(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags),
           send_message(fd, message, flags))
