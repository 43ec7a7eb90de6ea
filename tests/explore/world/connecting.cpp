// How a TCP connection comes about: one listens, another connects, the first accepts. The
// connection is there before it is accepted: it lies in the listener's queue, and the other may
// send already. When the queue is full, who connects has to wait for room.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>

namespace explorer::world {
namespace {

constexpr int most_backlog = 4096; // as Linux has it

// So long Linux tries to connect (tcp_syn_retries), in vain.
constexpr int64_t unconnected_for = 127 * nanoseconds_per_second;

// What becomes of the next connect().
enum class prospect { answered, refused, hanging } next_connect = prospect::answered;

file* listener_at(name where)
{
    for (int i = 0; i < files_used; ++i) {
        file& one = files[i];
        if (one.is == kind::tcp && one.state == tcp_state::listening &&
            one.local.port == where.port &&
            (one.local.address == htonl(INADDR_ANY) || one.local.address == where.address)) {
            return &one;
        }
    }
    return nullptr;
}

// The listener's end of the connection, which waits in its queue. Null: no place for it.
file* answer(file& client, file& listener)
{
    file* fresh = open_file(kind::tcp, false);
    if (fresh == nullptr) {
        return nullptr;
    }
    fresh->state = tcp_state::established;
    fresh->believes = belief::connected;
    fresh->local = client.remote;
    fresh->remote = client.local;
    fresh->holds_port = fresh->local.port;
    fresh->options = listener.options;
    fresh->other = &client;
    file** last = &listener.next_queued;
    while (*last != nullptr) {
        last = &(*last)->next_queued;
    }
    *last = fresh;
    ++listener.queued;
    client.other = fresh;
    client.state = tcp_state::established;
    client.awaited = nullptr;
    wake(client); // it knows first
    wake(listener, came_in);
    fresh->shut = listener.shut; // as odd as it is: from before it listened
    if ((fresh->shut & no_more_out) != 0) {
        send_the_end(*fresh);
    }
    return fresh;
}

// The one who has waited longest for room in the listener's queue.
file* longest_waiting(const file& listener)
{
    file* first = nullptr;
    for (int i = 0; i < files_used; ++i) {
        file& one = files[i];
        if (one.is == kind::tcp && one.awaited == &listener &&
            (first == nullptr || one.since < first->since)) {
            first = &one;
        }
    }
    return first;
}

outcome start_connecting(file& one, name to)
{
    if (to.address == htonl(INADDR_ANY)) {
        to.address = htonl(INADDR_LOOPBACK);
    }
    if (!is_loopback(to.address)) {
        return missing("connect() to anything but loopback");
    }
    if (one.holds_port == to.port) {
        return missing("connect() of a socket to itself");
    }
    if (one.local.address == htonl(INADDR_ANY)) {
        one.local.address = htonl(INADDR_LOOPBACK);
    }
    if (one.holds_port == 0 && !take_free_port(one)) {
        return -EADDRNOTAVAIL;
    }
    one.remote = to;
    one.state = tcp_state::connecting;
    one.believes = belief::connecting;
    const prospect here = next_connect;
    next_connect = prospect::answered;
    file* listener = here == prospect::refused ? nullptr : listener_at(to);
    if (here == prospect::hanging) {
        one.next = now + unconnected_for;
    } else if (listener == nullptr) {
        be_reset(one);
    } else if (listener->queued > listener->backlog) {
        one.awaited = listener;
        one.since = ++order;
    } else if (answer(one, *listener) == nullptr) {
        return missing("so many sockets at the same time");
    }
    return 0;
}

// How a connection that was begun went.
outcome connecting_ended(file& one)
{
    if (one.state == tcp_state::closed) {
        const int error = take_error(one);
        disconnect(one);
        return error != 0 ? -error : -ECONNABORTED;
    }
    one.believes = belief::connected;
    return 0;
}

} // namespace

void stop_listening(file& listener)
{
    listener.state = tcp_state::closed;
    while (file* queued = listener.next_queued) {
        listener.next_queued = queued->next_queued;
        send_reset(*queued);
        queued->is = kind::none;
    }
    listener.queued = 0;
    while (file* waiting = longest_waiting(listener)) {
        waiting->awaited = nullptr;
        be_reset(*waiting);
    }
}

outcome listen(int descriptor, int backlog)
{
    outcome problem = 0;
    file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (one->is == kind::local || one->believes != belief::unconnected ||
        (one->state != tcp_state::closed && one->state != tcp_state::listening)) {
        return -EINVAL;
    }
    one->backlog = backlog < 0 || backlog > most_backlog ? most_backlog : backlog;
    if (one->state == tcp_state::listening) {
        return 0;
    }
    if (one->holds_port == 0 ? !take_free_port(*one) : is_taken(*one, one->local)) {
        return -EADDRINUSE;
    }
    if (listener_at(one->local) != nullptr) {
        return missing("listen() on a port that another socket listens on (SO_REUSEPORT)");
    }
    one->state = tcp_state::listening;
    return 0;
}

outcome accept(int descriptor, sockaddr* address, socklen_t* size, int flags)
{
    outcome problem = 0;
    file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0 || one->is == kind::local ||
        one->state != tcp_state::listening) {
        return -EINVAL;
    }
    if (!has_place_for(1)) {
        return -EMFILE;
    }
    file* first = one->next_queued;
    if (first == nullptr) {
        return -EAGAIN;
    }
    one->next_queued = first->next_queued;
    first->next_queued = nullptr;
    --one->queued;
    first->nonblocking = (flags & SOCK_NONBLOCK) != 0;
    write_name(*first, first->remote, address, size);
    if (file* waiting = longest_waiting(*one);
        waiting != nullptr && answer(*waiting, *one) == nullptr) {
        return missing("so many sockets at the same time");
    }
    return number_for(*first, (flags & SOCK_CLOEXEC) != 0);
}

outcome connect(int descriptor, const sockaddr* address, socklen_t size, bool wait)
{
    outcome problem = 0;
    file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (one->is == kind::local ||
        (size >= sizeof(sa_family_t) && address->sa_family == AF_UNSPEC)) {
        return missing("connect() of a local socket, or to AF_UNSPEC");
    }
    if (one->believes == belief::connected) {
        return -EISCONN;
    }
    if (one->believes == belief::given_up) {
        return -EINVAL;
    }
    if (one->believes == belief::connecting) {
        if (one->state == tcp_state::connecting) {
            return wait ? -EINPROGRESS : -EALREADY;
        }
        return connecting_ended(*one);
    }
    if (one->state != tcp_state::closed) {
        return -EISCONN;
    }
    name to;
    if (problem = read_name(address, size, to); problem != 0) {
        return problem;
    }
    if (problem = start_connecting(*one, to); problem != 0) {
        return problem;
    }
    return wait && one->state != tcp_state::connecting ? connecting_ended(*one) : -EINPROGRESS;
}

void refuse_next()
{
    next_connect = prospect::refused;
}

void hang_next()
{
    next_connect = prospect::hanging;
}

bool somebody_listens()
{
    for (int i = 0; i < files_used; ++i) {
        if (files[i].is == kind::tcp && files[i].state == tcp_state::listening) {
            return true;
        }
    }
    return false;
}

bool can_accept(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr || one->is != kind::tcp || one->state != tcp_state::listening ||
           one->next_queued != nullptr;
}

bool can_connect(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr || one->is != kind::tcp || one->state != tcp_state::connecting;
}

} // namespace explorer::world
