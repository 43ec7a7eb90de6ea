// A port at which nobody listens. Binding it without listening keeps it from everybody else, so
// that connecting to it is refused for certain; a port that was listened at and given back may have
// been picked by another test meanwhile.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/descriptor.hpp"
#include "support/machine.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>

namespace support {

inline const needs_loopback every_port_does;

/// Holds a free port of 127.0.0.1 for as long as it lives.
class silent_port {
public:
    /// Throws std::system_error when no socket or port is to be had.
    silent_port()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_.get(), generic, size) != 0 ||
            ::getsockname(socket_.get(), generic, &size) != 0) {
            throw std::system_error(errno, std::generic_category(), "silent_port");
        }
        number_ = ntohs(address.sin_port);
    }

    std::uint16_t number() const { return number_; }

private:
    given::descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t number_ = 0;
};

} // namespace support
