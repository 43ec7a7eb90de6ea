// The servers here are scripts: a thread accepts so many clients and then does to them what the
// case says. The client's thread is the test's own.
//
// SPDX-License-Identifier: MIT
#include "gevent_client.hpp"
#include "greenlet.hpp"

#include "locked_server.hpp"
#include "racy_server.hpp"

#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/crowded_listener.hpp"
#include "support/drawn.hpp"
#include "support/explored_greenlets.hpp"
#include "support/rendezvous.hpp"
#include "support/silent_port.hpp"
#include "support/thread_state.hpp"

#include "given/listener.hpp"
#include "given/yield.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <list>
#include <optional>
#include <poll.h>
#include <set>
#include <thread>

using asio::ip::tcp;

namespace {

// Accepts `count` clients, each within 5 s, then hands them to the script, in the order in which
// they connected. Fewer, if time runs out.
class scripted_server {
public:
    using script = std::function<void(std::vector<tcp::socket>&)>;

    scripted_server(int count, script then)
        : thread_([this, count, then = std::move(then)] { run(count, then); })
    {}
    ~scripted_server() { thread_.join(); }

    tcp::endpoint where() const { return acceptor_.local_endpoint(); }

private:
    void run(int count, const script& then)
    {
        std::vector<tcp::socket> clients;
        while (static_cast<int>(clients.size()) < count) {
            pollfd waits{acceptor_.native_handle(), POLLIN, 0};
            if (::poll(&waits, 1, 5000) != 1) {
                break;
            }
            clients.push_back(acceptor_.accept());
        }
        try {
            then(clients);
        } catch (const std::system_error&) {
            // The client left: its own case says whether it should have.
        }
    }

    asio::io_context loop_;
    tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
    std::thread thread_; // joined by the destructor
};

void say(tcp::socket& client, const std::string& text)
{
    asio::write(client, asio::buffer(text));
}

// The client is sent "connection reset".
void reset(tcp::socket& client)
{
    client.set_option(asio::socket_base::linger(true, 0));
    client.close();
}

// True once the client has closed its end; false if it has not within 5 s.
bool has_left(tcp::socket& client)
{
    pollfd waits{client.native_handle(), POLLIN, 0};
    char rest = 0;
    return ::poll(&waits, 1, 5000) == 1 && ::recv(client.native_handle(), &rest, 1, 0) <= 0;
}

bool is_still_there(tcp::socket& client)
{
    pollfd waits{client.native_handle(), POLLIN, 0};
    return ::poll(&waits, 1, 0) == 0;
}

// Inside explore(): what the client gets that connects as the first, as the second ... Each answer
// is sent by a thread of its own, at any time once all of them are there, or no more will come;
// or once the client itself is there. A connection that breaks is the client's business.
class explored_server {
public:
    enum class answering { all_together, each_at_once };

    explicit explored_server(std::vector<std::string> answers,
                             answering when = answering::all_together)
        : answers_(std::move(answers)), when_(when), thread_([this] { run(); })
    {}
    ~explored_server()
    {
        listener_.cancel();
        thread_.join();
    }

    tcp::endpoint where() const { return {asio::ip::address_v4::loopback(), listener_.port()}; }

private:
    void run()
    {
        std::list<given::connection> clients; // where each stays while its sender runs
        std::vector<std::thread> senders;
        const auto answer_one = [&](given::connection& client) {
            const std::string& answer = answers_[senders.size()];
            senders.emplace_back([&client, &answer] {
                try {
                    client.send_all(answer);
                } catch (const std::system_error&) {
                }
                client.close();
            });
        };
        while (clients.size() < answers_.size()) {
            auto client = listener_.accept();
            if (!client) {
                break;
            }
            clients.push_back(std::move(*client));
            if (when_ == answering::each_at_once) {
                answer_one(clients.back());
            }
        }
        if (when_ == answering::all_together) {
            std::for_each(clients.begin(), clients.end(), answer_one);
        }
        for (std::thread& each : senders) {
            each.join();
        }
    }

