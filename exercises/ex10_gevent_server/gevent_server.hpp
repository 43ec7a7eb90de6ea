// The lecture's last server: a greenlet for each connection, all in one thread, the one that calls
// serve_forever(). Between two waits nothing else runs, so the count needs no lock. stop(), from
// any thread, ends serve_forever(), which ends the greenlets.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "greenlet.hpp"

#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

/// Serves each connection by a function in a greenlet of its own; gevent's StreamServer.
class stream_server {
public:
    using handler = std::function<void(asio::ip::tcp::socket& connection)>;

    /// Listens on `where` from now on; port 0 picks a free port. Throws std::system_error when it
    /// cannot listen there. Belongs to the thread that makes it.
    stream_server(const asio::ip::tcp::endpoint& where, handler handle);

    /// The port it listens on, before serve_forever() as well.
    std::uint16_t port() const;

    /// Calls `handle` for each client, each in a greenlet of its own, and closes the connection
    /// when it returns or throws. A handler that throws ends its own connection, and is reported on
    /// stderr with the client's address; the server goes on, also when descriptors run out for a
    /// while. Waits (as green::wait does) until stop(); then kills the greenlets that still serve,
    /// and returns when they have ended. Throws std::logic_error in another thread than the
    /// server's.
    void serve_forever();

    /// Ends serve_forever(), now or when it is called; no more clients are accepted: they are
    /// refused, or wait until the server is destroyed. From any thread, also from a handler; does
    /// not wait. Calling it twice is fine.
    void stop();

private:
    struct listening;

    void accept_until_stopped(std::list<green::any_greenlet>& serving);

    const handler handle_;
    const std::shared_ptr<listening> listening_; // shared with what stop() has posted
};

/// Counts its clients, and tells each its number: `<N>` and a newline.
class gevent_server {
public:
    /// Listens as stream_server does. `work` is done for each client between reading the count and
    /// writing it.
    explicit gevent_server(const asio::ip::tcp::endpoint& where, std::function<void()> work = {});

    std::uint16_t port() const { return server_.port(); }

    /// Serves until stop(), as stream_server::serve_forever() does.
    void run() { server_.serve_forever(); }

    /// As stream_server::stop().
    void stop() { server_.stop(); }

    /// Reads the count, does the work, writes the count it read plus one, and then sends that
    /// number. As long as `work` does not wait, no number is lost or given twice.
    void handle(asio::ip::tcp::socket& connection);

private:
    std::function<void()> work_;
    int n_ = 0; // no lock: nobody else runs between two waits
    stream_server server_;
};
