// Bad luck that every server of Part 2 outlives: rude clients, crowds, exhausted descriptors, and
// being started and stopped for ever. Included after server_contract.hpp by the tests of the
// servers that have a loop of their own.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/server_contract.hpp"

#include <fcntl.h>
#include <fstream>
#include <set>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace support {

/// Uses up this process's descriptors, all of them, until it goes. One thread at a time.
class no_descriptors {
public:
    no_descriptors()
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        // Few are enough, and quickly used up: those already open and some more.
        const rlimit few{static_cast<rlim_t>(take_census().descriptors) + 64, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
        int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        while (one != -1) {
            taken_.push_back(one);
            one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        }
    }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;
    ~no_descriptors()
    {
        for (const int one : taken_) {
            ::close(one);
        }
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

private:
    rlimit before_{};
    std::vector<int> taken_;
};

} // namespace support

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
    REQUIRE(running.end());
}

TEST_CASE("a client that resets its connection disturbs nobody", SERVER_TAG "[step3]")
{
    support::gate working;
    support::gate reset;
    support::running_server<server> running{[&] {
        working.open();
        reset.wait();
    }};
    given::line_client resetting{running.where()};
    REQUIRE(working.wait());

    resetting.reset(); // now the server cannot send the reply
    reset.open();

    REQUIRE(number_in(ask(running.where())) > 0);
    for (int i = 0; i < 20; ++i) {
        given::line_client{running.where()}.reset(); // perhaps before it was even accepted
    }
    REQUIRE(number_in(ask(running.where())) > 0);
}

TEST_CASE("a client that never sends or reads disturbs nobody", SERVER_TAG "[step3]")
{
    support::running_server<server> running;
    const given::line_client silent{running.where()}; // stays connected to the end

    REQUIRE(number_in(ask(running.where())) > 0);
    REQUIRE(running.end());
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

TEST_CASE("2000 clients at once all get their reply", SERVER_TAG "[step3][soak]")
{
    constexpr int crowd = 2000;
    // Both ends of each connection are in this process.
    support::need_descriptors(2 * crowd + 100);
    int backlog = 0;
    std::ifstream{"/proc/sys/net/core/somaxconn"} >> backlog;
    if (backlog < crowd) {
        support::cannot_judge("2000 clients must be able to wait, and this system lets " +
                              std::to_string(backlog) +
                              ": as root,  sysctl net.core.somaxconn=4096");
    }

    // All have connected before the server accepts the first.
    std::vector<given::line_client> clients;
    support::running_server<server> running{
        support::no_work(), [&](server& fresh) {
            for (int i = 0; i < crowd; ++i) {
                clients.emplace_back(given::endpoint{"127.0.0.1", fresh.port()});
            }
        }};
    int answered = 0;
    for (given::line_client& client : clients) {
        answered += number_in(client.read_to_end()) > 0;
    }

    REQUIRE(answered == crowd);
}

TEST_CASE("descriptors that run out for a second cost nobody the reply", SERVER_TAG "[step3][soak]")
{
    std::optional<given::line_client> client;
    std::optional<support::no_descriptors> exhausted;
    support::running_server<server> running{
        support::no_work(), [&](server& fresh) {
            client.emplace(given::endpoint{"127.0.0.1", fresh.port()});
            exhausted.emplace();
        }};

    // The client waits to be accepted, and no descriptor is left for that. The server looks for one
    // again and again, at a few microseconds of the processor's time each.
    REQUIRE(support::eventually([&] {
        return running.returns_within(std::chrono::milliseconds{0}) ||
               running.busy() > std::chrono::milliseconds{1};
    }));
    REQUIRE_FALSE(running.returns_within(std::chrono::milliseconds{0}));
    exhausted.reset();

    REQUIRE(number_in(client->read_to_end()) == 1);
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
