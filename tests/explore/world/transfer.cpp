// Sending and receiving under a schedule. The memory that is sent or filled is read or written by
// the calling thread like any other: another thread's access to it at the same time is a race.
//
// SPDX-License-Identifier: MIT
#include "explore/world/transfer.hpp"

#include "explore/world/mishaps.hpp"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

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

    void keep_first_byte()
    {
        drop(0);
        parts[0].iov_len = 1;
        count = 1;
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

// One call on its way: it may take several steps.
struct transfer {
    const char* name;
    int descriptor;
    world::entrance by;
    bool waits;
    int64_t patience;
    size_t wanted;
    outcome all; // that was moved so far
    bool cut;    // and that is all of it, although there could be more
    rest left;

    transfer(const char* call, int number, world::entrance entry, const iovec* parts, int count,
             int flags, int64_t time)
        : name(call),
          descriptor(number),
          by(entry),
          waits(!world::is_nonblocking(number) && (flags & MSG_DONTWAIT) == 0),
          patience(time),
          wanted(world::size_of(parts, count)),
          all(0),
          cut(false),
          left(parts, count)
    {}
};

// The step before the next part, with whatever befalls it. 0, or what is the matter.
outcome approach(transfer& one, condition what)
{
    const int64_t deadline = one.patience == never ? never : now + one.patience;
    const pending_call call = {.name = one.name,
                               .descriptor = one.descriptor,
                               .waits_for = what,
                               .by = one.by,
                               .parts = one.left.parts,
                               .count = one.left.count,
                               .deadline = deadline};
    if (!one.waits) {
        enter(call);
    } else if (const outcome problem = await(call); problem != 0) {
        return problem;
    }
    if (world::is_connected(one.descriptor) && befalls(mishap::reset)) {
        world::break_connection(one.descriptor);
    } else if (world::is_connected(one.descriptor) && befalls(mishap::silence)) {
        world::silence_connection(one.descriptor);
    }
    int there = 2;
    if (what == condition::receives) {
        there = 0;
        world::ioctl(one.descriptor, FIONREAD, &there);
    }
    if (there > 1 && !world::is_number(one.descriptor) && one.wanted > 1 &&
        world::size_of(one.left.parts, one.left.count) > 1 && befalls(mishap::short_transfer)) {
        one.left.keep_first_byte();
        one.cut = true;
    }
    return 0;
}

// Counts what was moved. Whether there is more to do.
bool goes_on(transfer& one, outcome moved, bool all_or_nothing)
{
    if (moved > 0) {
        one.left.drop(static_cast<size_t>(moved));
        one.all += moved;
    }
    return moved > 0 && all_or_nothing && one.waits && !one.cut &&
           one.all != static_cast<outcome>(one.wanted);
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
    transfer one(name, descriptor, by, parts, count, flags, world::receive_timeout(descriptor));
    const bool all_or_nothing = (flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0;
    for (;;) {
        outcome got = approach(one, condition::receives);
        if (got == 0) {
            got = world::receive(descriptor, by, one.left.parts, one.left.count, flags);
            learn_from(world::file_behind(descriptor));
        }
        if (got > 0) {
            touch_parts(one.left.parts, one.left.count, static_cast<size_t>(got), true);
        }
        if (!goes_on(one, got, all_or_nothing)) {
            return leave_with(one.all > 0 ? one.all : got, name, descriptor, parts, count);
        }
        leave_silently();
    }
}

long send_from(const char* name, int descriptor, world::entrance by, const iovec* parts, int count,
               int flags, bool named)
{
    check_ours(name, descriptor);
    check_parts(name, count);
    transfer one(name, descriptor, by, parts, count, flags, world::send_timeout(descriptor));
    touch_parts(parts, count, one.wanted, false);
    for (;;) {
        outcome sent = approach(one, condition::sends);
        if (sent == 0) {
            const int other = world::file_at_other_end(descriptor);
            publish_to(other != 0 ? other : world::file_behind(descriptor));
            sent = world::send(descriptor, by, one.left.parts, one.left.count, flags, named);
            if (world::next_timer_of(descriptor) != never) {
                timers_changed(); // it will give up some day
            }
        }
        if (!goes_on(one, sent, true)) {
            return leave_with(one.all > 0 ? one.all : sent, name, descriptor, parts, count);
        }
        leave_silently();
    }
}

} // namespace explorer::runtime
