// More calls of a random sequence: options and flags, counters and timers, waiting for many.
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

std::string with(const std::string& call, int place, const std::string& more = {})
{
    return call + "(" + std::to_string(place) + (more.empty() ? "" : ", " + more) + ")";
}

std::string in_hex(const void* memory, std::size_t size)
{
    std::string out;
    for (std::size_t i = 0; i < size; ++i) {
        char digits[4];
        std::snprintf(digits, sizeof digits, "%02x ", static_cast<const unsigned char*>(memory)[i]);
        out += digits;
    }
    return out;
}

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

void sequence::watch_one()
{
    const int place = any(role::epoll);
    const int watched = any();
    constexpr int ways[] = {EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD,
                            EPOLL_CTL_DEL};
    const int way = ways[below(5)];
    constexpr std::uint32_t bits[] = {EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLPRI};
    std::uint32_t events = 0;
    for (const std::uint32_t one : bits) {
        events |= chance(50) ? one : 0u;
    }
    // "Edges of local sockets"
    const bool is_local = watched >= 0 && roles_[static_cast<std::size_t>(watched)] == role::local;
    events |= chance(40) && !is_local ? static_cast<std::uint32_t>(EPOLLET) : 0u;
    events |= chance(20) ? static_cast<std::uint32_t>(EPOLLONESHOT) : 0u;
    both(with("epoll_ctl", place,
              std::to_string(way) + ", " + std::to_string(watched) + ", " + std::to_string(events)),
         [=](auto& kernel) {
             epoll_event event{};
             event.events = events;
             event.data.u64 = static_cast<std::uint64_t>(watched);
             return observed{kernel.epoll_ctl(kernel.at(place), way, kernel.at(watched), &event)};
         });
}

void sequence::wait_for_events()
{
    const int place = any(role::epoll);
    const int most = chance(70) ? 16 : below(4);
    both(with("epoll_wait", place, std::to_string(most)), [=](auto& kernel) {
        epoll_event list[16];
        observed out{kernel.epoll_wait(kernel.at(place), list, most)};
        for (long i = 0; i < out.result; ++i) {
            out.text += std::to_string(list[i].data.u64) + ":" + in_hex(&list[i].events, 4) + "; ";
        }
        return out;
    });
}

