// Many clients at once, for as many requests as asked but no longer than allowed: each client is a
// thread that connects, reads to the end, and begins again. run_load() starts and joins them all.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/socket.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace given {

struct load {
    int clients = 1;                         // at the same time
    int requests = 100;                      // in all
    std::chrono::milliseconds limit{10'000}; // no request begins after this
};

/// How long requests took, from connecting to the end of the reply.
struct latency {
    std::chrono::microseconds min{}, median{}, p99{}, max{};
};

struct load_report {
    std::vector<std::string> replies;                // in no particular order
    std::vector<std::chrono::nanoseconds> latencies; // of replies, in the same order
    int failures = 0;                                // no reply, or an error
    std::string first_failure;                       // what it said, "" if there is none
    std::chrono::nanoseconds elapsed{};

    double requests_per_second() const;
    /// All zero when there are no replies.
    latency summary() const;
};

/// Sends `what` to the server at `where` and returns when every client has finished: soon after
/// `limit` at the latest. Throws std::invalid_argument for less than one client or request, and
/// std::system_error if a thread cannot be started.
load_report run_load(const endpoint& where, const load& what);

/// The title line and one line of the latency table, to be printed one below the other.
std::string latency_header();
std::string latency_row(const std::string& name, const load_report& report);

} // namespace given
