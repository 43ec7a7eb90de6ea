// What every server of Part 2 promises, whatever threads it has; included by the test of each,
// after
//     using server = naive_server;
//     #define SERVER_TAG "[ex05]"
// Step 1 judges handle() alone, step 2 run() and stop() over real connections, and over the
// explorer's where an order of events that only luck brings would break the promise.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/drawn.hpp"
#include "support/explored_server.hpp"
#include "support/failures.hpp"
#include "support/kept_stderr.hpp"
#include "support/rendezvous.hpp"
#include "support/running_server.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

using support::ask;
using support::number_in;

TEST_CASE("handle() does the work once and returns the reply", SERVER_TAG "[step1]")
{
    int times = 0;
    server counting{given::endpoint{}, [&] { ++times; }};

    REQUIRE(number_in(counting.handle()) == 1);
    REQUIRE(times == 1);
    for (int client = 2, last = support::drawn(2, 3, 60); client <= last; ++client) {
        REQUIRE(number_in(counting.handle()) == client);
        REQUIRE(times == client);
    }
}

TEST_CASE("the time in the reply is how long the work took", SERVER_TAG "[step1]")
{
    using std::chrono::steady_clock;
    using milliseconds = std::chrono::duration<double, std::milli>;
    milliseconds worked{};
    server timing{given::endpoint{}, [&] {
                      const auto began = steady_clock::now();
                      while (steady_clock::now() < began + milliseconds{20}) {
                      }
                      worked = steady_clock::now() - began;
                  }};

    // The work measures itself from inside and the test from outside; the reply lies in between,
    // give or take the rounding to one decimal. Once more if the thread was kept from running
    // outside of the work, for that time could be mistaken for the work's.
    std::optional<given::reply> reply;
    milliseconds handled{};
    REQUIRE(support::eventually([&] {
        const auto began = steady_clock::now();
        reply = given::parse_reply(timing.handle());
        handled = steady_clock::now() - began;
        return handled < 1.5 * worked;
    }));
    REQUIRE(reply);
    REQUIRE(reply->milliseconds >= worked.count() - 0.051);
    REQUIRE(reply->milliseconds <= handled.count() + 0.051);
}

TEST_CASE("handle() whose work throws throws it on and uses no number", SERVER_TAG "[step1]")
{
    std::optional<int> failure;
    server failing{given::endpoint{}, [&] {
                       if (failure) {
                           support::fail(*failure);
                       }
                   }};

    REQUIRE(number_in(failing.handle()) == 1);
    failure = 0;
    REQUIRE_THROWS_WITH(failing.handle(), "no paper");
    failure = 3;
    REQUIRE_THROWS_AS(failing.handle(), support::failure_of_its_own);
    failure.reset();
    REQUIRE(number_in(failing.handle()) == 2);
}

TEST_CASE("each client gets one line and then the end", SERVER_TAG "[step2]")
{
    support::running_server<server> running;

    const std::string all = ask(running.where());

    // parse_reply() accepts nothing before the line and nothing after it.
    CAPTURE(all);
    REQUIRE(given::parse_reply(all));
}

TEST_CASE("numbers count up from 1 with each client", SERVER_TAG "[step2]")
{
    std::atomic<int> times = 0;
    support::running_server<server> running{[&] { ++times; }};

    const int clients = support::drawn(100, 50, 150);
    for (int client = 1; client <= clients; ++client) {
        REQUIRE(number_in(ask(running.where())) == client);
        REQUIRE(times == client);
    }
}

TEST_CASE("port 0 picks a free port and port() names it", SERVER_TAG "[step2]")
{
    support::running_server<server> one;
    support::running_server<server> other;

    REQUIRE(one.where().port != 0);
    REQUIRE(other.where().port != 0);
    REQUIRE(one.where().port != other.where().port);
    REQUIRE(number_in(ask(one.where())) == 1);
    REQUIRE(number_in(ask(one.where())) == 2);
    REQUIRE(number_in(ask(other.where())) == 1);
}

TEST_CASE("a port in use is a clear error", SERVER_TAG "[step2]")
{
    support::running_server<server> first;
    REQUIRE(number_in(ask(first.where())) == 1);

    std::error_code code;
    std::string message;
    try {
        server second{first.where(), support::no_work()};
    } catch (const std::system_error& error) {
        code = error.code();
        message = error.what();
    }

    REQUIRE(code == std::errc::address_in_use);
    REQUIRE(message == "cannot listen on " + to_string(first.where()) + ": " + code.message());
}

