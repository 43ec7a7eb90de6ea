// One client at a time: what naive_server promises beyond the servers' common contract.
//
// SPDX-License-Identifier: MIT
#include "naive_server.hpp"
#include "reply_line.hpp"

using server = naive_server;
#define SERVER_TAG "[ex05]"
#include "support/server_contract.hpp"
#include "support/server_endurance.hpp"

#include "explore/compute.hpp"

#include <thread>

using namespace std::chrono_literals;

TEST_CASE("a reply names the number and the time with one decimal", "[ex05][step1]")
{
    REQUIRE(reply_line(1, 24'600us) == "<1, took 24.6 ms>\n");
    const std::string number = std::to_string(support::drawn(42, 2, 999'999));
    const std::string time = std::to_string(support::drawn(15, 2, 99'999));
    REQUIRE(reply_line(std::stoi(number), std::stoi(time) * 1ms) ==
            "<" + number + ", took " + time + ".0 ms>\n");
    REQUIRE(reply_line(1'000'000, 0ms) == "<1000000, took 0.0 ms>\n");
    REQUIRE(reply_line(7, 1'234'567us) == "<7, took 1234.6 ms>\n");
    REQUIRE(reply_line(7, 999'960ns) == "<7, took 1.0 ms>\n");
    REQUIRE(reply_line(7, 2'097'152'100us) == "<7, took 2097152.1 ms>\n"); // 35 minutes
}

TEST_CASE("the time in the reply is the clock's and not the processor's", "[ex05][step1][explore]")
{
    naive_server timing{given::endpoint{}, [] { explorer::compute(1s); }};
    explore([&] { EXPLORE_REQUIRE(support::time_in_reply(timing) == 1000.0); });
}

TEST_CASE("the second client waits until the first is done", "[ex05][step2]")
{
    support::gate working;
    support::gate second_connected;
    std::atomic<int> inside = 0;
    std::atomic<int> most_inside = 0;
    std::vector<std::thread::id> workers; // written by one thread at a time, if the promise holds
    std::mutex mutex;                     // guards workers, if it does not
    auto work = [&] {
        most_inside = std::max(most_inside.load(), ++inside);
        working.open();
        second_connected.wait();
        const std::lock_guard lock{mutex};
        workers.push_back(std::this_thread::get_id());
        --inside;
    };
    support::running_server<naive_server> one_at_a_time{work};
    const std::thread::id serving = one_at_a_time.thread();

    const given::endpoint where = one_at_a_time.where();
    given::line_client first{where};
    const bool first_is_served = working.wait();
    given::line_client second{where};
    second_connected.open();
    const std::string replies = first.read_to_end() + second.read_to_end();

    one_at_a_time.end();
    REQUIRE(first_is_served);
    REQUIRE(most_inside == 1);
    // Whoever does all the work in the one thread that is in run() cannot do two things at once.
    REQUIRE(workers == std::vector{serving, serving});
    const auto end_of_first = replies.find('\n') + 1;
    REQUIRE(number_in(replies.substr(0, end_of_first)) == 1);
    REQUIRE(number_in(replies.substr(end_of_first)) == 2);
}

TEST_CASE("two clients who come at once are served one by one", "[ex05][step2][explore]")
{
    explore([] {
        std::atomic<int> inside = 0;
        const auto numbers = support::numbers_of_two_clients<naive_server>([&] {
            EXPLORE_REQUIRE(++inside == 1);
            --inside;
        });
        EXPLORE_REQUIRE(numbers == std::pair(1, 2));
    });
}

TEST_CASE("a client that was not accepted before stop() gets no reply", "[ex05][step2]")
{
    support::gate working;
    support::gate finish;
    std::optional<support::running_server<naive_server>> running{std::in_place, [&] {
                                                                     working.open();
                                                                     finish.wait();
                                                                 }};
    given::line_client first{running->where()};
    REQUIRE(working.wait());
    given::line_client second{running->where()}; // the server has no thread for it yet

    running->server().stop();
    finish.open();
    running->end();
    running.reset();

    REQUIRE(number_in(first.read_to_end()) == 1);
    std::string reply;
    try {
        reply = second.read_to_end();
    } catch (const std::system_error&) { // a reset: no reply either
    }
    REQUIRE(reply.empty());
}

TEST_CASE("a reply that cannot be sent has used up its number", "[ex05][step3]")
{
    bool found_out = false;
    int next = 0;
    {
        const support::kept_stderr kept;
        const support::reset_at_work<naive_server> server;
        found_out = support::eventually([&] { return !kept.said().empty(); });
        next = number_in(ask(server.running.where()));
    }
    REQUIRE(found_out);
    REQUIRE(next == 2);
}
