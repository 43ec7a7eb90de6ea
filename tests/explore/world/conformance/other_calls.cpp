// More calls of a random sequence: options and flags, counters and timers, mistakes.
//
// SPDX-License-Identifier: MIT
#include "explore/world/conformance/sequence.hpp"

#include "explore/world/state.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/tcp.h>

namespace conformance {
namespace {

struct option {
    int level, name;
    bool settable;
};

constexpr option options[] = {
    {SOL_SOCKET, SO_ERROR, false},    {SOL_SOCKET, SO_ERROR, false},
    {SOL_SOCKET, SO_TYPE, false},     {SOL_SOCKET, SO_ACCEPTCONN, false},
    {SOL_SOCKET, SO_DOMAIN, false},   {SOL_SOCKET, SO_PROTOCOL, false},
    {SOL_SOCKET, SO_REUSEADDR, true}, {SOL_SOCKET, SO_KEEPALIVE, true},
    {SOL_SOCKET, SO_BROADCAST, true}, {SOL_SOCKET, SO_OOBINLINE, true},
    {SOL_SOCKET, SO_REUSEPORT, true}, {SOL_SOCKET, SO_LINGER, false},
    {SOL_SOCKET, SO_RCVTIMEO, false}, {IPPROTO_TCP, TCP_NODELAY, false},
};

constexpr std::int64_t an_hour = 3600;

} // namespace

void sequence::use_options()
{
    const int place = chance(90) ? any(role::tcp) : any();
    const option& one = options[random_() % std::size(options)];
    const world::file* file = world::file_of(modeled_.at(place));
    if (one.name == SO_REUSEPORT && file != nullptr && file->is == world::kind::local) {
        return; // "The kernel's age"
    }
    const std::string name = std::to_string(one.level) + ", " + std::to_string(one.name);
    if (one.settable && chance(40)) {
        const int value = below(3);
        const auto size = static_cast<socklen_t>(chance(5) ? 2 : sizeof value);
        both(with("setsockopt", place, name), [=](auto& kernel) {
            return observed{kernel.setsockopt(kernel.at(place), one.level, one.name, &value, size)};
        });
        return;
    }
    const auto room = static_cast<socklen_t>(chance(5) ? 2 : 16);
    both(with("getsockopt", place, name), [=](auto& kernel) {
        char value[16] = {};
        socklen_t size = room;
        observed out{kernel.getsockopt(kernel.at(place), one.level, one.name, value, &size)};
        out.text = std::to_string(size) + ": " + in_hex(value, sizeof value);
        return out;
    });
}

void sequence::use_flags()
{
    const int place = any();
    if (chance(20)) {
        const int on = below(2);
        both(with("ioctl FIONBIO", place, std::to_string(on)), [=](auto& kernel) {
            int value = on;
            return observed{kernel.ioctl(kernel.at(place), FIONBIO, &value)};
        });
        return;
    }
    constexpr int commands[] = {F_GETFL, F_SETFL, F_GETFD, F_SETFD};
    const int command = commands[below(4)];
    const int value = command == F_SETFL ? below(2) * O_NONBLOCK : below(2) * FD_CLOEXEC;
    both(with("fcntl", place, std::to_string(command) + ", " + std::to_string(value)),
         [=](auto& kernel) { return observed{kernel.fcntl(kernel.at(place), command, value)}; });
}

void sequence::use_counter()
{
    const int place = any(role::counter);
    const int fd = modeled_.at(place);
    const bool writes = chance(50);
    constexpr std::uint64_t values[] = {0, 1, 2, 1, 1, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 2};
    std::uint64_t value = values[below(chance(20) ? 8 : 5)];
    iovec part = {&value, chance(5) ? std::size_t{4} : sizeof value};
    if (!world::is_nonblocking(fd) &&
        !(writes ? world::can_send(fd, world::entrance::file, &part, 1)
                 : world::can_receive(fd, world::entrance::file, part.iov_len))) {
        return;
    }
    both(with(writes ? "write" : "read", place,
              writes ? std::to_string(value) : std::to_string(part.iov_len)),
         [=](auto& kernel) {
             std::uint64_t mine = value;
             const iovec here = {&mine, part.iov_len};
             observed out{writes ? kernel.write(kernel.at(place), &here, 1)
                                 : kernel.read(kernel.at(place), &here, 1)};
             out.sigpipe = out.result < 0 && kernel.raised_sigpipe();
             out.text = out.result > 0 ? std::to_string(mine) : "";
             return out;
         });
}

// Set to a moment that has come by the next call, or to one that never comes here.
void sequence::use_timer()
{
    const int place = any(role::timer);
    if (chance(30)) {
        both(with("timerfd_gettime", place), [=](auto& kernel) {
            itimerspec set{};
            observed out{kernel.timerfd_gettime(kernel.at(place), &set)};
            const bool is_set = set.it_value.tv_sec != 0 || set.it_value.tv_nsec != 0;
            out.text = std::to_string(is_set) + " " + std::to_string(set.it_interval.tv_sec);
            return out;
        });
        return;
    }
    itimerspec wanted{};
    const int how = below(4);
    wanted.it_value = {how == 1 ? an_hour : 0, how >= 2 ? 1 : 0};
    wanted.it_interval = {chance(30) ? an_hour : 0, how == 3 && chance(20) ? -1 : 0};
    both(with("timerfd_settime", place, std::to_string(how)), [=, this](auto& kernel) {
        observed out{kernel.timerfd_settime(kernel.at(place), &wanted)};
        world::set_time(time_ += 1000);
        return out;
    });
}

// Calls that the descriptor is not made for.
void sequence::misuse()
{
    const int place = any();
    const int fd = modeled_.at(place);
    const bool is_socket = world::is_socket(fd);
    if (!is_socket) {
        both(with("getsockopt", place), [=](auto& kernel) {
            int value = 0;
            socklen_t size = sizeof value;
            return observed{
                kernel.getsockopt(kernel.at(place), SOL_SOCKET, SO_TYPE, &value, &size)};
        });
        both(with("listen", place),
             [=](auto& kernel) { return observed{kernel.listen(kernel.at(place), 1)}; });
        both(with("recv", place), [=](auto& kernel) {
            char byte = 0;
            const iovec part = {&byte, 1};
            return observed{kernel.recv(kernel.at(place), &part, 1, MSG_DONTWAIT)};
        });
    }
    both(with("timerfd_gettime", place), [=](auto& kernel) {
        itimerspec set{};
        return observed{kernel.timerfd_gettime(kernel.at(place), &set)};
    });
}

// Addresses that lead nowhere, sizes that are too small, commands that do not exist.
void sequence::mistake_arguments()
{
    const int place = any(role::tcp);
    sockaddr_in address{};
    constexpr sa_family_t families[] = {AF_INET, AF_INET, AF_INET6, AF_UNIX};
    address.sin_family = families[below(4)];
    address.sin_addr.s_addr = htonl(chance(50) ? INADDR_LOOPBACK : 0xc0000201); // 192.0.2.1
    const auto size = static_cast<socklen_t>(chance(70) ? sizeof address : 4);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    both(with("bind a wrong address", place, std::to_string(address.sin_family)),
         [=](auto& kernel) { return observed{kernel.bind(kernel.at(place), generic, size)}; });
    if (address.sin_family != AF_INET || size < sizeof address) {
        both(with("connect to a wrong address", place, std::to_string(address.sin_family)),
             [=](auto& kernel) {
                 return observed{kernel.connect(kernel.at(place), generic, size, true)};
             });
    }
    const int epoll = any(role::epoll);
    both(with("epoll_ctl", epoll, "what?"), [=](auto& kernel) {
        epoll_event event{};
        return observed{kernel.epoll_ctl(kernel.at(epoll), 17, kernel.at(place), &event)};
    });
    const int listener = any(role::tcp);
    if (world::can_accept(modeled_.at(listener))) {
        return; // a flag that does not exist is noticed before anything else
    }
    both(with("accept4", listener, "what?"), [=](auto& kernel) {
        return observed{kernel.accept(kernel.at(listener), nullptr, nullptr, 1)};
    });
}

} // namespace conformance
