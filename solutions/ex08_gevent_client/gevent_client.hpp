// Clients that look as if they blocked, and do not: each request is a greenlet, which lets the
// others run whenever it waits for the network. There is one thread, the caller's.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <string>
#include <vector>

/// The longest reply that request() takes.
inline constexpr std::size_t longest_reply = 64 * 1024;

/// Connects to `server`, reads until it closes the connection, and returns all that came. The
/// calling greenlet (or main) waits, and others run meanwhile. Throws std::system_error with
/// asio's code when connecting or reading fails, and std::length_error as soon as the reply is
/// longer than longest_reply. The connection is closed in any case.
std::string request(const asio::ip::tcp::endpoint& server);

/// Sends `count` requests, all of them under way before the first reply is waited for, and returns
/// the replies in the order of the requests, whatever order they came in. Returns, or throws the
/// first error in that order, only after all of them have ended. Starts no thread. Throws
/// std::invalid_argument for a negative count; for 0 there are no replies.
std::vector<std::string> concurrent_requests(const asio::ip::tcp::endpoint& server, int count);
