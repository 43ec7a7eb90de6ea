// Servers and clients over sockets, in threads or with epoll: nothing here knows that the network
// is simulated.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <cerrno>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cases {
namespace {

// A descriptor that is closed at the end.
class open_file {
public:
    explicit open_file(int number) : number_(number) { EXPLORE_REQUIRE(number >= 0); }
    open_file(open_file&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    ~open_file() { close(); }

    void close()
    {
        if (number_ != -1) {
            ::close(std::exchange(number_, -1));
        }
    }
    int get() const { return number_; }

private:
    int number_;
};

sockaddr_in loopback(in_port_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = port;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

open_file listen_anywhere(int flags = 0)
{
    open_file made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    const sockaddr_in address = loopback(0);
    EXPLORE_REQUIRE(bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                    0);
    EXPLORE_REQUIRE(listen(made.get(), 5) == 0);
    return made;
}

open_file connect_to(const open_file& listener)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    open_file made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPLORE_REQUIRE(connect(made.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    return made;
}

void send_all(int to, const std::string& text)
{
    EXPLORE_REQUIRE(send(to, text.data(), text.size(), MSG_NOSIGNAL) ==
                    static_cast<ssize_t>(text.size()));
}

// Up to the end of the line, or what there is when the other end closes.
std::string receive_line(int from)
{
    std::string line;
    char byte = 0;
    while (line.find('\n') == std::string::npos && recv(from, &byte, 1, 0) == 1) {
        line += byte;
    }
    return line;
}

// A thread for each of two connections; both count.
template <bool Wrong>
void lost_count_of_connections()
{
    const open_file listener = listen_anywhere();
    std::mutex mutex;
    int served = 0; // guarded by mutex
    std::thread server([&] {
        std::vector<std::thread> workers;
        for (int i = 0; i < 2; ++i) {
            workers.emplace_back([&, connection = accept(listener.get(), nullptr, nullptr)] {
                const open_file mine(connection);
                send_all(connection, receive_line(connection));
                if constexpr (Wrong) {
                    ++served;
                } else {
                    const std::lock_guard lock(mutex);
                    ++served;
                }
            });
        }
        for (std::thread& one : workers) {
            one.join();
        }
    });
    std::thread other([&] {
        const open_file client = connect_to(listener);
        send_all(client.get(), "b\n");
        EXPLORE_REQUIRE(receive_line(client.get()) == "b\n");
    });
    {
        const open_file client = connect_to(listener);
        send_all(client.get(), "a\n");
        EXPLORE_REQUIRE(receive_line(client.get()) == "a\n");
    }
    other.join();
    server.join();
    EXPLORE_REQUIRE(served == 2);
}

// What is sent in two parts may come as two.
template <bool Wrong>
void one_receive_for_a_message()
{
    const open_file listener = listen_anywhere();
    std::thread client([&] {
        const open_file mine = connect_to(listener);
        send_all(mine.get(), "he");
        send_all(mine.get(), "llo\n");
    });
    const open_file server(accept(listener.get(), nullptr, nullptr));
    if constexpr (Wrong) {
        char text[16];
        const ssize_t got = recv(server.get(), text, sizeof text, 0);
        EXPLORE_REQUIRE(std::string(text, static_cast<std::size_t>(got)) == "hello\n");
    } else {
        EXPLORE_REQUIRE(receive_line(server.get()) == "hello\n");
    }
    client.join();
}

// Each side waits for the other to begin.
template <bool Wrong>
void both_sides_wait()
{
    const open_file listener = listen_anywhere();
    std::thread client([&] {
        const open_file mine = connect_to(listener);
        EXPLORE_REQUIRE(receive_line(mine.get()) == "welcome\n");
        send_all(mine.get(), "hello\n");
    });
    const open_file server(accept(listener.get(), nullptr, nullptr));
    if constexpr (!Wrong) {
        send_all(server.get(), "welcome\n");
    }
    EXPLORE_REQUIRE(receive_line(server.get()) == "hello\n");
    client.join();
}

// To stop a thread in accept() by closing what it listens on.
template <bool Wrong>
void closed_under_accept()
{
    open_file listener = listen_anywhere();
    const open_file stop(eventfd(0, EFD_CLOEXEC));
    std::thread acceptor([&] {
        if constexpr (!Wrong) {
            pollfd either[] = {{stop.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}};
            poll(either, 2, -1);
            if (either[0].revents != 0) {
                return;
            }
        }
        const int connection = accept(listener.get(), nullptr, nullptr);
        if (connection >= 0) {
            close(connection);
        }
    });
    if constexpr (Wrong) {
        close(listener.get());
        acceptor.join();
    } else {
        EXPLORE_REQUIRE(eventfd_write(stop.get(), 1) == 0);
        acceptor.join();
    }
}

// A loop sleeps until woken, then takes what is queued. The wrong one looks first and clears the
// wakeup afterwards: what comes in between sleeps for ever.
template <bool Wrong>
void wakeup_cleared_too_late()
{
    std::mutex mutex;
    std::deque<int> queue; // guarded by mutex
    const open_file wakeup(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    std::thread producer([&] {
        for (int i = 0; i < 2; ++i) {
            {
                const std::lock_guard lock(mutex);
                queue.push_back(i);
            }
            eventfd_write(wakeup.get(), 1);
        }
    });
    int taken = 0;
    const auto take_all = [&] {
        const std::lock_guard lock(mutex);
        taken += static_cast<int>(queue.size());
        queue.clear();
    };
    while (taken < 2) {
        pollfd one = {wakeup.get(), POLLIN, 0};
        poll(&one, 1, -1);
        eventfd_t count = 0;
        if constexpr (Wrong) {
            take_all();
            eventfd_read(wakeup.get(), &count);
        } else {
            eventfd_read(wakeup.get(), &count);
            take_all();
        }
    }
    producer.join();
}

// One thread serves two clients with epoll. The wrong one is told of edges and reads one part.
template <bool Wrong>
void epoll_edge_not_drained()
{
    const open_file listener = listen_anywhere();
    std::thread client([&] {
        const open_file mine = connect_to(listener);
        send_all(mine.get(), "ab");
        send_all(mine.get(), "cd");
        EXPLORE_REQUIRE(receive_line(mine.get()) == "abcd\n");
    });
    const open_file server(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
    const open_file loop(epoll_create1(EPOLL_CLOEXEC));
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLET;
    EXPLORE_REQUIRE(epoll_ctl(loop.get(), EPOLL_CTL_ADD, server.get(), &wanted) == 0);
    std::string heard;
    while (heard.size() < 4) {
        epoll_event told{};
        EXPLORE_REQUIRE(epoll_wait(loop.get(), &told, 1, -1) == 1);
        char part[2];
        ssize_t got = 0;
        while ((got = recv(server.get(), part, sizeof part, 0)) > 0) {
            heard.append(part, static_cast<std::size_t>(got));
            if constexpr (Wrong) {
                break;
            }
        }
    }
    send_all(server.get(), heard + "\n");
    client.join();
}

// Who closes with unread bytes resets the connection: the reply may be lost.
template <bool Wrong>
void closed_with_unread_bytes()
{
    const open_file listener = listen_anywhere();
    std::thread server([&] {
        const open_file mine(accept(listener.get(), nullptr, nullptr));
        char byte = 0;
        recv(mine.get(), &byte, 1, 0);
        send_all(mine.get(), "reply\n");
        if constexpr (!Wrong) {
            shutdown(mine.get(), SHUT_WR);
            while (recv(mine.get(), &byte, 1, 0) > 0) {
            }
        }
    });
    {
        const open_file client = connect_to(listener);
        send_all(client.get(), "a");
        send(client.get(), "b", 1, MSG_NOSIGNAL); // may come too late
        shutdown(client.get(), SHUT_WR);
        std::string heard = receive_line(client.get());
        char byte = 0;
        EXPLORE_REQUIRE(heard == "reply\n" && recv(client.get(), &byte, 1, 0) == 0);
    }
    server.join();
}

} // namespace

std::vector<twin> of_connections()
{
    return {
        {"lost_count_of_connections", "two connections' threads count without a lock",
         lost_count_of_connections<true>, lost_count_of_connections<false>},
        {"one_receive_for_a_message", "one recv() is taken for one message",
         one_receive_for_a_message<true>, one_receive_for_a_message<false>},
        {"both_sides_wait", "client and server wait for each other's first word",
         both_sides_wait<true>, both_sides_wait<false>},
        {"closed_under_accept", "a descriptor is closed while another thread waits on it",
         closed_under_accept<true>, closed_under_accept<false>},
        {"wakeup_cleared_too_late", "an eventfd is cleared after looking for work",
         wakeup_cleared_too_late<true>, wakeup_cleared_too_late<false>},
        {"epoll_edge_not_drained", "an edge is told once, and not all is read",
         epoll_edge_not_drained<true>, epoll_edge_not_drained<false>},
        {"closed_with_unread_bytes", "a reply is lost because the request was not read",
         closed_with_unread_bytes<true>, closed_with_unread_bytes<false>},
    };
}

} // namespace cases
