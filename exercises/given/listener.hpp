// A listening socket whose accept() can be called off from another thread, which a bare accept(2)
// cannot: it sleeps until a client comes. Here one thread (the server's) sits in accept(); any
// other may call cancel(), which makes a second descriptor readable that accept() watches too.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/socket.hpp"

#include <cstdint>
#include <optional>

namespace given {

/// How to listen.
struct listen_options {
    /// How many clients may wait to be accepted. The lecture's servers say 10, and leave most of
    /// 64 clients without an answer. The system's own bound is net.core.somaxconn, often 4096.
    int backlog = 4096;

    /// SO_REUSEPORT, as in the lecture: several servers may listen on one port, and the system
    /// deals the clients out among them. Off: a port in use is an error.
    bool reuse_port = false;
};

class listener {
public:
    /// Listens from now on: clients that connect before the first accept() wait in the backlog.
    /// Throws std::system_error with the address in the message, such as address_in_use, and
    /// std::invalid_argument for an address that is none.
    explicit listener(const endpoint& where, listen_options options = {});
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener();

    /// The port listened on, also when 0 was asked for.
    std::uint16_t port() const noexcept { return port_; }

    /// Blocks until a client has connected, and returns its connection; or until cancel(), and
    /// returns nothing, then and ever after, even if clients wait. A client that gave up while it
    /// waited is passed over. When the process has run out of descriptors or memory, accept() waits
    /// until there are some again; the clients stay in the backlog meanwhile. One thread at a time.
    std::optional<connection> accept();

    /// Ends accept(), now and from now on. From any thread, any number of times, before, during and
    /// after accept(); never blocks. Also allowed in a signal handler.
    void cancel() noexcept;

    int native_handle() const noexcept { return socket_.native_handle(); }

private:
    connection socket_;
    connection cancelled_; // an eventfd: readable once cancel() was called, and never read
    std::uint16_t port_ = 0;
};

} // namespace given