void sequence::select_some()
{
    int places[3];
    for (int& one : places) {
        one = any();
    }
    const int wanted = 1 + below(7);
    both("select(" + std::to_string(places[0]) + ", " + std::to_string(places[1]) + ", " +
             std::to_string(places[2]) + ", " + std::to_string(wanted) + ")",
         [=](auto& kernel) {
             fd_set sets[3];
             int count = 0;
             for (fd_set& one : sets) {
                 FD_ZERO(&one);
             }
             for (const int place : places) {
                 const int fd = kernel.at(place);
                 for (int k = 0; k < 3 && fd >= 0; ++k) {
                     if ((wanted & 1 << k) != 0) {
                         FD_SET(fd, &sets[k]);
                     }
                 }
                 count = std::max(count, fd + 1);
             }
             observed out{kernel.select(count, &sets[0], &sets[1], &sets[2])};
             for (const int place : places) {
                 for (fd_set& one : sets) {
                     const int fd = kernel.at(place);
                     out.text += fd >= 0 && FD_ISSET(fd, &one) ? '1' : '0';
                 }
             }
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

// Sends until there is no room, and receives all of it. The sizes differ, what follows does not.
void sequence::fill_and_drain()
{
    const int place = any_stream();
    const world::file* one = world::file_of(modeled_.at(place));
    if (one == nullptr || one->other == nullptr || one->descriptors != 1 ||
        one->other->descriptors != 1 || one->is == world::kind::pipe_reader ||
        (one->shut & world::no_more_out) != 0 || one->other->shut != 0 || one->error != 0) {
        return;
    }
    int reader = -1;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        if (open_[i] && world::file_of(modeled_.numbers[i]) == one->other) {
            reader = static_cast<int>(i);
        }
    }
    if (reader < 0) {
        return;
    }
    const auto drain_events = [this] {
        for (std::size_t i = 0; i < open_.size(); ++i) {
            if (open_[i] && roles_[i] == role::epoll) {
                epoll_event list[64];
                real_.epoll_wait(real_.numbers[i], list, 64);
                modeled_.epoll_wait(modeled_.numbers[i], list, 64);
            }
        }
    };
    log_ += "  fill and drain " + std::to_string(place) + " to " + std::to_string(reader) + "\n";
    const auto act = [&](auto& kernel) {
        char block[4096] = {};
        const iovec part = {block, sizeof block};
        const long before = kernel.fcntl(kernel.at(place), F_GETFL, 0);
        const long before_there = kernel.fcntl(kernel.at(reader), F_GETFL, 0);
        kernel.fcntl(kernel.at(place), F_SETFL, O_NONBLOCK);
        kernel.fcntl(kernel.at(reader), F_SETFL, O_NONBLOCK);
        int unread = 0;
        kernel.ioctl(kernel.at(reader), FIONREAD, &unread);
        long filled = unread;
        long drained = 0;
        long last = 0;
        while ((last = kernel.write(kernel.at(place), &part, 1)) > 0) {
            filled += last;
        }
        pollfd full = {kernel.at(place), POLLOUT, 0};
        kernel.poll(&full, 1);
        long end = 0;
        for (patience left; drained < filled && left.any();) {
            while ((end = kernel.read(kernel.at(reader), &part, 1)) > 0) {
                drained += end;
            }
        }
        pollfd drained_again = {kernel.at(place), POLLOUT, 0};
        for (patience left; drained_again.revents == 0 && left.any();) {
            kernel.poll(&drained_again, 1);
        }
        kernel.fcntl(kernel.at(place), F_SETFL, before & O_NONBLOCK);
        kernel.fcntl(kernel.at(reader), F_SETFL, before_there & O_NONBLOCK);
        return describe(last) + describe(end) + std::to_string(full.revents) +
               std::to_string(drained_again.revents) + std::to_string(drained == filled);
    };
    const std::string expected = act(modeled_);
    const std::string got = act(real_);
    ++compared_;
    if (expected != got) {
        differ("the real kernel: " + got + "; the model: " + expected);
    }
    settle();
    drain_events();
}

// Two lie in the queue of one who accepts nobody; the third waits. Then the listener goes.
void sequence::crowd_a_listener()
{
    if (open_.size() + 4 > most_places) {
        return;
    }
    const auto listener = static_cast<int>(open_.size());
    for (int i = 0; i < 4; ++i) {
        open_tcp(SOCK_NONBLOCK);
    }
    both(with("listen", listener, "1"),
         [=](auto& kernel) { return observed{kernel.listen(kernel.at(listener), 1)}; });
    for (const int client : {1, 2, 3, 3, 1}) {
        connect_to(listener + client, listener);
    }
    both(with("send", listener + 3), [=](auto& kernel) {
        char byte = 0;
        const iovec part = {&byte, 1};
        return observed{kernel.send(kernel.at(listener + 3), &part, 1, MSG_NOSIGNAL, nullptr)};
    });
    close_at(listener + 3); // "A full queue"
    close_at(listener);
}

void sequence::make_call()
{
    struct weighted {
        int weight;
        void (sequence::*call)();
    };
    static constexpr weighted calls[] = {
        {6, &sequence::open_something},    {3, &sequence::make_listener},
        {6, &sequence::connect_somewhere}, {6, &sequence::accept_one},
        {8, &sequence::make_connection},   {20, &sequence::send_some},
        {20, &sequence::receive_some},     {8, &sequence::shut_down},
        {8, &sequence::close_one},         {3, &sequence::duplicate_one},
        {4, &sequence::look_at_names},     {6, &sequence::use_options},
        {4, &sequence::use_flags},         {5, &sequence::use_counter},
        {4, &sequence::use_timer},         {10, &sequence::watch_one},
        {12, &sequence::wait_for_events},  {4, &sequence::select_some},
        {1, &sequence::crowd_a_listener},  {1, &sequence::misuse},
        {2, &sequence::mistake_arguments}, {1, &sequence::fill_and_drain},
    };
    int sum = 0;
    for (const weighted& one : calls) {
        sum += one.weight;
    }
    int left = below(sum);
    for (const weighted& one : calls) {
        if (left < one.weight) {
            (this->*one.call)();
            return;
        }
        left -= one.weight;
    }
}

} // namespace conformance
