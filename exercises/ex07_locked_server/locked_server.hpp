// The threaded server with its count mended, twice. coarse_server locks the whole handling: right,
// and as slow as one client at a time. fine_server locks no more than it must: the few
// instructions that read and write the count. Neither holds its lock while a reply is sent.
//
// Threads: the one in run(), which accepts, and one per connection. stop() ends run(), which joins
// them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/listener.hpp"
#include "given/work.hpp"

#include <cstdint>
#include <mutex>
#include <string>

/// Locks the whole handling of a client.
class coarse_server {
public:
    /// Listens on `where`; port 0 picks a free port. `work` is done for each client before it gets
    /// its reply, by one thread at a time. Throws std::system_error, naming address and port, when
    /// it cannot listen there.
    coarse_server(const given::endpoint& where, given::work work);

    /// The port it listens on, before run() as well.
    std::uint16_t port() const { return listener_.port(); }

    /// Serves each client in a thread of its own, as serve_each_in_a_thread() promises. Returns
    /// after stop(), once every client that was accepted has its reply and every thread is joined.
    void run();

    /// Makes run() return soon, now or when it is called. From any thread, also from `work`; does
    /// not wait for run(). Calling it twice is fine.
    void stop();

    /// Does the work, counts the client and returns the reply_line() with its number and the time
    /// that the work took: all of it while no other thread is in handle(). Every client has a
    /// number of its own, and none is left out. When `work` throws, so does handle(); no number is
    /// used up and nothing stays locked. Any number of threads may call it; touches no socket.
    std::string handle();

private:
    given::listener listener_;
    given::work work_;
    std::mutex mutex_; // held for the whole of handle(), the work included
    int n_ = 0;        // guarded by mutex_
};

/// Locks only where it counts.
class fine_server {
public:
    /// As coarse_server's, but `work` is done by several threads at once.
    fine_server(const given::endpoint& where, given::work work);

    /// The port it listens on, before run() as well.
    std::uint16_t port() const { return listener_.port(); }

    /// As coarse_server's.
    void run();

    /// As coarse_server's.
    void stop();

    /// As coarse_server's, except that any number of threads may do their work at the same time.
    std::string handle();

private:
    given::listener listener_;
    given::work work_;
    std::mutex mutex_; // held for the count alone, never during the work
    int n_ = 0;        // guarded by mutex_
};
