// A client on the explorer's own network: plain calls that wait as long as it takes, because inside
// explore() a wait without end is a report. Whatever the server does to it is a result, no failure.
//
// Threads: one at a time.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/socket_address.hpp"

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace support {

class explored_client {
public:
    /// Connects; waits until there is room in the server's backlog.
    explicit explored_client(std::uint16_t port)
    {
        const sockaddr_in address = given::socket_address({.port = port});
        note(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    }
    explored_client(const explored_client&) = delete;
    ~explored_client() { close(); }

    void send(std::string_view text)
    {
        note(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
    }

    /// The server reads the end, and may still answer.
    void says_no_more() { note(::shutdown(socket_, SHUT_WR)); }

    /// Leaves the rude way: the server sees "connection reset".
    void reset()
    {
        const linger at_once{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }

    void close() { ::close(std::exchange(socket_, -1)); }

    /// What comes until the server has closed, or the connection has broken.
    std::string read_to_end()
    {
        std::string all;
        char part[64];
        ssize_t got = 0;
        while (error_ == 0 && (got = ::recv(socket_, part, sizeof part, 0)) != 0) {
            if (note(got)) {
                all.append(part, static_cast<std::size_t>(got));
            }
        }
        return all;
    }

    /// The first errno of a call that failed; 0 for none.
    int error() const { return error_; }

private:
    bool note(ssize_t result)
    {
        if (result < 0 && error_ == 0) {
            error_ = errno;
        }
        return result >= 0;
    }

    int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error_ = 0;
};

/// What a client is told who only listens.
inline std::string told(std::uint16_t port)
{
    return explored_client{port}.read_to_end();
}

} // namespace support
