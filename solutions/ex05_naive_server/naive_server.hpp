// The lecture's first server: it counts its clients and tells each its number, one client after
// another. There is one thread, the one that calls run(). stop(), from whichever thread, makes
// run() return.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/listener.hpp"
#include "given/work.hpp"

#include <cstdint>
#include <string>

class naive_server {
public:
    /// Listens on `where`; port 0 picks a free port. `work` is done for each client before it gets
    /// its reply. Throws std::system_error, naming address and port, when it cannot listen there.
    naive_server(const given::endpoint& where, given::work work);

    /// The port it listens on, before run() as well.
    std::uint16_t port() const { return listener_.port(); }

    /// Serves one client after another, in this thread: sends what handle() returns, and closes
    /// the connection. Returns after stop(), once the client in hand has its reply. A client that
    /// leaves, resets or never reads, and a handle() that throws, cost that client its reply and
    /// nobody else anything: run() reports it on stderr and goes on.
    void run();

    /// Makes run() return soon, now or when it is called. From any thread, also from `work`; does
    /// not wait for run(). Calling it twice is fine.
    void stop();

    /// Does the work, counts the client and returns the reply_line() with its number (1, 2, ...)
    /// and the time that the work took. When `work` throws, so does handle(), and no number is used
    /// up. Called by run(); touches no socket.
    std::string handle();

private:
    given::listener listener_;
    given::work work_;
    int n_ = 0; // clients served; only the thread in run() touches it
};
