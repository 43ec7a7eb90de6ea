// A kernel of its own.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include "given/listener.hpp"
#include "given/socket.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

sockaddr_in a_listener(int& listener)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    EXPLORE_REQUIRE(bind(listener, generic, size) == 0 && listen(listener, 5) == 0);
    EXPLORE_REQUIRE(getsockname(listener, generic, &size) == 0);
    return address;
}

// Time-outs are virtual: hours, and no time goes by.
void network_time()
{
    const auto begin = std::chrono::steady_clock::now();
    expect_pass(search([] {
        using clock = std::chrono::steady_clock;
        const auto start = clock::now();
        int ends[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        pollfd one = {ends[0], POLLIN, 0};
        EXPLORE_REQUIRE(poll(&one, 1, 3'600'000) == 0);
        EXPLORE_REQUIRE(clock::now() - start >= 1h);
        const timeval limit = {3600, 0};
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        char byte = 0;
        EXPLORE_REQUIRE(recv(ends[0], &byte, 1, 0) == -1 && errno == EAGAIN);
        EXPLORE_REQUIRE(clock::now() - start >= 2h);
        const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
        const itimerspec in_an_hour = {{}, {3600, 0}};
        timerfd_settime(timer, 0, &in_an_hour, nullptr);
        const int loop = epoll_create1(0);
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        epoll_ctl(loop, EPOLL_CTL_ADD, timer, &wanted);
        std::thread waiter([&] {
            epoll_event told{};
            EXPLORE_REQUIRE(epoll_wait(loop, &told, 1, -1) == 1);
            EXPLORE_REQUIRE(clock::now() - start >= 3h);
        });
        waiter.join();
    }));
    expect(std::chrono::steady_clock::now() - begin < 1h, "real time went by");
}

// A call looks as it begins how it waits, before its own step: who changes that meanwhile matters.
void network_ways_of_waiting()
{
    const auto while_another_receives = [](auto change) {
        return search([change] {
            int ends[2];
            EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
            std::thread other([&] {
                char byte = 0;
                recv(ends[1], &byte, 1, 0);
            });
            change(ends[1]);
            other.join();
        });
    };
    expect_failure(while_another_receives([](int socket) {
                       const timeval limit = {1, 0};
                       setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
                   }),
                   "deadlock", "recv");
    expect_failure(while_another_receives([](int socket) { fcntl(socket, F_SETFL, O_NONBLOCK); }),
                   "deadlock", "recv");
    expect_failure(while_another_receives([](int socket) {
                       int on = 1;
                       ioctl(socket, FIONBIO, &on);
                   }),
                   "deadlock", "recv");
}

// Whether a timer is due as it is set depends on the time, like its end.
void network_timer_due_at_once()
{
    expect_failure(
        search([] {
            const auto soon = std::chrono::steady_clock::now().time_since_epoch() + 500ns;
            const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
            std::thread other([&] {
                const auto seconds = std::chrono::floor<std::chrono::seconds>(soon);
                const itimerspec when = {{}, {seconds.count(), (soon - seconds).count()}};
                timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
                std::uint64_t times = 0;
                EXPLORE_REQUIRE(read(timer, &times, sizeof times) == sizeof times);
            });
            std::chrono::steady_clock::now(); // a look at the clock takes time
            other.join();
        }),
        "wrong result", "times");
}

// What is sent orders what was done before with what is done after it was received; nothing else
// does, and the bytes themselves are memory like any other.
void network_orders_memory()
{
    expect_pass(search([] {
        int ends[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        int shared = 0;
        std::thread other([&] {
            shared = 1;
            EXPLORE_REQUIRE(write(ends[0], "x", 1) == 1);
        });
        char byte = 0;
        EXPLORE_REQUIRE(read(ends[1], &byte, 1) == 1 && shared == 1);
        other.join();
    }));
    expect_failure(search([] {
                       int ends[2];
                       EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
                       int shared = 0;
                       std::thread other([&] {
                           EXPLORE_REQUIRE(write(ends[0], "x", 1) == 1);
                           shared = 1;
                       });
                       char byte = 0;
                       EXPLORE_REQUIRE(read(ends[1], &byte, 1) == 1 && shared < 2);
                       other.join();
                   }),
                   "data race", "shared");
    expect_failure(search([] {
                       int ends[2];
                       EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
                       char text = 'a';
                       std::thread other([&] { write(ends[0], &text, 1); });
                       text = 'b';
                       other.join();
                   }),
                   "data race", "text");
}

void network_failures()
{
    expect_failure(search([] {
                       int ends[2];
                       EXPLORE_REQUIRE(pipe(ends) == 0);
                       close(ends[0]);
                       write(ends[1], "x", 1);
                   }),
                   "crash", "SIGPIPE");
    expect_failure(search([] {
                       int listener = -1;
                       a_listener(listener);
                       std::thread other([=] { accept(listener, nullptr, nullptr); });
                       other.join();
                   }),
                   "deadlock", "waits in accept(");
}

// The course's own server and client, with threads that are stopped as it stops them.
void network_of_given_code()
{
    expect_pass(search([] {
        given::listener listener({});
        std::thread server([&] {
            while (auto client = listener.accept()) {
                client->send_all(client->receive(100, 1s) + "\n");
            }
        });
        for (const char* word : {"one", "two"}) {
            given::connection client = given::connect_to({"127.0.0.1", listener.port()});
            client.send_all(word);
            std::string heard;
            for (std::string more; !(more = client.receive(100, 1s)).empty();) {
                heard += more;
            }
            EXPLORE_REQUIRE(heard == std::string(word) + "\n");
        }
        listener.cancel();
        server.join();
    }));
}

// A world begins anew with each schedule, and what is sent comes whole and in order.
void network_is_new_each_time()
{
    expect_pass(search([] {
        int listener = -1;
        const sockaddr_in address = a_listener(listener);
        EXPLORE_REQUIRE(listener == 500 && ntohs(address.sin_port) == 40000);
        std::thread client([&] {
            const int mine = socket(AF_INET, SOCK_STREAM, 0);
            EXPLORE_REQUIRE(
                connect(mine, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
            const std::string much(20000, 'a');
            EXPLORE_REQUIRE(send(mine, much.data(), much.size(), 0) == 20000);
            close(mine);
        });
        const int server = accept(listener, nullptr, nullptr);
        std::string heard(20001, '\0');
        EXPLORE_REQUIRE(recv(server, heard.data(), heard.size(), MSG_WAITALL) == 20000);
        client.join(); // no descriptor is closed: they go with the schedule
    }));
}

} // namespace

std::vector<check> checks_of_network()
{
    return {
        {"network_time", network_time},
        {"network_ways_of_waiting", network_ways_of_waiting},
        {"network_timer_due_at_once", network_timer_due_at_once},
        {"network_orders_memory", network_orders_memory},
        {"network_failures", network_failures},
        {"network_is_new_each_time", network_is_new_each_time},
        {"network_of_given_code", network_of_given_code},
    };
}

} // namespace cases
