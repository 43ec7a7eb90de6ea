// The lecture's `nc localhost 5000` as an object: connects at once, reads later, so that several of
// them can be connected before any of them reads. Every wait is bounded. No threads.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/socket.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace given {

class line_client {
public:
    /// Connects; throws as connect_to(). `patience` bounds this and each later call.
    explicit line_client(const endpoint& where,
                         std::chrono::milliseconds patience = std::chrono::seconds{5});

    /// Sends `text` as it is; nothing is added.
    void send(std::string_view text) { connection_.send_all(text); }

    /// Everything up to and with the next newline; less if the server closes before. Throws
    /// std::system_error (timed_out, connection_reset) and std::length_error for more than `most`
    /// bytes without a newline.
    std::string read_line(std::size_t most = 4096);

    /// Everything until the server closes, "" if it sent nothing. Throws as read_line().
    std::string read_to_end(std::size_t most = 4096);

    void close() noexcept { connection_.close(); }

    /// Leaves the rude way: the server sees "connection reset".
    void reset() noexcept { connection_.reset(); }

    int native_handle() const noexcept { return connection_.native_handle(); }

private:
    bool receive_more(std::chrono::steady_clock::time_point deadline, std::size_t most);

    std::chrono::milliseconds patience_;
    connection connection_;
    std::string received_; // came in and was not yet asked for
};

} // namespace given
