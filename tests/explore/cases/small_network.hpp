// Two pairs of sockets, a counter, a timer, an event loop and a listener: what the random programs
// of random_program.hpp do with the simulated kernel. Each deed returns what it saw.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"

#include <cstdint>

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace cases {

class small_network {
public:
    small_network()
    {
        for (int i = 0; i < 2; ++i) {
            EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_[i]) == 0);
            epoll_event wanted{};
            wanted.events = EPOLLIN;
            wanted.data.u32 = static_cast<std::uint32_t>(i);
            EXPLORE_REQUIRE(epoll_ctl(loop_, EPOLL_CTL_ADD, ends_[i][1], &wanted) == 0);
        }
        socklen_t size = sizeof address_;
        EXPLORE_REQUIRE(listen(listener_, 5) == 0);
        EXPLORE_REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    }

    std::uint64_t send(int on, std::uint64_t mark)
    {
        const char byte = static_cast<char>(mark);
        return seen(::send(ends_[on][0], &byte, 1, MSG_NOSIGNAL));
    }

    std::uint64_t receive(int on, int flags)
    {
        constexpr std::uint64_t nothing = 77;
        char bytes[2] = {};
        const ssize_t size = recv(ends_[on][1], bytes, sizeof bytes, flags);
        return size > 0 ? seen(bytes[0]) * 256 + seen(bytes[1]) : nothing;
    }

    std::uint64_t receive_in_time(int on)
    {
        pollfd one = {ends_[on][1], POLLIN, 0};
        const int ready = poll(&one, 1, 3'600'000);
        return ready > 0 ? receive(on, MSG_DONTWAIT) : seen(ready);
    }

    std::uint64_t poll_both()
    {
        pollfd both[] = {{ends_[0][1], POLLIN, 0}, {ends_[1][1], POLLIN, 0}};
        poll(both, 2, -1);
        return seen(both[0].revents * 2 + both[1].revents);
    }

    std::uint64_t epoll_both()
    {
        epoll_event told[2] = {};
        const int count = epoll_wait(loop_, told, 2, -1);
        return seen(count * 4) + told[0].data.u32;
    }

    std::uint64_t raise(std::uint64_t mark) { return seen(eventfd_write(counter_, mark)); }

    std::uint64_t lower()
    {
        eventfd_t value = 0;
        eventfd_read(counter_, &value);
        return value;
    }

    std::uint64_t connect_and_leave()
    {
        const int mine = socket(AF_INET, SOCK_STREAM, 0);
        connect(mine, reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
        close(mine);
        return seen(mine);
    }

    std::uint64_t accept_and_leave() { return leave(accept(listener_, nullptr, nullptr)); }
    std::uint64_t duplicate_and_close(int on) { return leave(dup(ends_[on][0])); }

    std::uint64_t set_timer(int hours)
    {
        const itimerspec when = {{}, {hours * 3600, 0}};
        return seen(timerfd_settime(timer_, 0, &when, nullptr));
    }

    std::uint64_t await_timer()
    {
        std::uint64_t times = 0;
        return seen(read(timer_, &times, sizeof times)) + times;
    }

private:
    static std::uint64_t seen(long value) { return static_cast<std::uint64_t>(value); }

    static std::uint64_t leave(int descriptor)
    {
        close(descriptor);
        return seen(descriptor);
    }

    int ends_[2][2]; // [0] sends, [1] receives
    int counter_ = eventfd(0, 0);
    int timer_ = timerfd_create(CLOCK_MONOTONIC, 0);
    int loop_ = epoll_create1(0);
    int listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address_{};
};

} // namespace cases
