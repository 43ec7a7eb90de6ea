// The client with asio's coroutines: it reads like ex08's, but every place where another task may
// run says co_await.
//
// Threads: none of its own. A coroutine runs on the thread that runs its io_context, and only one
// thread does. async_requests() runs one itself, and returns when nothing is left to do.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

/// A reply longer than this is refused.
inline constexpr std::size_t longest_reply = 64 * 1024;

/// Connects and reads until the server closes: the whole reply. Throws std::system_error:
/// what the network says (connection_refused, connection_reset), or message_size for a reply longer
/// than longest_reply. The endpoint is passed by value: a coroutine outlives its caller's line.
asio::awaitable<std::string> async_request(asio::ip::tcp::endpoint server);

/// `count` requests, all in flight at once in the calling thread, and their replies in the order of
/// the requests. Blocks until the last has ended; then throws the first request's error, if any has
/// one. Throws std::invalid_argument for count < 0.
std::vector<std::string> async_requests(asio::ip::tcp::endpoint server, int count);

/// As async_request(), if the reply is there within `limit`. If not, the request is cancelled, its
/// connection is closed, and std::system_error with timed_out is thrown; at once for a limit of
/// zero or less. Leaves nothing running.
asio::awaitable<std::string> request_with_timeout(asio::ip::tcp::endpoint server,
                                                  std::chrono::milliseconds limit);
