// The rest of a random sequence's calls: waiting for many descriptors, and what it takes to make a
// sender or a client wait. And which call comes next.
//
// SPDX-License-Identifier: MIT
#include "explore/world/conformance/sequence.hpp"

#include "explore/world/state.hpp"

#include <algorithm>

namespace conformance {

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
