// The lecture's threaded server, race and all: each client has a thread, and the count of clients
// is read before the work and written after it. Whoever comes in between reads the same number.
// The counter is atomic and only loaded and stored, as the GIL makes it in Python: so this is a
// race condition, a wrong result, and yet no data race, which would be undefined behavior.
//
// Threads: the one in run(), which accepts, and one per connection. stop() ends run(), which joins
// them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/listener.hpp"
#include "given/work.hpp"

#include <atomic>
#include <cstdint>
#include <string>

class racy_server {
public:
    /// Listens on `where`; port 0 picks a free port. `work` is done for each client before it gets
    /// its reply, by several threads at once. Throws std::system_error, naming address and port,
    /// when it cannot listen there.
    racy_server(const given::endpoint& where, given::work work);

    /// The port it listens on, before run() as well.
    std::uint16_t port() const { return listener_.port(); }

    /// Serves each client in a thread of its own, as serve_each_in_a_thread() promises. Returns
    /// after stop(), once every client that was accepted has its reply and every thread is joined.
    void run();

    /// Makes run() return soon, now or when it is called. From any thread, also from `work`; does
    /// not wait for run(). Calling it twice is fine.
    void stop();

    /// Reads the count, does the work, writes the count it read plus one and returns that number's
    /// reply_line() with the time that the work took: *on purpose* not atomic as a whole. When
    /// `work` throws, so does handle(), and the count stays. Any number of threads may call it at
    /// once; touches no socket.
    std::string handle();

private:
    given::listener listener_;
    given::work work_;
    std::atomic<int> n_ = 0; // clients served, less those that were lost
};