TEST_CASE("work that throws costs its own client the reply and no number", SERVER_TAG "[step2]")
{
    std::atomic<int> failure = -1;
    support::running_server<server> running{[&] {
        if (failure >= 0) {
            support::fail(failure);
        }
    }};

    REQUIRE(number_in(ask(running.where())) == 1);
    for (int kind = 0; kind < support::std_failures; ++kind) {
        failure = kind;
        REQUIRE(ask(running.where()).empty());
    }
    failure = -1;
    REQUIRE(number_in(ask(running.where())) == 2);
}

TEST_CASE("work that throws is reported on stderr", SERVER_TAG "[step2]")
{
    std::string said;
    {
        const support::kept_stderr kept;
        support::running_server<server> running{[] { support::fail(0); }};
        ask(running.where());
        running.end();
        said = kept.said();
    }
    REQUIRE_FALSE(said.empty());
}

TEST_CASE("stop() ends run() while it waits for a client", SERVER_TAG "[step2]")
{
    support::running_server<server> running;
    REQUIRE(number_in(ask(running.where())) == 1);

    running.end(); // which fails the case unless run() returns
}

TEST_CASE("stop() during the work: run() returns after that client's reply", SERVER_TAG "[step2]")
{
    support::gate working;
    support::gate finish;
    std::atomic<bool> finished = false;
    support::running_server<server> running{[&] {
        working.open();
        finish.wait();
        finished = true;
    }};
    given::line_client client{running.where()};
    REQUIRE(working.wait());

    running.server().stop();

    // A run() that does not wait for its client returns. Nothing announces that something does not
    // happen: should it look at a flag every now and then, it has 300 ms for that.
    REQUIRE(running.sleeps_on());
    REQUIRE_FALSE(running.returns_within(std::chrono::milliseconds{300}));
    finish.open();
    running.end();
    REQUIRE(finished);
    REQUIRE(number_in(client.read_to_end()) == 1);
}

TEST_CASE("stop() before run() and stop() twice are fine", SERVER_TAG "[step2]")
{
    {
        support::running_server<server> control;
        REQUIRE(number_in(ask(control.where())) == 1);
    }

    support::running_server<server> running{support::no_work(), [](server& fresh) {
                                                fresh.stop();
                                                fresh.stop();
                                            }};

    REQUIRE(running.returns_within(std::chrono::seconds{5}));
}

TEST_CASE("the work itself may call stop()", SERVER_TAG "[step2]")
{
    server* self = nullptr;
    support::running_server<server> running{[&] { self->stop(); },
                                            [&](server& fresh) { self = &fresh; }};

    REQUIRE(number_in(ask(running.where())) == 1);
    REQUIRE(running.returns_within(std::chrono::seconds{5}));
}

TEST_CASE("whenever stop() comes: who was accepted has a reply", SERVER_TAG "[step2][explore]")
{
    explore([] {
        std::atomic<int> worked = 0;
        support::explored_server<server> running{[&] { ++worked; }};
        const given::endpoint where = running.where();
        int number = 0;
        std::thread client{[&] { number = support::number_unless_too_late(where); }};

        running.end();
        const int worked_by_then = worked;
        client.join();

        EXPLORE_REQUIRE(number == worked_by_then);
        EXPLORE_REQUIRE(worked == worked_by_then);
    });
}

namespace support {

/// The last thing that a thread does: it counts itself.
struct counted_at_exit {
    std::atomic<int>* ended = nullptr;
    ~counted_at_exit() { ended != nullptr && ++*ended > 0; }
};

} // namespace support

TEST_CASE("when run() has returned its threads have ended", SERVER_TAG "[step2][explore]")
{
    explore([] {
        std::atomic<int> worked = 0;
        std::atomic<int> ended = 0;
        support::explored_server<server> running{[&] {
            static thread_local support::counted_at_exit mine;
            mine.ended = &ended;
            ++worked;
        }};
        const int number = number_in(ask(running.where()));

        running.end();

        EXPLORE_REQUIRE(number == 1);
        EXPLORE_REQUIRE(worked == 1);
        EXPLORE_REQUIRE(ended == 1);
    });
}

TEST_CASE("work that fails beside other work costs one reply", SERVER_TAG "[step2][explore]")
{
    const support::kept_stderr kept; // the server says each time what went wrong
    explore([] {
        std::atomic<bool> failed = false;
        const auto numbers = support::numbers_of_two_clients<server>([&] {
            if (!failed.exchange(true)) {
                support::fail(0);
            }
        });
        EXPLORE_REQUIRE(numbers == std::pair(0, 1));
    });
}

TEST_CASE("a server that has ended leaves no thread or descriptor behind", SERVER_TAG "[step2]")
{
    const support::census before = support::take_census();
    {
        support::running_server<server> running;
        const int clients = support::drawn(5, 3, 20);
        for (int client = 1; client <= clients; ++client) {
            REQUIRE(number_in(ask(running.where())) == client);
        }
    }
    REQUIRE(support::back_to(before));
}