    const std::vector<std::string> answers_;
    const answering when_;
    given::listener listener_{given::endpoint{}};
    std::thread thread_; // joined by the destructor
};

// support::explore_greenlets(), with what asio makes once in a program made before, too.
void explore_greenlets(const std::function<void()>& body, const explorer::options& chosen)
{
    const support::silent_port nobody;
    green::spawn([&] {
        tcp::socket refused(green::loop());
        std::error_code error;
        refused.async_connect({asio::ip::address_v4::loopback(), nobody.number()},
                              green::yield[error]);
    }).join();
    static_cast<void>(asio::error::make_error_code(asio::error::eof));
    support::explore_greenlets(body, chosen);
}

// Of two requests to two servers, under way at once: for how long they are waited for, and how one
// of them may end otherwise than with its reply. Whoever has not ended by then is killed.
void explore_two_requests(std::chrono::seconds patience,
                          const std::function<bool(const std::error_code&)>& may_fail_with,
                          const explorer::options& chosen)
{
    explore_greenlets(
        [&] {
            const std::array<explored_server, 2> servers{explored_server({"the first"}),
                                                         explored_server({"the second"})};
            std::vector<green::greenlet<std::string>> requests;
            for (const explored_server& server : servers) {
                requests.push_back(green::spawn("request " + std::to_string(requests.size() + 1),
                                                [&] { return request(server.where()); }));
            }
            green::sleep(patience);
            EXPLORE_REQUIRE(requests[0].done() || requests[1].done());
            for (std::size_t i = 0; i < requests.size(); ++i) {
                requests[i].kill(); // nothing, if it has ended
                try {
                    EXPLORE_REQUIRE(requests[i].get() == (i == 0 ? "the first" : "the second"));
                } catch (const green::killed&) {
                } catch (const std::system_error& error) {
                    EXPLORE_REQUIRE(may_fail_with(error.code()));
                }
            }
        },
        chosen);
}

// Runs one of Part 2's servers in a thread of its own.
template <class Server>
class running {
public:
    explicit running(Server& server) : server_(server), thread_([&server] { server.run(); }) {}
    ~running()
    {
        server_.stop();
        thread_.join();
    }

    tcp::endpoint where() const { return {asio::ip::address_v4::loopback(), server_.port()}; }

private:
    Server& server_;
    std::thread thread_; // joined by the destructor
};

// Work that is done when three clients are inside. One wait in vain is enough to know.
struct work_of_three {
    support::rendezvous all_inside{3};
    std::atomic<bool> overlapped = true;

    void operator()()
    {
        if (overlapped) {
            overlapped = all_inside.arrive_and_wait();
        }
    }
};

// "<12, took 3.4 ms>" has the number 12.
std::vector<int> numbers(const std::vector<std::string>& replies)
{
    std::vector<int> found;
    for (const std::string& reply : replies) {
        found.push_back(reply.empty() ? 0 : std::stoi(reply.substr(1)));
    }
    return found;
}

} // namespace

// --- step 1: one request

