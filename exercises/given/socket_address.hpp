// What socket.cpp and listener.cpp share and nobody else needs: an endpoint as the system spells
// it, and a failed call as an exception. No threads.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/socket.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <system_error>

namespace given {

/// Throws std::invalid_argument for an address that is not numeric IPv4.
inline sockaddr_in socket_address(const endpoint& where)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(where.port);
    if (inet_pton(AF_INET, where.address.c_str(), &address.sin_addr) != 1) {
        throw std::invalid_argument("'" + where.address + "' is not an IPv4 address");
    }
    return address;
}

/// The failure `error` (an errno) of a system call, with what was being tried.
inline std::system_error failure(int error, const std::string& what)
{
    return std::system_error(error, std::generic_category(), what);
}

} // namespace given
