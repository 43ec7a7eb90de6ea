// Bytes on their way: TCP, local socket pairs and pipes. What was sent lies in the receiving end's
// ring until it is read; when that is full the sender waits.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

namespace explorer::world {
namespace {

constexpr size_t atomic_write = 4096; // PIPE_BUF: what a pipe takes whole or not at all
constexpr unsigned in_pipe = EPOLLIN | EPOLLRDNORM;
constexpr unsigned outgoing = EPOLLOUT | EPOLLWRNORM;
constexpr int known_flags = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_WAITALL | MSG_CMSG_CLOEXEC;

size_t room_in(const ring& one)
{
    return ring_size - one.used;
}

// The bytes come out of the ring, as many as `size`; there are so many. Or they stay there.
void take(ring& from, const iovec* to, int count, size_t size, bool stay)
{
    uint32_t at = from.begin;
    const auto all = static_cast<uint32_t>(size);
    for (int i = 0; i < count && size > 0; ++i) {
        for (size_t k = 0; k < to[i].iov_len && size > 0;) {
            size_t part = to[i].iov_len - k;
            part = part < size ? part : size;
            part = part < ring_size - at ? part : ring_size - at;
            memcpy(static_cast<char*>(to[i].iov_base) + k, from.bytes + at, part);
            at = static_cast<uint32_t>((at + part) % ring_size);
            k += part;
            size -= part;
        }
    }
    if (!stay) {
        from.begin = at;
        from.used -= all;
    }
}

// Why there is nothing to receive.
outcome nothing_in_tcp(file& one)
{
    if (one.got_the_end) {
        return 0;
    }
    if (one.error != 0) {
        return -take_error(one);
    }
    if ((one.shut & no_more_in) != 0) {
        return 0;
    }
    return one.state == tcp_state::closed ? -ENOTCONN : -EAGAIN;
}

outcome nothing_in_local(file& one)
{
    if (one.error != 0) {
        return -take_error(one);
    }
    return (one.shut & no_more_in) != 0 ? 0 : -EAGAIN;
}

outcome nothing_in(file& one)
{
    switch (one.is) {
    case kind::tcp:
        return nothing_in_tcp(one);
    case kind::local:
        return nothing_in_local(one);
    default:
        return one.other == nullptr ? 0 : -EAGAIN;
    }
}

// Those at the other end may have waited for room.
void tell_of_room(file& one, size_t was_used)
{
    if (one.other == nullptr) {
        return;
    }
    const bool was_full = one.is == kind::pipe_reader ? ring_size - was_used < atomic_write
                                                      : was_used > ring_size / 3 * 2;
    if (one.is == kind::local || was_full) {
        wake(*one.other, outgoing);
    }
}

outcome receive_bytes(file& one, const iovec* to, int count, int flags)
{
    if (one.is == kind::tcp && one.state == tcp_state::listening) {
        return -ENOTCONN;
    }
    const size_t wanted = size_of(to, count);
    const size_t used = one.in.used;
    if (used == 0) {
        return nothing_in(one);
    }
    const size_t size = wanted < used ? wanted : used;
    const bool stay = (flags & MSG_PEEK) != 0;
    take(one.in, to, count, size, stay);
    if (!stay && size > 0) {
        tell_of_room(one, used);
    }
    return static_cast<outcome>(size);
}

outcome send_tcp(file& one, const iovec* from, int count, int flags)
{
    const bool connected =
        one.state == tcp_state::established || one.state == tcp_state::close_wait;
    if (one.error != 0) {
        const int error = take_error(one);
        return error == EPIPE ? broken_pipe(flags) : -error;
    }
    if (!connected && one.state == tcp_state::connecting) {
        return -EAGAIN;
    }
    if (!connected || (one.shut & no_more_out) != 0) {
        return broken_pipe(flags);
    }
    const size_t wanted = size_of(from, count);
    const size_t room = one.other == nullptr ? ring_size : room_in(one.other->in);
    const size_t size = wanted < room ? wanted : room;
    if (size == 0) {
        return wanted == 0 ? 0 : -EAGAIN;
    }
    arrive(one, from, count, size);
    return static_cast<outcome>(size);
}

outcome send_local(file& one, const iovec* from, int count, int flags)
{
    if ((one.shut & no_more_out) != 0) {
        return broken_pipe(flags);
    }
    const size_t wanted = size_of(from, count);
    if (wanted == 0) {
        return 0;
    }
    const size_t room = room_in(one.other->in);
    if (room == 0) {
        return -EAGAIN;
    }
    const size_t size = wanted < room ? wanted : room;
    put(one.other->in, from, count, size);
    wake(*one.other, came_in);
    return static_cast<outcome>(size);
}

outcome write_pipe(file& one, const iovec* from, int count)
{
    const size_t wanted = size_of(from, count);
    if (wanted == 0) {
        return 0;
    }
    if (one.other == nullptr) {
        return broken_pipe(0);
    }
    const size_t room = room_in(one.other->in);
    if (room == 0 || (wanted <= atomic_write && room < wanted)) {
        return -EAGAIN;
    }
    const size_t size = wanted < room ? wanted : room;
    put(one.other->in, from, count, size);
    wake(*one.other, in_pipe);
    return static_cast<outcome>(size);
}

// Whether the descriptor can be used so at all; else why not.
outcome check(const file* one, entrance by, int flags)
{
    if (one == nullptr) {
        return -EBADF;
    }
    if (by == entrance::socket && one->is != kind::tcp && one->is != kind::local) {
        return -ENOTSOCK;
    }
    return (flags & ~known_flags) != 0 ? missing("send() or recv() with this flag") : 0;
}

} // namespace

size_t size_of(const iovec* list, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; ++i) {
        size += list[i].iov_len;
    }
    return size;
}

