// Bad luck that every server of Part 2 outlives: rude clients, crowds, exhausted descriptors, and
// being started and stopped for ever. Included after server_contract.hpp by the tests of the
// servers that have a loop of their own.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/no_descriptors.hpp"
#include "support/server_contract.hpp"

#include <fstream>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

TEST_CASE("a client that leaves before its reply disturbs nobody", SERVER_TAG "[step3]")
{
    support::gate working;
    support::gate left;
    support::running_server<server> running{[&] {
        working.open();
        left.wait();
    }};
    given::line_client leaving{running.where()};
    REQUIRE(working.wait());

    leaving.close();
    left.open();

    // Whether the one that left was counted before this one came is not promised.
    REQUIRE(number_in(ask(running.where())) > 0);
    running.end();
}

TEST_CASE("a client that resets its connection disturbs nobody", SERVER_TAG "[step3]")
{
    const bool says_goodbye = GENERATE(false, true); // then sending fails in another way: EPIPE
    support::gate working;
    support::gate reset;
    support::running_server<server> running{[&] {
        working.open();
        reset.wait();
    }};
    given::line_client resetting{running.where()};
    REQUIRE(working.wait());

    if (says_goodbye) {
        ::shutdown(resetting.native_handle(), SHUT_WR);
    }
    resetting.reset(); // now the server cannot send the reply
    reset.open();

    REQUIRE(number_in(ask(running.where())) > 0);
    for (int i = 0; i < 20; ++i) {
        given::line_client{running.where()}.reset(); // perhaps before it was even accepted
    }
    REQUIRE(number_in(ask(running.where())) > 0);
}

TEST_CASE("a reply that cannot be sent is reported on stderr", SERVER_TAG "[step3]")
{
    std::string said;
    {
        const support::kept_stderr kept;
        support::reset_at_work<server> at_work;
        at_work.running.end();
        said = kept.said();
    }
    REQUIRE_FALSE(said.empty());
}

TEST_CASE("whenever a client resets its connection: nobody minds", SERVER_TAG "[step3][explore]")
{
    const support::kept_stderr kept; // the server says each time what went wrong
    explore([] {
        support::explored_server<server> running{support::no_work()};
        std::thread rude{[&] {
            given::line_client resetting{running.where()};
            ::shutdown(resetting.native_handle(), SHUT_WR); // so that sending fails with EPIPE
            resetting.reset();
        }};
        const int number = number_in(ask(running.where()));
        rude.join();
        running.end();
        EXPLORE_REQUIRE((number == 1 || number == 2));
    });
}

TEST_CASE("bad luck with system calls costs nobody the reply", SERVER_TAG "[step3][explore]")
{
    // A signal interrupts one that waits; one sends less than it was given; one finds no
    // descriptor.
    explore(
        [] {
            support::explored_server<server> running{support::no_work()};
            const int number = number_in(ask(running.where()));
            running.end();
            EXPLORE_REQUIRE(number == 1);
        },
        {.short_transfers = 1, .interruptions = 1, .accept_failures = 1});
}

TEST_CASE("a client that never sends or reads disturbs nobody", SERVER_TAG "[step3]")
{
    support::running_server<server> running;
    const given::line_client silent{running.where()}; // stays connected to the end

    REQUIRE(number_in(ask(running.where())) > 0);
    running.end();
}

TEST_CASE("a client that talks first gets its reply all the same", SERVER_TAG "[step3]")
{
    support::gate talked;
    support::running_server<server> running{[&] { talked.wait(); }};
    given::line_client talkative{running.where()};

    talkative.send(std::string(10'000, 'x'));
    talked.open();

    REQUIRE(number_in(talkative.read_to_end()) == 1);
}

namespace support {

/// Lets so many clients connect before the server accepts the first; how many get their reply.
inline int answered_of(int crowd)
{
    // Both ends of each connection are in this process.
    need_descriptors(2 * static_cast<unsigned long>(crowd) + 100);
    int backlog = 0;
    std::ifstream{"/proc/sys/net/core/somaxconn"} >> backlog;
    if (backlog < crowd) {
        cannot_judge(std::to_string(crowd) +
                     " clients must be able to wait, and this system lets " +
                     std::to_string(backlog) + ": as root,  sysctl net.core.somaxconn=4096");
    }
    std::vector<given::line_client> clients;
    running_server<server> running{
        no_work(), [&](server& fresh) {
            for (int i = 0; i < crowd; ++i) {
                clients.emplace_back(given::endpoint{"127.0.0.1", fresh.port()});
            }
        }};
    int answered = 0;
    for (given::line_client& client : clients) {
        answered += number_in(client.read_to_end()) > 0;
    }
    return answered;
}

} // namespace support

TEST_CASE("100 clients at once all get their reply", SERVER_TAG "[step3]")
{
    REQUIRE(support::answered_of(100) == 100);
}

TEST_CASE("2000 clients at once all get their reply", SERVER_TAG "[step3][soak]")
{
    REQUIRE(support::answered_of(2000) == 2000);
}

TEST_CASE("descriptors that run out for a second cost nobody the reply", SERVER_TAG "[step3]")
{
    support::running_server<server> running;
    REQUIRE(running.sleeps_on());
    const auto busy_before = running.busy();
    std::optional<support::no_descriptors> exhausted{std::in_place};
    exhausted->give_one_back();
    given::line_client client{running.where()};

    // The client waits to be accepted, and no descriptor is left for that. The server looks for one
    // again and again, at a few microseconds of the processor's time each.
    const bool looked = support::eventually([&] {
        return running.returns_within(std::chrono::milliseconds{0}) ||
               running.busy() > busy_before + std::chrono::microseconds{200};
    });
    const bool ended = running.returns_within(std::chrono::milliseconds{0});
    exhausted.reset();

    REQUIRE(looked);
    REQUIRE_FALSE(ended);
    REQUIRE(number_in(client.read_to_end()) == 1);
    REQUIRE(number_in(ask(running.where())) == 2);
}

TEST_CASE("10000 starts and stops leave nothing behind", SERVER_TAG "[step3][soak]")
{
    const int threads = support::take_census().threads;
    {
        support::running_server<server> warm_up;
    }
    support::eventually([&] { return support::take_census().threads == threads; }); // it is gone
    const support::census before = support::take_census();
    for (int cycle = 0; cycle < 10'000; ++cycle) {
        support::running_server<server> running;
        if (cycle % 100 == 0) {
            REQUIRE(number_in(ask(running.where())) == 1);
        }
    }
    REQUIRE(support::back_to(before));
}
