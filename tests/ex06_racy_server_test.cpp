// A server that loses count on purpose. What must go wrong does so every time: the work that the
// tests inject makes clients overlap, and handle() is tried under thousands of schedules, alone and
// with clients.
//
// SPDX-License-Identifier: MIT
#include "race_report.hpp"
#include "racy_server.hpp"
#include "thread_per_connection.hpp"

#include "explore/compute.hpp"
#include "explore/explore.hpp"

using server = racy_server;
#define SERVER_TAG "[ex06]"
#include "support/server_contract.hpp"
#include "support/server_endurance.hpp"
#include "support/silent_port.hpp"

#include "reply_line.hpp"
#include "support/inside_work.hpp"
#include "support/stacks_of.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

namespace {

const given::endpoint any_port{};

/// A server that takes clients only to answer as `answer` likes, in a thread of its own.
class scripted_server {
public:
    explicit scripted_server(std::function<void(given::listener&)> answer)
        : listener_{any_port}, thread_{[this, answer = std::move(answer)] { answer(listener_); }}
    {}
    ~scripted_server() { listener_.cancel(); }
    given::endpoint where() const { return {"127.0.0.1", listener_.port()}; }

private:
    given::listener listener_;
    std::jthread thread_; // last member: joined before the listener goes
};

/// Answers once as many clients as there are `numbers` have connected, and the last one first.
scripted_server answer_when_all_are_here(std::vector<int> numbers)
{
    return scripted_server{[numbers](given::listener& listener) {
        std::vector<given::connection> clients;
        while (clients.size() < numbers.size()) {
            auto client = listener.accept();
            if (!client) {
                return;
            }
            clients.push_back(std::move(*client));
        }
        while (!clients.empty()) {
            clients.back().send_all(
                reply_line(numbers[clients.size() - 1], std::chrono::nanoseconds{0}));
            clients.pop_back();
        }
    }};
}

// handle() touches no socket. Its server is made once, ahead of all schedules, and counts on
// through them: that is fast, and what makes no call to the system can be proved.

/// Two clients at once, each in its own thread; the numbers they got.
std::pair<int, int> two_numbers(racy_server& shared)
{
    int one = 0;
    int two = 0;
    std::thread first{[&] { one = number_in(shared.handle()); }};
    std::thread second{[&] { two = number_in(shared.handle()); }};
    first.join();
    second.join();
    return {one, two};
}

/// How much address space this process has mapped, in bytes.
std::size_t mapped_bytes()
{
    std::size_t pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// What the Error says that `call` throws; nothing if it does not throw one.
template <class Error>
std::string message_of(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("the count is read before the work and written after it", "[ex06][step1]")
{
    // While the first client's work goes on, a second client comes and goes. No threads are needed
    // for that: the work itself lets the second one in.
    std::string inner;
    racy_server* shared = nullptr;
    bool interrupted = false;
    racy_server interrupting{any_port, [&] {
                                 if (!std::exchange(interrupted, true)) {
                                     inner = shared->handle();
                                 }
                             }};
    shared = &interrupting;

    const std::string outer = interrupting.handle();

    REQUIRE(number_in(inner) == 1);
    REQUIRE(number_in(outer) == 1);
    REQUIRE(number_in(interrupting.handle()) == 2);
}

TEST_CASE("the time in the reply is the clock's and not the processor's", "[ex06][step1][explore]")
{
    racy_server timing{any_port, [] { explorer::compute(std::chrono::seconds{1}); }};
    explore([&] { EXPLORE_REQUIRE(support::time_in_reply(timing) == 1000.0); });
}

TEST_CASE("two clients at once can get the same number", "[ex06][step1][explore]")
{
    racy_server shared{any_port, [] {}};

    const explorer::result found = explore_for("wrong result", [&] {
        const auto [one, two] = two_numbers(shared);
        EXPLORE_REQUIRE(one != two);
    });

    REQUIRE(found.failed);
}

TEST_CASE("a number is lost but there is no data race", "[ex06][step1][explore]")
{
    racy_server shared{any_port, [] {}};

    explore([&] {
        const int before = number_in(shared.handle());
        const auto [one, two] = two_numbers(shared);
        // Both may get the next number, or one of them the number after that.
        EXPLORE_REQUIRE(std::min(one, two) == before + 1);
        EXPLORE_REQUIRE(std::max(one, two) <= before + 2);
    });
}

TEST_CASE("two clients over TCP at once both get a number", "[ex06][step2][explore]")
{
    explore([] {
        const auto [smaller, larger] =
            support::numbers_of_two_clients<racy_server>(support::no_work());
        EXPLORE_REQUIRE(smaller == 1);
        EXPLORE_REQUIRE((larger == 1 || larger == 2));
    });
}

TEST_CASE("three overlapping clients get the same number every time", "[ex06][step2]")
{
    const int rounds = support::drawn(20, 10, 30);
    support::rendezvous all_working{3};
    std::atomic<bool> overlap = true;
    std::atomic<int> alone = 0;
    support::running_server<racy_server> running{[&] {
        if (overlap && !all_working.arrive_and_wait()) {
            ++alone;
        }
    }};

    for (int round = 1; round <= rounds; ++round) {
        const int number = 2 * round - 1; // two numbers a round: the shared one, and the next
        std::vector<given::line_client> clients;
        for (int i = 0; i < 3; ++i) {
            clients.emplace_back(running.where());
        }
        for (given::line_client& client : clients) {
            const int got = number_in(client.read_to_end());
            REQUIRE(alone == 0); // else the clients were not served at the same time
            REQUIRE(got == number);
        }
        overlap = false;
        REQUIRE(number_in(ask(running.where())) == number + 1);
        overlap = true;
    }
}

TEST_CASE("300 clients are served at the same time", "[ex06][step2]")
{
    constexpr int crowd = 300;
    support::need_descriptors(2 * crowd + 100); // both ends of each connection are in this process
    support::meeting everyone{crowd};
    support::running_server<racy_server> running{[&] { everyone.arrive(); }};
    std::vector<given::line_client> clients;
    for (int i = 0; i < crowd; ++i) {
        clients.emplace_back(running.where(), std::chrono::seconds{10}); // past the meeting's
    }
    for (given::line_client& client : clients) {
        REQUIRE(number_in(client.read_to_end()) > 0);
        REQUIRE_FALSE(everyone.missed());
    }
}

TEST_CASE("1000 times three overlapping clients get the same number", "[ex06][step2][soak]")
{
    support::rendezvous all_working{3};
    support::running_server<racy_server> running{[&] { all_working.arrive_and_wait(); }};

    for (int round = 1; round <= 1000; ++round) {
        const race_report report = provoke(running.where(), 3);
        REQUIRE(report.numbers == std::vector{round, round, round});
        REQUIRE(report.duplicates == 2);
    }
}

TEST_CASE("threads that have finished are joined while the server runs", "[ex06][step2]")
{
    // A thread that has ended and was not joined keeps its stack. These are too large for the
    // library to keep one for the next thread, and untouched pages cost nothing.
    constexpr std::size_t stack = std::size_t{512} << 20;
    support::gate working;
    support::gate finish;
    std::atomic<bool> hold = true;
    support::running_server<racy_server> running{[&] {
        if (hold.exchange(false)) {
            working.open();
            finish.wait();
        }
    }};
    const support::stacks_of one_size{stack};
    given::line_client oldest{running.where()}; // at work until all the others have gone
    REQUIRE(working.wait());
    const int threads = support::take_census().threads;
    const std::size_t before = mapped_bytes();
    for (int i = 0; i < 4; ++i) {
        REQUIRE(number_in(ask(running.where())) > 0);
        REQUIRE(support::eventually([&] { return support::take_census().threads == threads; }));
    }

    // The last one's thread may be joined when the next client comes.
    const bool joined = support::eventually([&] { return mapped_bytes() < before + 2 * stack; });
    finish.open();
    INFO("threads that ended long ago still have their stacks");
    REQUIRE(joined);
    REQUIRE(number_in(oldest.read_to_end()) > 0);
}

TEST_CASE("a thread that cannot be started costs only its own client", "[ex06][step3]")
{
    support::gate working;
    support::gate finish;
    std::atomic<bool> hold = true;
    support::running_server<racy_server> running{[&] {
        if (hold) {
            working.open();
            finish.wait();
        }
    }};
    // The first client's thread is at work, so that its stack is not to be had for the second.
    given::line_client first{running.where()};
    REQUIRE(working.wait());
    hold = false;

    bool reported = false;
    {
        const support::kept_stderr kept;
        const support::stacks_of no_thread_can_be_started{std::size_t{1}
                                                          << 47}; // beyond all memory
        REQUIRE(ask(running.where()).empty());
        reported = support::eventually([&] { return !kept.said().empty(); });
    }

    REQUIRE(reported);
    finish.open();
    REQUIRE(number_in(first.read_to_end()) == 1);
    REQUIRE(number_in(ask(running.where())) > 0);
}

TEST_CASE("provoke() connects every client before it reads a reply", "[ex06][step4]")
{
    const scripted_server server_of_three = answer_when_all_are_here({1, 2, 3});

    const race_report report = provoke(server_of_three.where(), 3);

    REQUIRE(report.numbers == std::vector{1, 2, 3});
    REQUIRE(report.duplicates == 0);
}

TEST_CASE("provoke() reports numbers in the order of connecting", "[ex06][step4]")
{
    const int last = support::drawn(8, 10, 10'000);
    const scripted_server server_of_four = answer_when_all_are_here({9, 7, last, 6});

    const race_report report = provoke(server_of_four.where(), 4);

    REQUIRE(report.numbers == std::vector{9, 7, last, 6});
    REQUIRE(report.replies.size() == 4);
    REQUIRE(report.replies[1] == "<7, took 0.0 ms>\n");
}

TEST_CASE("provoke() counts clients less distinct numbers as duplicates", "[ex06][step4]")
{
    REQUIRE(provoke(answer_when_all_are_here({5, 5, 5}).where(), 3).duplicates == 2);
    const int six = support::drawn(6, 6, 10'000);
    REQUIRE(provoke(answer_when_all_are_here({5, six, 5, six}).where(), 4).duplicates == 2);
    REQUIRE(provoke(answer_when_all_are_here({6, 5, 6}).where(), 3).duplicates == 1);
    REQUIRE(provoke(answer_when_all_are_here({1}).where(), 1).duplicates == 0);
}

TEST_CASE("provoke() refuses to send less than one client", "[ex06][step4]")
{
    REQUIRE(provoke(answer_when_all_are_here({1}).where(), 1).numbers == std::vector{1});
    REQUIRE_THROWS_AS(provoke(any_port, 0), std::invalid_argument);
    const int wrong = -support::drawn(3, 2, 10'000);
    const auto message = message_of<std::invalid_argument>([=] { provoke(any_port, wrong); });
    CAPTURE(message);
    REQUIRE(message.find(std::to_string(wrong)) != std::string::npos);
}

TEST_CASE("provoke() says what is wrong when a server does not answer", "[ex06][step4]")
{
    const auto close_at_once = [](given::listener& listener) {
        while (listener.accept()) {
        }
    };
    REQUIRE_THROWS_AS(provoke(scripted_server{close_at_once}.where(), 2), std::runtime_error);

    for (const std::string text : {"hello\n", "100 %s {}", "<1, took 0.0 ms>\n and more"}) {
        const auto say_to_the_second = [&](given::listener& listener) {
            for (std::string reply = "<1, took 0.0 ms>\n"; auto client = listener.accept();
                 reply = text) {
                client->send_all(reply);
            }
        };
        const auto message = message_of<std::runtime_error>(
            [&] { provoke(scripted_server{say_to_the_second}.where(), 2); });
        CAPTURE(message);
        REQUIRE(message.find(text) != std::string::npos);
    }

    const support::silent_port nobody;
    REQUIRE_THROWS_AS(provoke({"127.0.0.1", nobody.number()}, 2), std::system_error);
}

TEST_CASE("provoke() waits five seconds for a reply and no longer", "[ex06][step4][explore]")
{
    using std::chrono::steady_clock;
    using namespace std::chrono_literals;
    // In virtual time. The piece that comes after 4 s is the end of the reply, or one more of many.
    const bool ends = GENERATE(true, false);
    explore([ends] {
        given::listener listener{any_port};
        const given::endpoint where{"127.0.0.1", listener.port()};
        std::thread slow{[&] {
            auto client = listener.accept();
            try {
                client->send_all("<1, took 4000.0 ");
                explorer::compute(4s);
                client->send_all(ends ? "ms>\n" : "ms");
                explorer::compute(ends ? 0s : 4s);
                client->send_all(ends ? "" : ">\n");
            } catch (const std::system_error&) { // the client has left
            }
        }};
        bool in_time = true;
        const auto began = steady_clock::now();
        try {
            provoke(where, 1);
        } catch (const std::system_error&) {
            in_time = false;
        }
        EXPLORE_REQUIRE(in_time == ends);
        EXPLORE_REQUIRE(steady_clock::now() - began < 6s);
        slow.join();
    });
}