void put(ring& into, const iovec* from, int count, size_t size)
{
    for (int i = 0; i < count && size > 0; ++i) {
        for (size_t k = 0; k < from[i].iov_len && size > 0;) {
            const uint32_t at = (into.begin + into.used) % ring_size;
            size_t part = from[i].iov_len - k;
            part = part < size ? part : size;
            part = part < ring_size - at ? part : ring_size - at;
            memcpy(into.bytes + at, static_cast<const char*>(from[i].iov_base) + k, part);
            into.used += static_cast<uint32_t>(part);
            k += part;
            size -= part;
        }
    }
}

outcome broken_pipe(int flags)
{
    sigpipe = (flags & MSG_NOSIGNAL) == 0;
    return -EPIPE;
}

bool raised_sigpipe()
{
    return sigpipe;
}

void close_local(file& one)
{
    if (file* other = one.other; other != nullptr) {
        other->shut = shut_both;
        if (one.in.used > 0) {
            other->error = ECONNRESET;
        }
        other->other = nullptr;
        wake(*other);
    }
}

void close_pipe(file& one)
{
    if (file* other = one.other; other != nullptr) {
        other->other = nullptr;
        if (one.is == kind::pipe_reader) {
            other->in.used = one.in.used; // they stay, but nobody can read them any more
        }
        wake(*other, (one.is == kind::pipe_writer ? in_pipe : outgoing) | EPOLLERR | EPOLLHUP);
    }
}

outcome receive(int descriptor, entrance by, const iovec* to, int count, int flags)
{
    file* one = file_of(descriptor);
    if (const outcome problem = check(one, by, flags); problem != 0) {
        return problem;
    }
    switch (one->is) {
    case kind::counter:
        return read_counter(*one, to, count);
    case kind::timer:
        return read_timer(*one, to, count);
    case kind::pipe_writer:
        return -EBADF;
    case kind::epoll:
        return -EINVAL;
    default:
        break;
    }
    if (by == entrance::file && size_of(to, count) == 0) {
        return 0;
    }
    return receive_bytes(*one, to, count, flags);
}

outcome send(int descriptor, entrance by, const iovec* from, int count, int flags, bool named)
{
    file* one = file_of(descriptor);
    if (const outcome problem = check(one, by, flags); problem != 0) {
        return problem;
    }
    switch (one->is) {
    case kind::counter:
        return write_counter(*one, from, count);
    case kind::pipe_writer:
        return write_pipe(*one, from, count);
    case kind::pipe_reader:
        return -EBADF;
    case kind::tcp:
        return send_tcp(*one, from, count, flags);
    case kind::local:
        return named ? -EISCONN : send_local(*one, from, count, flags);
    default:
        return -EINVAL;
    }
}

bool can_receive(int descriptor, entrance by, size_t size)
{
    const file* one = file_of(descriptor);
    if (check(one, by, 0) != 0 || (by == entrance::file && size == 0)) {
        return true;
    }
    const bool ended = (one->shut & no_more_in) != 0 || one->error != 0;
    switch (one->is) {
    case kind::tcp:
        return one->in.used > 0 || ended || one->state == tcp_state::closed ||
               one->state == tcp_state::listening;
    case kind::local:
        return one->in.used > 0 || ended;
    case kind::pipe_reader:
        return one->in.used > 0 || one->other == nullptr;
    case kind::counter:
    case kind::timer:
        return one->count > 0 || size < sizeof one->count;
    default:
        return true;
    }
}

bool can_send(int descriptor, entrance by, const iovec* from, int count)
{
    const file* one = file_of(descriptor);
    if (check(one, by, 0) != 0) {
        return true;
    }
    const size_t size = size_of(from, count);
    const bool has_room = one->other == nullptr || room_in(one->other->in) > 0 || size == 0;
    switch (one->is) {
    case kind::tcp:
        return one->error != 0 || (one->state != tcp_state::connecting && has_room) ||
               (one->shut & no_more_out) != 0;
    case kind::local:
        return has_room || (one->shut & no_more_out) != 0;
    case kind::pipe_writer:
        return has_room &&
               (one->other == nullptr || size > atomic_write || room_in(one->other->in) >= size);
    case kind::counter:
        return can_add(*one, from, count);
    default:
        return true;
    }
}

} // namespace explorer::world