TEST_CASE("a request returns the reply", "[ex08][step1]")
{
    const std::string whole =
        "<" + std::to_string(support::drawn(1, 2, 10'000)) + ", took 0.0 ms>\n";
    scripted_server server(1, [&](auto& clients) { say(clients.at(0), whole); });

    REQUIRE(request(server.where()) == whole);
}

TEST_CASE("a reply that comes in pieces is put together", "[ex08][step1]")
{
    const std::string whole = "<1, took 0.0 ms>\n";
    scripted_server server(1, [&](auto& clients) {
        for (const char byte : whole) {
            support::eventually(support::first_thread_waits); // the client has had all so far
            say(clients.at(0), {byte});
        }
    });

    REQUIRE(request(server.where()) == whole);
}

TEST_CASE("a reply is returned as it is whatever it holds", "[ex08][step1]")
{
    using namespace std::string_literals;
    const std::string whole = GENERATE("two\nlines\n"s, "no line end"s, "\n"s, "a\0zero\0"s, "%s"s);
    scripted_server server(1, [&](auto& clients) { say(clients.at(0), whole); });

    REQUIRE(request(server.where()) == whole);
}

TEST_CASE("a server that says nothing gives an empty reply", "[ex08][step1]")
{
    scripted_server server(1, [](auto& clients) { clients.at(0).close(); });

    REQUIRE(request(server.where()).empty());
}

TEST_CASE("the longest reply is taken and a longer one is refused", "[ex08][step1]")
{
    {
        scripted_server server(
            1, [](auto& clients) { say(clients.at(0), std::string(longest_reply, 'x')); });
        REQUIRE(request(server.where()) == std::string(longest_reply, 'x'));
    }
    // One byte more, and then the server says nothing: what it said is too long already.
    std::promise<bool> left;
    scripted_server server(1, [&](auto& clients) {
        say(clients.at(0), std::string(longest_reply + 1, 'x'));
        left.set_value(has_left(clients.at(0)));
    });
    REQUIRE_THROWS_AS(request(server.where()), std::length_error);
    REQUIRE(left.get_future().get());
}

TEST_CASE("a refused connection is a system error with its code", "[ex08][step1]")
{
    const support::silent_port nobody;
    std::error_code code;
    try {
        request({asio::ip::address_v4::loopback(), nobody.number()});
    } catch (const std::system_error& error) {
        code = error.code();
    }
    REQUIRE(code == asio::error::connection_refused);
}

TEST_CASE("a connection that is reset is an error and not a reply", "[ex08][step1]")
{
    scripted_server server(1, [](auto& clients) {
        say(clients.at(0), "<1, took");
        support::eventually(support::first_thread_waits);
        reset(clients.at(0));
    });

    REQUIRE_THROWS_AS(request(server.where()), std::system_error);
}

TEST_CASE("a reply is whole whatever pieces it comes in", "[ex08][step1][explore]")
{
    explore_greenlets(
        [] {
            const explored_server server({"<1, took 0.0 ms>\n"});
            EXPLORE_REQUIRE(request(server.where()) == "<1, took 0.0 ms>\n");
        },
        {.one_in = 5, .short_transfers = 3});
}

TEST_CASE("a connection that breaks at any moment is no reply", "[ex08][step1][explore]")
{
    explore_greenlets(
        [] {
            const explored_server server({"<1, took 0.0 ms>\n"});
            try {
                EXPLORE_REQUIRE(request(server.where()) == "<1, took 0.0 ms>\n");
            } catch (const std::system_error& error) {
                EXPLORE_REQUIRE(error.code() == asio::error::connection_reset ||
                                error.code() == asio::error::broken_pipe ||
                                error.code() == asio::error::connection_refused);
            }
        },
        {.one_in = 5, .short_transfers = 1, .resets = 1, .refusals = 1});
}

TEST_CASE("a connect that hangs holds up nobody else", "[ex08][step1][explore]")
{
    explore_two_requests(std::chrono::seconds(1), [](const std::error_code&) { return false; },
                         {.one_in = 10, .hangs = 1});
}

TEST_CASE("a connect that hangs is an error in the end", "[ex08][step1][explore]")
{
    explore_two_requests(std::chrono::hours(1),
                         [](const std::error_code& code) { return code == asio::error::timed_out; },
                         {.one_in = 10, .hangs = 1});
}

TEST_CASE("a server that falls silent holds up nobody else", "[ex08][step1][explore]")
{
    explore_two_requests(std::chrono::hours(1), [](const std::error_code&) { return false; },
                         {.one_in = 10, .silences = 1});
}

TEST_CASE("others run while a request waits", "[ex08][step1]")
{
    std::promise<void> ran;
    scripted_server server(1, [&](auto& clients) {
        const bool in_time =
            ran.get_future().wait_for(std::chrono::seconds(5)) == std::future_status::ready;
        say(clients.at(0), in_time ? "others ran" : "nobody else ran");
    });
    std::string reply;
    auto asking = green::spawn([&] { reply = request(server.where()); });
    auto other = green::spawn([&] { ran.set_value(); });
    asking.join();

    REQUIRE(reply == "others ran");
}

TEST_CASE("others run while a request connects", "[ex08][step1]")
{
    // Nobody else is let in before others have run.
    const support::crowded_listener busy;
    std::promise<void> ran;
    bool in_time = false;
    std::jthread lets_in([&] {
        in_time = ran.get_future().wait_for(std::chrono::seconds(5)) == std::future_status::ready;
        busy.let_in();
        busy.hang_up();
    });
    const tcp::endpoint where{asio::ip::address_v4::loopback(), ntohs(busy.address().sin_port)};
    std::string reply = "none";
    auto asking = green::spawn([&] { reply = request(where); });
    auto other = green::spawn([&] { ran.set_value(); });
    asking.join();
    lets_in.join();

    REQUIRE(in_time);
    REQUIRE(reply.empty());
}

TEST_CASE("the connection is closed however the request ends", "[ex08][step1]")
{
    const auto before = support::take_census().descriptors;
    int after = 0;
    {
        scripted_server server(1, [](auto& clients) {
            for (int i = 0; i < 1000; ++i) {
                say(clients.at(0), std::string(longest_reply, 'x'));
            }
        });
        REQUIRE_THROWS_AS(request(server.where()), std::length_error);
    }
    {
        scripted_server server(1, [](auto& clients) { say(clients.at(0), "fine"); });
        REQUIRE(request(server.where()) == "fine");
    }
    after = support::take_census().descriptors;

    REQUIRE(after <= before + 4); // the hub itself: epoll, timer, wake-up
}

// --- step 2: many at once

TEST_CASE("all requests are under way before the first reply", "[ex08][step2]")
{
    const int count = support::drawn(150, 130, 190);
    scripted_server server(count, [&](auto& clients) {
        for (tcp::socket& client : clients) {
            say(client, std::ssize(clients) == count ? "all here" : "some are missing");
        }
    });

    REQUIRE(concurrent_requests(server.where(), count) ==
            std::vector<std::string>(static_cast<std::size_t>(count), "all here"));
}

TEST_CASE("all requests run in one thread", "[ex08][step2]")
{
    const int own = support::take_census().threads;
    std::atomic<int> threads = 0;
    scripted_server server(5, [&](auto& clients) {
        threads = support::take_census().threads;
        for (tcp::socket& client : clients) {
            say(client, "x");
        }
    });

    REQUIRE(concurrent_requests(server.where(), 5).size() == 5);
    REQUIRE(threads == own + 1); // the server's
}

TEST_CASE("replies are in the order of the requests", "[ex08][step2]")
{
    const int count = support::drawn(4, 2, 9);
    std::vector<std::string> expected;
    for (int i = 0; i < count; ++i) {
        expected.push_back(std::to_string(support::drawn(i, 0, 10'000)));
    }
    scripted_server server(count, [&](auto& clients) {
        for (std::size_t i = clients.size(); i-- > 0;) { // the last one first
            say(clients[i], expected.at(i));
            clients[i].close();
            support::eventually(support::first_thread_waits); // it has been read
        }
    });

    REQUIRE(concurrent_requests(server.where(), count) == expected);
}

TEST_CASE("replies that come in any order are in that of the requests", "[ex08][step2][explore]")
{
    explore_greenlets(
        [] {
            const explored_server server({"the first", "the second"});
            EXPLORE_REQUIRE(concurrent_requests(server.where(), 2) ==
                            std::vector<std::string>{"the first", "the second"});
        },
        {.one_in = 5, .short_transfers = 1});
}

TEST_CASE("whichever connection breaks the other request ends first", "[ex08][step2][explore]")
{
    explore_greenlets(
        [] {
            const explored_server server({"the first", "the second"});
            try {
                EXPLORE_REQUIRE(concurrent_requests(server.where(), 2).size() == 2);
            } catch (const std::system_error&) {
            }
            green::loop().restart();
            green::loop().poll();
            EXPLORE_REQUIRE(green::loop().stopped()); // nobody waits for anything any more
        },
        {.one_in = 5, .resets = 1});
}

TEST_CASE("without a descriptor one request fails and the other finishes", "[ex08][step2][explore]")
{
    explore_greenlets(
        [] {
            const explored_server server({"the one", "the other"},
                                         explored_server::answering::each_at_once);
            try {
                EXPLORE_REQUIRE(concurrent_requests(server.where(), 2).size() == 2);
            } catch (const std::system_error& error) {
                EXPLORE_REQUIRE(error.code() == asio::error::no_descriptors);
            }
            green::sleep({}); // who was left behind would start now
            green::loop().restart();
            EXPLORE_REQUIRE(green::loop().poll() == 0); // and nobody hears of anything any more
            EXPLORE_REQUIRE(green::loop().stopped());   // or waits for it
        },
        {.one_in = 5, .socket_failures = 1});
}

TEST_CASE("if one request fails the others still finish", "[ex08][step2]")
{
    std::promise<bool> others_finished;
    scripted_server server(3, [&](auto& clients) {
        reset(clients.at(0));
        support::eventually(support::first_thread_waits); // the client has seen it
        const bool there = is_still_there(clients.at(1)) && is_still_there(clients.at(2));
        bool left = true;
        for (std::size_t i = 1; i < clients.size(); ++i) {
            say(clients[i], "a whole reply");
            clients[i].shutdown(tcp::socket::shutdown_send);
            left = has_left(clients[i]) && left;
        }
        others_finished.set_value(there && left);
    });

    REQUIRE_THROWS_AS(concurrent_requests(server.where(), 3), std::system_error);
    REQUIRE(others_finished.get_future().get());
}

TEST_CASE("of several failures the first request's is thrown", "[ex08][step2]")
{
    scripted_server server(3, [](auto& clients) {
        reset(clients.at(2)); // earlier, but a later request
        support::eventually(support::first_thread_waits);
        say(clients.at(0), "fine");
        clients.at(0).close();
        for (int i = 0; i < 1000; ++i) {
            say(clients.at(1), std::string(longest_reply, 'x'));
        }
    });

    REQUIRE_THROWS_AS(concurrent_requests(server.where(), 3), std::length_error);
}

TEST_CASE("no requests and a negative number of them", "[ex08][step2]")
{
    const support::silent_port nobody;
    const tcp::endpoint where(asio::ip::address_v4::loopback(), nobody.number());
    REQUIRE(concurrent_requests(where, 0).empty());
    REQUIRE_THROWS_AS(concurrent_requests(where, -1), std::invalid_argument);
}

TEST_CASE("200 requests at once", "[ex08][step2][soak]")
{
    scripted_server server(200, [](auto& clients) {
        for (std::size_t i = 0; i < clients.size(); ++i) {
            say(clients[i], std::to_string(i));
            clients[i].close();
        }
    });
    std::vector<std::string> expected;
    for (int i = 0; i < 200; ++i) {
        expected.push_back(std::to_string(i));
    }

    REQUIRE(concurrent_requests(server.where(), 200) == expected);
}

// --- step 3: the race, from one thread

TEST_CASE("three requests make the racy server give one number three times", "[ex08][step3]")
{
    work_of_three work;
    racy_server server({}, [&] { work(); });
    const running<racy_server> runs(server);

    REQUIRE(numbers(concurrent_requests(runs.where(), 3)) == std::vector<int>{1, 1, 1});
}

TEST_CASE("the server with the short lock gives three numbers", "[ex08][step3]")
{
    work_of_three work;
    fine_server server({}, [&] { work(); });
    const running<fine_server> runs(server);
    const std::vector<int> given = numbers(concurrent_requests(runs.where(), 3));

    REQUIRE(std::set<int>(given.begin(), given.end()) == std::set<int>{1, 2, 3});
    REQUIRE(work.overlapped);
}
