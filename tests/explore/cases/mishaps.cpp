// What goes wrong on a network although nobody does anything wrong.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include "given/socket_address.hpp"

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cases {
namespace {

struct two_ends {
    int near = -1, far = -1;

    two_ends()
    {
        int both[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
        near = both[0];
        far = both[1];
    }
    ~two_ends()
    {
        close(near);
        close(far);
    }
};

constexpr const char* message = "hello\n";
constexpr std::size_t size = 6;

// write() says how much it took.
template <bool Wrong>
void short_write_ignored()
{
    const two_ends ends;
    std::thread writer([&] {
        std::size_t sent = 0;
        do {
            sent += static_cast<std::size_t>(write(ends.near, message + sent, size - sent));
        } while (!Wrong && sent < size);
        shutdown(ends.near, SHUT_WR);
    });
    std::string heard;
    char byte = 0;
    while (read(ends.far, &byte, 1) == 1) {
        heard += byte;
    }
    writer.join();
    EXPLORE_REQUIRE(heard == message);
}

// A signal ends a wait: that is no reason to stop reading.
template <bool Wrong>
void interruption_taken_for_the_end()
{
    const two_ends ends;
    std::thread writer([&] {
        while (send(ends.near, message, size, 0) == -1 && errno == EINTR) {
        }
    });
    std::string heard;
    while (heard.size() < size) {
        char part[size];
        const ssize_t got = recv(ends.far, part, sizeof part, 0);
        if (got > 0) {
            heard.append(part, static_cast<std::size_t>(got));
        } else if (Wrong || errno != EINTR) {
            break;
        }
    }
    writer.join();
    EXPLORE_REQUIRE(heard == message);
}

struct tcp_listener {
    int number = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = given::socket_address({});

    tcp_listener()
    {
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPLORE_REQUIRE(bind(number, generic, length) == 0 && listen(number, 5) == 0);
        EXPLORE_REQUIRE(getsockname(number, generic, &length) == 0);
    }
    ~tcp_listener() { close(number); }

    bool connect(int client) const
    {
        return ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
};

// One connection's end must not be the server's.
template <bool Wrong>
void reset_ends_the_server()
{
    const tcp_listener listener;
    int served = 0; // by the server's thread, read when it has ended
    std::thread server([&] {
        for (int i = 0; i < 2; ++i) {
            const int one = accept(listener.number, nullptr, nullptr);
            EXPLORE_REQUIRE(one != -1);
            char byte = 0;
            const ssize_t got = recv(one, &byte, 1, 0);
            if (got < 0 && Wrong) {
                throw std::system_error(errno, std::generic_category(), "recv");
            }
            close(one);
            ++served;
        }
    });
    for (int i = 0; i < 2; ++i) {
        const int client = socket(AF_INET, SOCK_STREAM, 0);
        EXPLORE_REQUIRE(listener.connect(client));
        send(client, "a", 1, MSG_NOSIGNAL); // to a broken connection: nothing to be done
        close(client);
    }
    server.join();
    EXPLORE_REQUIRE(served == 2);
}

// No descriptor is left for a moment: the client still waits.
template <bool Wrong>
void accept_gives_up()
{
    const tcp_listener listener;
    std::thread server([&] {
        int one = accept(listener.number, nullptr, nullptr);
        while (!Wrong && one == -1) {
            one = accept(listener.number, nullptr, nullptr);
        }
        if (one != -1) {
            send(one, "a", 1, MSG_NOSIGNAL);
            close(one);
        }
    });
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    char byte = 0;
    EXPLORE_REQUIRE(listener.connect(client));
    EXPLORE_REQUIRE(recv(client, &byte, 1, 0) == 1);
    close(client);
    server.join();
}

// connect() may fail.
template <bool Wrong>
void refusal_not_noticed()
{
    const tcp_listener listener;
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    bool connected = listener.connect(client);
    if (!connected && !Wrong) {
        connected = listener.connect(client);
    }
    EXPLORE_REQUIRE(send(client, "a", 1, MSG_NOSIGNAL) == 1);
    close(client);
}

// Nobody answers, for minutes: others must not have to wait for that.
template <bool Wrong>
void others_wait_for_a_hanging_connect()
{
    const tcp_listener listener;
    const int client = socket(AF_INET, SOCK_STREAM | (Wrong ? 0 : SOCK_NONBLOCK), 0);
    const auto before = std::chrono::steady_clock::now();
    const bool connected = listener.connect(client);
    EXPLORE_REQUIRE(std::chrono::steady_clock::now() - before < std::chrono::seconds(60));
    if (!connected) { // it would be told of by poll()
        pollfd waiting = {client, POLLOUT, 0};
        EXPLORE_REQUIRE(poll(&waiting, 1, -1) == 1);
        int error = 0;
        socklen_t length = sizeof error;
        EXPLORE_REQUIRE(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
        EXPLORE_REQUIRE(error == 0 || error == ETIMEDOUT);
    }
    close(client);
}

// Nothing comes any more, and nobody says so: only a time limit helps.
template <bool Wrong>
void waits_for_a_silent_peer()
{
    const tcp_listener listener;
    std::thread server([&] {
        const int one = accept(listener.number, nullptr, nullptr);
        send(one, "a", 1, MSG_NOSIGNAL);
        close(one);
    });
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    const timeval limit = {10, 0};
    if (!Wrong) {
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    char byte = 0;
    EXPLORE_REQUIRE(listener.connect(client));
    const ssize_t got = recv(client, &byte, 1, 0);
    EXPLORE_REQUIRE(got == 1 || errno == EAGAIN);
    close(client);
    server.join();
}

// Who sends to nobody is told some day; what was said before has arrived.
template <bool Wrong>
void sent_is_taken_for_arrived()
{
    const tcp_listener listener;
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    EXPLORE_REQUIRE(listener.connect(client));
    const int server = accept(listener.number, nullptr, nullptr);
    const bool sent = send(client, "a", 1, MSG_NOSIGNAL) == 1;
    pollfd heard = {server, POLLIN, 0};
    const bool arrived = poll(&heard, 1, 1000) == 1;
    EXPLORE_REQUIRE(sent && (arrived || !Wrong));
    if (!arrived) {
        char byte = 0;
        EXPLORE_REQUIRE(recv(client, &byte, 1, 0) == -1 && errno == ETIMEDOUT);
    }
    close(client);
    close(server);
}

// No descriptor is left for another socket.
template <bool Wrong>
void socket_taken_for_granted()
{
    const tcp_listener listener;
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    if (!Wrong && client == -1) {
        EXPLORE_REQUIRE(errno == EMFILE);
        return;
    }
    EXPLORE_REQUIRE(listener.connect(client));
    close(client);
}

} // namespace

std::vector<twin> of_mishaps()
{
    return {
        {"short_write_ignored",
         "write() takes less than it was given",
         short_write_ignored<true>,
         short_write_ignored<false>,
         {.short_transfers = 2}},
        {"interruption_taken_for_the_end",
         "a call that was interrupted is not made again",
         interruption_taken_for_the_end<true>,
         interruption_taken_for_the_end<false>,
         {.interruptions = 1}},
        {"reset_ends_the_server",
         "one broken connection ends the whole server",
         reset_ends_the_server<true>,
         reset_ends_the_server<false>,
         {.resets = 1}},
        {"accept_gives_up",
         "a server stops accepting for want of a descriptor",
         accept_gives_up<true>,
         accept_gives_up<false>,
         {.accept_failures = 2}},
        {"refusal_not_noticed",
         "nobody looks whether connect() succeeded",
         refusal_not_noticed<true>,
         refusal_not_noticed<false>,
         {.refusals = 1}},
        {"others_wait_for_a_hanging_connect",
         "connect() blocks while nobody answers",
         others_wait_for_a_hanging_connect<true>,
         others_wait_for_a_hanging_connect<false>,
         {.hangs = 1}},
        {"waits_for_a_silent_peer",
         "recv() without a time limit",
         waits_for_a_silent_peer<true>,
         waits_for_a_silent_peer<false>,
         {.silences = 1}},
        {"sent_is_taken_for_arrived",
         "send() says only that the system has taken it",
         sent_is_taken_for_arrived<true>,
         sent_is_taken_for_arrived<false>,
         {.silences = 1}},
        {"socket_taken_for_granted",
         "nobody looks whether there is a socket",
         socket_taken_for_granted<true>,
         socket_taken_for_granted<false>,
         {.socket_failures = 1}},
    };
}

} // namespace cases
