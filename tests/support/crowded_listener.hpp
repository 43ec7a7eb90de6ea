// A listener whose queue is full: whoever connects has to wait until he is let in.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/descriptor.hpp"
#include "support/machine.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <system_error>

namespace support {

inline const needs_loopback every_listener_does;

class crowded_listener {
public:
    /// Listens on a free port of 127.0.0.1 with room for one, who is there when it returns. Throws
    /// std::system_error when no socket or port is to be had.
    crowded_listener()
    {
        const int yes = 1; // for let_in()
        if (::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0 ||
            ::bind(listener_.get(), generic(address_), sizeof address_) != 0 ||
            ::listen(listener_.get(), 0) != 0 || !take_name(listener_, address_)) {
            throw std::system_error(errno, std::generic_category(), "crowded_listener");
        }
        ::connect(first_.get(), generic(address_), sizeof address_);
        pollfd waiting = {listener_.get(), POLLIN, 0};
        ::poll(&waiting, 1, 5000);
    }

    const sockaddr_in& address() const { return address_; }

    /// Lets in who waits; if nobody does, there is room for the next. Does not block.
    ///
    /// The system would notice the room only when it tries again, after a second. So who waits is
    /// connected to from this very port: when the first packets of two sides cross each other, they
    /// are connected at once, and neither has accepted the other (RFC 9293, figure 7).
    void let_in() const
    {
        given::descriptor(::accept(listener_.get(), nullptr, nullptr));
        const int port = port_of_who_waits();
        if (port == 0) {
            return;
        }
        const int yes = 1;
        ::setsockopt(other_side_.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
        if (::bind(other_side_.get(), generic(address_), sizeof address_) == 0) {
            sockaddr_in whom = address_;
            whom.sin_port = htons(static_cast<std::uint16_t>(port));
            ::connect(other_side_.get(), generic(whom), sizeof whom);
        }
    }

    /// Ends the connection of who has been let in; nothing was said. Waits for 5 s at most until he
    /// is connected.
    void hang_up() const
    {
        pollfd connected = {other_side_.get(), POLLOUT, 0};
        ::poll(&connected, 1, 5000);
        ::shutdown(other_side_.get(), SHUT_WR);
    }

private:
    static given::descriptor tcp_socket(int flags)
    {
        return given::descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    }

    static const sockaddr* generic(const sockaddr_in& address)
    {
        return reinterpret_cast<const sockaddr*>(&address);
    }

    static bool take_name(const given::descriptor& socket, sockaddr_in& address)
    {
        socklen_t size = sizeof address;
        return ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
    }

    // Of a connection that has been begun to our port and not been answered; 0 if there is none.
    // The lines are "number: address:port address:port state ...", in hexadecimal.
    int port_of_who_waits() const
    {
        std::ifstream connections("/proc/net/tcp");
        std::string number;
        std::string from;
        std::string to;
        std::string state;
        std::getline(connections, number); // the heading
        for (std::string rest; connections >> number >> from >> to >> state;
             std::getline(connections, rest)) {
            if (state == "02" && port_in(to) == ntohs(address_.sin_port)) {
                return port_in(from);
            }
        }
        return 0;
    }

    static int port_in(const std::string& name)
    {
        return std::stoi(name.substr(name.find(':') + 1), nullptr, 16);
    }

    static sockaddr_in loopback()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    sockaddr_in address_ = loopback();
    given::descriptor listener_ = tcp_socket(0);
    given::descriptor first_ = tcp_socket(SOCK_NONBLOCK);
    given::descriptor other_side_ = tcp_socket(SOCK_NONBLOCK);
};

} // namespace support
