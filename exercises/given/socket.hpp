// One TCP connection over loopback, as a value that closes itself: the sockets of the servers in
// Part 2 and of the clients that try them. Plain POSIX calls and no library, for two reasons: what
// accept, send and close do is what these exercises are about, and asio's header would make every
// compilation of the student's file four times as long. Nothing here starts a thread.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace given {

/// Where a server listens or a client connects to: a numeric IPv4 address and a port. Port 0 asks
/// the system for a free one.
struct endpoint {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
};

/// "127.0.0.1:5000".
std::string to_string(const endpoint& where);

/// One end of a TCP connection; movable, closed when it goes. To be used by one thread at a time.
class connection {
public:
    /// Takes over an open socket, or -1 for none.
    explicit connection(int descriptor = -1) noexcept : descriptor_{descriptor} {}
    connection(connection&& other) noexcept;
    connection& operator=(connection&& other) noexcept;
    ~connection() { close(); }

    /// Hands all of `text` to the system. Returns when it lies in the connection's buffer (a reply
    /// of one line always fits), else blocks until the peer reads. Throws std::system_error when
    /// the peer is gone; never raises SIGPIPE.
    void send_all(std::string_view text);

    /// At most `most` bytes as soon as there are any; "" when the peer has closed. Throws
    /// std::system_error: timed_out when nothing came for `patience`, connection_reset, ...
    std::string receive(std::size_t most, std::chrono::milliseconds patience);

    /// Says goodbye and closes: the peer reads what was sent, then the end. Closing twice is fine.
    void close() noexcept;

    /// Closes at once and drops whatever is still on its way: the peer sees "connection reset".
    void reset() noexcept;

    bool is_open() const noexcept { return descriptor_ != -1; }
    int native_handle() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

/// Connects, within `patience`. Throws std::system_error with the address in the message:
/// connection_refused, timed_out (the server's backlog is full), too_many_files_open, ...; and
/// std::invalid_argument for an address that is none.
connection connect_to(const endpoint& where,
                      std::chrono::milliseconds patience = std::chrono::seconds{5});

} // namespace given
