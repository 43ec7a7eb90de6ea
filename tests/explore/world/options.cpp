// Socket options. Those that change what happens here: SO_REUSEADDR, SO_REUSEPORT, SO_LINGER and
// the time-outs. The others are only remembered.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

namespace explorer::world {
namespace {

// What the kernel makes of the size of a buffer: twice as much, but not too little.
constexpr int least_receive_buffer = 2304;
constexpr int least_send_buffer = 4608;
constexpr int most_buffer = 4194304;

// Where a yes or no is kept; null: that is no such option.
int* flag_of(file& one, int level, int name)
{
    socket_options& options = one.options;
    if (level == SOL_SOCKET) {
        switch (name) {
        case SO_REUSEADDR:
            return &options.reuse_address;
        case SO_REUSEPORT:
            return &options.reuse_port;
        case SO_KEEPALIVE:
            return &options.keep_alive;
        case SO_BROADCAST:
            return &options.broadcast;
        case SO_OOBINLINE:
            return &options.inline_urgent;
        default:
            return nullptr;
        }
    }
    return level == IPPROTO_TCP && name == TCP_NODELAY ? &options.no_delay : nullptr;
}

int buffer_for(int wanted, int least)
{
    const int doubled = wanted > most_buffer ? most_buffer * 2 : wanted < 0 ? 0 : wanted * 2;
    return doubled < least ? least : doubled;
}

int64_t as_timeout(const timeval& time)
{
    const int64_t whole = time.tv_sec * nanoseconds_per_second + time.tv_usec * 1000;
    return whole == 0 ? INT64_MAX : whole;
}

outcome set_time_limit(timeval& limit, const void* value, socklen_t size)
{
    timeval wanted;
    if (size < sizeof wanted) {
        return -EINVAL;
    }
    memcpy(&wanted, value, sizeof wanted);
    if (wanted.tv_usec < 0 || wanted.tv_usec >= 1'000'000) {
        return -EDOM;
    }
    limit = wanted.tv_sec < 0 ? timeval{} : wanted;
    return 0;
}

outcome set_linger(file& one, const void* value, socklen_t size)
{
    linger wanted;
    if (size < sizeof wanted) {
        return -EINVAL;
    }
    memcpy(&wanted, value, sizeof wanted);
    one.options.linger_on = wanted.l_onoff != 0;
    if (one.options.linger_on != 0) {
        one.options.linger_seconds = wanted.l_linger;
    }
    return 0;
}

outcome give(const void* what, size_t whole, void* value, socklen_t* size)
{
    *size = *size < whole ? *size : static_cast<socklen_t>(whole);
    memcpy(value, what, *size);
    return 0;
}

outcome set_general(file& one, int name, int number)
{
    switch (name) {
    case SO_RCVBUF:
        one.options.receive_buffer = buffer_for(number, least_receive_buffer);
        return 0;
    case SO_SNDBUF:
        one.options.send_buffer = buffer_for(number, least_send_buffer);
        return 0;
    case SO_TYPE:
    case SO_PROTOCOL:
    case SO_DOMAIN:
    case SO_ERROR:
    case SO_ACCEPTCONN:
        return -ENOPROTOOPT;
    default:
        return missing("setsockopt() with this option");
    }
}

outcome number_of(file& one, int name, int& out)
{
    switch (name) {
    case SO_RCVBUF:
        out = one.options.receive_buffer;
        return 0;
    case SO_SNDBUF:
        out = one.options.send_buffer;
        return 0;
    case SO_TYPE:
        out = SOCK_STREAM;
        return 0;
    case SO_PROTOCOL:
        out = one.is == kind::tcp ? IPPROTO_TCP : 0;
        return 0;
    case SO_DOMAIN:
        out = one.is == kind::tcp ? AF_INET : AF_UNIX;
        return 0;
    case SO_ERROR:
        out = take_error(one);
        return 0;
    case SO_ACCEPTCONN:
        out = one.state == tcp_state::listening;
        return 0;
    default:
        return missing("getsockopt() with this option");
    }
}

} // namespace

void set_first_options(file& one)
{
    one.options.receive_buffer = one.is == kind::tcp ? 131072 : 212992;
    one.options.send_buffer = one.is == kind::tcp ? 16384 : 212992;
}

outcome setsockopt(int descriptor, int level, int name, const void* value, socklen_t size)
{
    outcome problem = 0;
    file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (level != SOL_SOCKET && one->is == kind::local) {
        return -EOPNOTSUPP;
    }
    int number = 0;
    if (size < sizeof number) {
        return -EINVAL;
    }
    memcpy(&number, value, sizeof number);
    if (int* flag = flag_of(*one, level, name); flag != nullptr) {
        *flag = number != 0;
        return 0;
    }
    if (level != SOL_SOCKET) {
        return missing("setsockopt() at this level or with this option");
    }
    if (name == SO_LINGER) {
        return set_linger(*one, value, size);
    }
    if (name == SO_RCVTIMEO || name == SO_SNDTIMEO) {
        socket_options& all = one->options;
        return set_time_limit(name == SO_RCVTIMEO ? all.receive_time : all.send_time, value, size);
    }
    return set_general(*one, name, number);
}

outcome getsockopt(int descriptor, int level, int name, void* value, socklen_t* size)
{
    outcome problem = 0;
    file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (level != SOL_SOCKET && one->is == kind::local) {
        return -EOPNOTSUPP;
    }
    if (const int* flag = flag_of(*one, level, name); flag != nullptr) {
        return give(flag, sizeof *flag, value, size);
    }
    if (level != SOL_SOCKET) {
        return missing("getsockopt() at this level or with this option");
    }
    if (name == SO_LINGER) {
        const linger now_set = {one->options.linger_on, one->options.linger_seconds};
        return give(&now_set, sizeof now_set, value, size);
    }
    if (name == SO_RCVTIMEO || name == SO_SNDTIMEO) {
        const socket_options& all = one->options;
        return give(name == SO_RCVTIMEO ? &all.receive_time : &all.send_time, sizeof(timeval),
                    value, size);
    }
    int number = 0;
    problem = number_of(*one, name, number);
    return problem != 0 ? problem : give(&number, sizeof number, value, size);
}

int64_t receive_timeout(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr ? INT64_MAX : as_timeout(one->options.receive_time);
}

int64_t send_timeout(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr ? INT64_MAX : as_timeout(one->options.send_time);
}

} // namespace explorer::world
