// Sending and receiving under a schedule. The memory that is sent or filled is read or written by
// the calling thread like any other: another thread's access to it at the same time is a race.
//
// SPDX-License-Identifier: MIT
#include "explore/world/transfer.hpp"

#include <errno.h>
#include <stdio.h>
#include <string.h>

namespace explorer::runtime {
namespace {

using condition = pending_call::condition;
using world::outcome;

constexpr int most_parts = 64;

// What is left of the parts after so many bytes.
struct rest {
    iovec parts[most_parts];
    int count;

    rest(const iovec* from, int all) : count(all)
    {
        memcpy(parts, from, sizeof(iovec) * static_cast<size_t>(all));
    }

    void drop(size_t size)
    {
        int first = 0;
        while (first < count && size >= parts[first].iov_len) {
            size -= parts[first++].iov_len;
        }
        count -= first;
        memmove(parts, parts + first, sizeof(iovec) * static_cast<size_t>(count));
        if (size > 0) {
            parts[0] = {static_cast<char*>(parts[0].iov_base) + size, parts[0].iov_len - size};
        }
    }
};

void touch_parts(const iovec* parts, int count, size_t size, bool writes)
{
    for (int i = 0; i < count && size > 0; ++i) {
        const size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;
        if (part > 0) {
            plain_access(parts[i].iov_base, part, writes);
        }
        size -= part;
    }
}

// The first bytes, for people: "<1>\n".
struct excerpt {
    char text[24];

    excerpt(const iovec* parts, int count, outcome size)
    {
        size_t at = 0;
        text[at++] = '"';
        for (int i = 0; i < count && size > 0 && at < sizeof text - 6; ++i) {
            const char* bytes = static_cast<const char*>(parts[i].iov_base);
            for (size_t k = 0; k < parts[i].iov_len && size > 0 && at < sizeof text - 6; ++k) {
                at += add(text + at, bytes[k]);
                --size;
            }
        }
        text[at++] = size > 0 ? '~' : '"';
        text[at] = '\0';
    }

    static size_t add(char* to, char byte)
    {
        if (byte >= ' ' && byte < 127) {
            *to = byte;
            return 1;
        }
        if (byte == '\n') {
            memcpy(to, "\\n", 2);
            return 2;
        }
        constexpr const char* digits = "0123456789abcdef";
        memcpy(to, "\\x", 2);
        to[2] = digits[static_cast<unsigned char>(byte) >> 4];
        to[3] = digits[static_cast<unsigned char>(byte) & 15];
        return 4;
    }
};

void check_parts(const char* name, int count)
{
    if (count < 0 || count > most_parts) {
        fail_at(note(op::raised), 0, "misuse",
                "T%d calls %s() with %d pieces: the explorer's model has at most %d", self->id,
                name, count, most_parts);
    }
}

bool may_wait(int descriptor, int flags)
{
    return !world::is_nonblocking(descriptor) && (flags & MSG_DONTWAIT) == 0;
}

long leave_with(outcome result, const char* name, int descriptor, const iovec* parts, int count)
{
    if (result <= 0) {
        return leave(result, "%s(%d)%s", name, descriptor, result == 0 ? ": the end" : "");
    }
    if (world::is_number(descriptor)) {
        uint64_t value = 0;
        memcpy(&value, parts->iov_base, sizeof value);
        return leave(result, "%s(%d) %llu", name, descriptor,
                     static_cast<unsigned long long>(value));
    }
    return leave(result, "%s(%d) %ld %s", name, descriptor, result,
                 recording ? excerpt(parts, count, result).text : "");
}

} // namespace

long receive_into(const char* name, int descriptor, world::entrance by, const iovec* parts,
                  int count, int flags)
{
    check_ours(name, descriptor);
    check_parts(name, count);
    const bool waits = may_wait(descriptor, flags);
    const int64_t patience = by == world::entrance::file && !world::is_socket(descriptor)
                                 ? never
                                 : world::receive_timeout(descriptor);
    rest left(parts, count);
    const size_t wanted = world::size_of(parts, count);
    outcome all = 0;
    for (;;) {
        const pending_call call = {name,    descriptor, condition::receives,
                                   by,      left.parts, left.count,
                                   nullptr, 0,          patience == never ? never : now + patience};
        if (!waits) {
            enter(call);
        }
        const bool in_time = !waits || await(call);
        const outcome got =
            in_time ? world::receive(descriptor, by, left.parts, left.count, flags) : -EAGAIN;
        learn_from(world::file_behind(descriptor));
        if (got > 0) {
            touch_parts(left.parts, left.count, static_cast<size_t>(got), true);
            left.drop(static_cast<size_t>(got));
            all += got;
        }
        const bool more = (flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0 && waits;
        if (got <= 0 || !more || all == static_cast<outcome>(wanted)) {
            return leave_with(all > 0 ? all : got, name, descriptor, parts, count);
        }
        leave_silently();
    }
}

long send_from(const char* name, int descriptor, world::entrance by, const iovec* parts, int count,
               int flags, bool named)
{
    check_ours(name, descriptor);
    check_parts(name, count);
    const bool waits = may_wait(descriptor, flags);
    const int64_t patience = world::send_timeout(descriptor);
    rest left(parts, count);
    const size_t wanted = world::size_of(parts, count);
    touch_parts(parts, count, wanted, false);
    outcome all = 0;
    for (;;) {
        const pending_call call = {name,    descriptor, condition::sends,
                                   by,      left.parts, left.count,
                                   nullptr, 0,          patience == never ? never : now + patience};
        if (!waits) {
            enter(call);
        }
        const bool in_time = !waits || await(call);
        const int own = world::file_behind(descriptor);
        const int other = world::file_at_other_end(descriptor);
        publish_to(other != 0 ? other : own);
        const outcome sent =
            in_time ? world::send(descriptor, by, left.parts, left.count, flags, named) : -EAGAIN;
        if (sent > 0) {
            left.drop(static_cast<size_t>(sent));
            all += sent;
        }
        if (sent <= 0 || !waits || all == static_cast<outcome>(wanted)) {
            return leave_with(all > 0 ? all : sent, name, descriptor, parts, count);
        }
        leave_silently();
    }
}

} // namespace explorer::runtime
