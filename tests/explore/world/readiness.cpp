// What poll() and its relatives see of a descriptor. A socket that was never connected "hangs up",
// one that got the other's end is readable for ever, an error makes it readable and writable: all
// of this as Linux has it.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <errno.h>

namespace explorer::world {
namespace {

constexpr unsigned readable = EPOLLIN | EPOLLRDNORM;
constexpr unsigned writable = EPOLLOUT | EPOLLWRNORM;
constexpr unsigned always_told = POLLERR | POLLHUP | POLLNVAL; // told whether asked for or not
constexpr uint32_t page = 4096; // a pipe is writable while one is free

unsigned readiness_of_tcp(const file& one)
{
    if (one.state == tcp_state::listening) {
        return one.next_queued != nullptr ? readable : 0;
    }
    unsigned mask = one.error != 0 ? EPOLLERR : 0u;
    if (one.shut == shut_both || one.state == tcp_state::closed) {
        mask |= EPOLLHUP;
    }
    if ((one.shut & no_more_in) != 0) {
        mask |= readable | EPOLLRDHUP;
    }
    if (one.state == tcp_state::connecting) {
        return mask;
    }
    if (one.in.used > 0) {
        mask |= readable;
    }
    const uint32_t on_its_way = one.other != nullptr ? one.other->in.used : 0;
    if ((one.shut & no_more_out) != 0 || on_its_way <= ring_size / 3 * 2) {
        mask |= writable;
    }
    return mask;
}

unsigned readiness_of_local(const file& one)
{
    unsigned mask = one.error != 0 ? EPOLLERR : 0u;
    if (one.shut == shut_both) {
        mask |= EPOLLHUP;
    }
    if ((one.shut & no_more_in) != 0) {
        mask |= readable | EPOLLRDHUP;
    }
    if (one.in.used > 0) {
        mask |= readable;
    }
    if (one.other == nullptr || one.other->in.used <= ring_size / 4) {
        mask |= writable | EPOLLWRBAND;
    }
    return mask;
}

unsigned readiness_of_pipe(const file& one)
{
    if (one.is == kind::pipe_reader) {
        return (one.in.used > 0 ? readable : 0u) | (one.other == nullptr ? EPOLLHUP : 0u);
    }
    if (one.other == nullptr) {
        return writable | EPOLLERR;
    }
    return ring_size - one.other->in.used >= page ? writable : 0u;
}

unsigned readiness_of_counter(const file& one)
{
    return (one.count > 0 ? EPOLLIN : 0u) | (one.count == UINT64_MAX ? EPOLLERR : 0u) |
           (UINT64_MAX - 1 > one.count ? EPOLLOUT : 0u);
}

// To look at an epoll instance changes it a little.
unsigned looked_at(int descriptor)
{
    const file* one = file_of(descriptor);
    if (one != nullptr && one->is == kind::epoll) {
        drop_idle(*one);
    }
    return world::readiness(descriptor);
}

bool is_in(const fd_set* set, int descriptor)
{
    return set != nullptr && FD_ISSET(descriptor, set);
}

} // namespace

unsigned readiness_of(const file& one)
{
    switch (one.is) {
    case kind::none:
        break;
    case kind::tcp:
        return readiness_of_tcp(one);
    case kind::local:
        return readiness_of_local(one);
    case kind::pipe_reader:
    case kind::pipe_writer:
        return readiness_of_pipe(one);
    case kind::counter:
        return readiness_of_counter(one);
    case kind::timer:
        return one.count > 0 ? EPOLLIN : 0u;
    case kind::epoll:
        return has_reports(one) ? readable : 0u;
    }
    return POLLNVAL;
}

unsigned readiness(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr ? POLLNVAL : readiness_of(*one);
}

outcome poll(pollfd* list, nfds_t count)
{
    outcome ready = 0;
    for (nfds_t i = 0; i < count; ++i) {
        pollfd& one = list[i];
        const unsigned asked = static_cast<unsigned short>(one.events) | always_told;
        one.revents = one.fd < 0 ? short{0} : static_cast<short>(looked_at(one.fd) & asked);
        ready += one.revents != 0 ? 1 : 0;
    }
    return ready;
}

outcome select(int count, fd_set* in, fd_set* out, fd_set* other)
{
    constexpr unsigned for_in = readable | EPOLLRDBAND | EPOLLHUP | EPOLLERR;
    constexpr unsigned for_out = writable | EPOLLWRBAND | EPOLLERR;
    fd_set* const sets[] = {in, out, other};
    constexpr unsigned events[] = {for_in, for_out, EPOLLPRI};
    for (int i = 0; i < count; ++i) {
        if ((is_in(in, i) || is_in(out, i) || is_in(other, i)) && file_of(i) == nullptr) {
            return -EBADF;
        }
    }
    outcome ready = 0;
    for (int i = 0; i < count; ++i) {
        for (int k = 0; k < 3; ++k) {
            if (!is_in(sets[k], i)) {
                continue;
            }
            if ((looked_at(i) & events[k]) != 0) {
                ++ready;
            } else {
                FD_CLR(i, sets[k]);
            }
        }
    }
    return ready;
}

} // namespace explorer::world
