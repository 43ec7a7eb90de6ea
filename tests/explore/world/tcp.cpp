// The life of a TCP connection over loopback, where whatever one end sends has arrived at the other
// when the call returns.
//
// An orderly end goes one way at a time: who has sent its end may still receive. A reset ends both
// ways at once and is an error: it is what a closing socket sends that has bytes nobody read, or
// was told to (SO_LINGER), and what comes back when bytes reach a socket that was closed.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <arpa/inet.h>
#include <errno.h>

namespace explorer::world {
namespace {

// So long Linux sends the same again (tcp_retries2), in vain.
constexpr int64_t unanswered_for = 924 * nanoseconds_per_second;

// The connection is over, in whatever way.
void end(file& one)
{
    one.state = tcp_state::closed;
    one.shut = shut_both;
    one.other = nullptr;
    one.next = 0;
    release_port(one);
    wake(one);
}

// The other's end arrives.
void get_the_end(file& one)
{
    one.shut |= no_more_in;
    one.got_the_end = true;
    if (one.state == tcp_state::fin_wait) {
        end(one);
    } else {
        one.state = tcp_state::close_wait;
        wake(one);
    }
}

} // namespace

void be_reset(file& one)
{
    switch (one.state) {
    case tcp_state::closed:
        return;
    case tcp_state::connecting:
        one.error = ECONNREFUSED;
        break;
    case tcp_state::close_wait:
        one.error = EPIPE;
        break;
    default:
        one.error = ECONNRESET;
        break;
    }
    end(one);
}

void send_the_end(file& one)
{
    file* other = one.other;
    if (one.state == tcp_state::close_wait) {
        end(one); // both have ended, and the other has acknowledged it
    } else if (one.state == tcp_state::established) {
        one.state = tcp_state::fin_wait;
    } else {
        return;
    }
    if (other != nullptr) {
        get_the_end(*other);
    }
}

void send_reset(file& one)
{
    if (one.other != nullptr) {
        be_reset(*one.other);
    }
}

void disconnect(file& one)
{
    if (one.state != tcp_state::closed) {
        release_port(one);
    }
    if (one.state == tcp_state::listening) {
        stop_listening(one);
    }
    one.state = tcp_state::closed;
    one.believes = belief::unconnected;
    one.awaited = nullptr;
    one.next = 0;
    one.remote = {};
    one.shut = 0;
    one.error = 0;
    one.got_the_end = false;
    one.silent = false;
    one.in.used = 0;
    if (!one.chose_address) {
        one.local.address = htonl(INADDR_ANY);
    }
    wake(one, EPOLLERR);
}

int take_error(file& one)
{
    const int error = one.error;
    one.error = 0;
    return error;
}

void close_tcp(file& one)
{
    const tcp_state before = one.state;
    one.shut = shut_both;
    if (before == tcp_state::listening) {
        stop_listening(one);
    } else if (before != tcp_state::closed) {
        const bool at_once = one.options.linger_on != 0 && one.options.linger_seconds == 0;
        if (one.in.used > 0 || at_once) {
            send_reset(one);
        } else {
            send_the_end(one);
        }
    }
    if (one.other != nullptr) {
        one.other->other = nullptr;
        one.other = nullptr;
    }
}

void give_up(file& one)
{
    one.error = ETIMEDOUT;
    end(one);
}

bool arrive(file& sender, const iovec* from, int count, size_t size)
{
    if (sender.silent) {
        sender.next = sender.next == 0 ? now + unanswered_for : sender.next;
        return true; // as far as it knows
    }
    file* to = sender.other;
    const bool refuses =
        to == nullptr || (to->state == tcp_state::fin_wait && (to->shut & no_more_in) != 0);
    if (!refuses) {
        put(to->in, from, count, size);
        wake(*to, came_in);
        return true;
    }
    if (to != nullptr) {
        be_reset(*to);
    }
    be_reset(sender);
    return false;
}

namespace {

outcome shut_down_tcp(file& one, uint8_t bits)
{
    if (one.believes == belief::connecting) {
        const bool failed = one.state == tcp_state::closed;
        one.believes = failed ? belief::given_up : belief::connected;
    }
    const bool waits = one.state == tcp_state::connecting;
    if (waits || one.state == tcp_state::listening) {
        if (waits || (bits & no_more_in) != 0) {
            disconnect(one);
        }
        wake(one);
        return 0;
    }
    const bool was_closed = one.state == tcp_state::closed;
    one.shut |= bits;
    if ((bits & no_more_out) != 0) {
        send_the_end(one);
    }
    wake(one);
    return was_closed ? -ENOTCONN : 0;
}

outcome shut_down_local(file& one, uint8_t bits)
{
    one.shut |= bits;
    wake(one);
    if (file* other = one.other; other != nullptr) {
        other->shut |= static_cast<uint8_t>(((bits & no_more_in) != 0 ? no_more_out : 0) |
                                            ((bits & no_more_out) != 0 ? no_more_in : 0));
        wake(*other);
    }
    return 0;
}

} // namespace

outcome shutdown(int descriptor, int how)
{
    outcome problem = 0;
    file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (how < SHUT_RD || how > SHUT_RDWR) {
        return -EINVAL;
    }
    const auto bits = static_cast<uint8_t>(how + 1);
    return one->is == kind::local ? shut_down_local(*one, bits) : shut_down_tcp(*one, bits);
}

bool is_connected(int descriptor)
{
    const file* one = file_of(descriptor);
    return one != nullptr && one->is == kind::tcp && one->other != nullptr;
}

void silence_connection(int descriptor)
{
    file& one = *file_of(descriptor);
    file& other = *one.other;
    one.silent = other.silent = true;
    one.other = other.other = nullptr;
}

void break_connection(int descriptor)
{
    file& one = *file_of(descriptor);
    send_reset(one);
    be_reset(one);
}

} // namespace explorer::world
