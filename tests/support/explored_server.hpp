// A server of Part 2 and its clients inside explore(), on the explorer's own network: all of it is
// made anew in each schedule, and stop() comes whenever the search likes.
//
// Threads: the one in run(), one for each client but the test's own, and whatever the server
// starts. Every body joins its own before it ends.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"
#include "support/running_server.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace support {

/// A server that a thread of its own is in run() of. An exception from run() fails the schedule.
template <typename Server>
class explored_server {
public:
    explicit explored_server(given::work work)
        : server_{std::in_place, given::endpoint{}, std::move(work)},
          where_{"127.0.0.1", server_->port()},
          thread_{[this] { server_->run(); }}
    {}

    const given::endpoint& where() const { return where_; }

    /// Stops the server, waits until run() has returned, and destroys it. Once.
    void end()
    {
        server_->stop();
        thread_.join();
        server_.reset();
    }

private:
    std::optional<Server> server_; // emptied by end()
    given::endpoint where_;
    std::thread thread_; // joined by end()
};

/// The number that a client gets who may come too late: 0 if the system ended its connection, or
/// let none come about, because nobody listened any more. A server that has accepted it and then
/// says nothing has broken its word.
inline int number_unless_too_late(const given::endpoint& where)
{
    try {
        const int number = number_in(ask(where));
        EXPLORE_REQUIRE(number > 0);
        return number;
    } catch (const std::system_error& error) {
        EXPLORE_REQUIRE(error.code() == std::errc::connection_reset ||
                        error.code() == std::errc::connection_refused);
        return 0;
    }
}

/// The numbers that two clients get who come at the same time, the smaller one first.
template <typename Server>
std::pair<int, int> numbers_of_two_clients(given::work work)
{
    explored_server<Server> running{std::move(work)};
    int one = 0;
    std::thread first{[&] { one = number_in(ask(running.where())); }};
    const int other = number_in(ask(running.where()));
    first.join();
    running.end();
    return std::minmax(one, other);
}

/// The milliseconds in the reply that a client gets, inside explore(). Of a server whose work is
/// explorer::compute(1s): the explorer's clock moves only while nobody can run, so that it takes a
/// second to the tick.
template <typename Server>
double time_in_reply(Server& server)
{
    const std::optional<given::reply> reply = given::parse_reply(server.handle());
    EXPLORE_REQUIRE(reply);
    return reply->milliseconds;
}

} // namespace support
