// Server and clients are greenlets of one thread, so that what happens when is known; where a case
// is about another thread, it says so.
//
// SPDX-License-Identifier: MIT
#include "gevent_server.hpp"
#include "greenlet.hpp"

#include "given/yield.hpp"
#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/explored_client.hpp"
#include "support/explored_greenlets.hpp"
#include "support/failures.hpp"
#include "support/kept_stderr.hpp"
#include "support/machine.hpp"
#include "support/no_descriptors.hpp"
#include "support/rendezvous.hpp"
#include "support/thread_state.hpp"

#include <asio/read.hpp>
#include <asio/write.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <poll.h>
#include <set>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;
using asio::ip::tcp;

extern "C" [[gnu::weak]] void* __tsan_get_current_fiber();

namespace {

const support::needs_loopback every_case_does;

const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);

tcp::endpoint local(std::uint16_t port)
{
    return {asio::ip::address_v4::loopback(), port};
}

// Everything until the server closes.
std::string read_to_end(tcp::socket& connection)
{
    std::string reply;
    std::array<char, 256> piece{};
    std::error_code error;
    while (!error) {
        const std::size_t size =
            connection.async_read_some(asio::buffer(piece), green::yield[error]);
        reply.append(piece.data(), size);
    }
    return error == asio::error::eof ? reply : error.message();
}

std::string ask(std::uint16_t port)
{
    tcp::socket connection(green::loop());
    connection.async_connect(local(port), green::yield);
    return read_to_end(connection);
}

// Lets a server run in a greenlet while a case plays its clients.
template <class Run>
class running {
public:
    explicit running(Run run) : greenlet_(green::spawn("the server", run)) {}
    const green::greenlet<void>* operator->() const { return &greenlet_; }

private:
    green::greenlet<void> greenlet_;
};

// A meeting point for greenlets, who must not block their thread. Bounded.
class green_meeting {
public:
    explicit green_meeting(int parties) : parties_(parties) {}

    bool arrive_and_wait()
    {
        ++arrived_;
        for (int i = 0; i < 500 && arrived_ < parties_; ++i) {
            green::sleep(10ms);
        }
        return arrived_ >= parties_;
    }

private:
    int parties_;
    int arrived_ = 0;
};

long resident_bytes()
{
    long pages = 0;
    long resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

// Which cost more than a connection. The explorer's checkers are compiled as for ThreadSanitizer,
// and linked without it.
bool a_sanitizer_keeps_books()
{
#ifdef __SANITIZE_ADDRESS__
    return true;
#else
    return __tsan_get_current_fiber != nullptr;
#endif
}

// Connects without the help of any greenlet: the kernel does it, the server has not to run.
tcp::socket connected(std::uint16_t port)
{
    tcp::socket connection(green::loop());
    connection.connect(local(port));
    return connection;
}

// Serves in the calling thread while `others` run in one beside it. An exception that leaves
// serving ends the schedule, as one that leaves a thread does.
void serve_beside(const std::function<void()>& others, const std::function<void()>& serve)
{
    std::thread beside(others);
    [&]() noexcept { serve(); }();
    beside.join();
}

void explore_greenlets(const std::function<void()>& body, explorer::options chosen = {})
{
    chosen.one_in = 10;
    support::explore_greenlets(body, chosen);
}

using support::explored_client;
using support::told;

// Waits for a byte and sends it back.
void echo(tcp::socket& connection)
{
    std::array<char, 1> word{};
    asio::async_read(connection, asio::buffer(word), green::yield);
    asio::async_write(connection, asio::buffer(word), green::yield);
}

} // namespace

// --- step 1: one client

TEST_CASE("the first client is told 1 and the connection is closed", "[ex10][step1]")
{
    gevent_server server(any_port);
    const running runs([&] { server.run(); });

    REQUIRE(ask(server.port()) == "<1>\n");
    server.stop();
    runs->get();
}

TEST_CASE("the numbers count up", "[ex10][step1]")
{
    gevent_server server(any_port);
    const running runs([&] { server.run(); });

    for (const char* reply : {"<1>\n", "<2>\n", "<3>\n"}) {
        REQUIRE(ask(server.port()) == reply);
    }
    server.stop();
    runs->get();
}

TEST_CASE("a handler is given the connection and may read and write", "[ex10][step1]")
{
    stream_server server(any_port, [](tcp::socket& connection) {
        std::array<char, 5> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
        asio::async_write(connection, asio::buffer("you said ", 9), green::yield);
        asio::async_write(connection, asio::buffer(word), green::yield);
    });
    const running runs([&] { server.serve_forever(); });
    tcp::socket client = connected(server.port());
    asio::async_write(client, asio::buffer("hello", 5), green::yield);

    REQUIRE(read_to_end(client) == "you said hello");
    server.stop();
    runs->get();
}

TEST_CASE("a port in use is an error when the server is made", "[ex10][step1]")
{
    gevent_server first(any_port);
    const running runs([&] { first.run(); });
    REQUIRE(ask(first.port()) == "<1>\n");

    REQUIRE_THROWS_AS(gevent_server(local(first.port())), std::system_error);
    first.stop();
    runs->get();
}

// --- step 2: many clients

TEST_CASE("a slow client delays nobody", "[ex10][step2]")
{
    stream_server server(any_port, [](tcp::socket& connection) {
        std::array<char, 1> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
        asio::async_write(connection, asio::buffer(word), green::yield);
    });
    const running runs([&] { server.serve_forever(); });
    tcp::socket slow = connected(server.port());
    tcp::socket quick = connected(server.port());
    asio::async_write(quick, asio::buffer("q", 1), green::yield);

    REQUIRE(read_to_end(quick) == "q");
    asio::async_write(slow, asio::buffer("s", 1), green::yield);
    REQUIRE(read_to_end(slow) == "s");
    server.stop();
    runs->get();
}

TEST_CASE("a client that never reads delays nobody", "[ex10][step2]")
{
    const std::string much(8 * 1024 * 1024, 'x');
    stream_server server(any_port, [&](tcp::socket& connection) {
        std::array<char, 1> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
        if (word[0] == 'm') {
            asio::async_write(connection, asio::buffer(much), green::yield);
        }
    });
    const running runs([&] { server.serve_forever(); });
    tcp::socket never_reads = connected(server.port());
    asio::async_write(never_reads, asio::buffer("m", 1), green::yield);
    tcp::socket quick = connected(server.port());
    asio::async_write(quick, asio::buffer("q", 1), green::yield);

    REQUIRE(read_to_end(quick).empty());
    server.stop();
    runs->get();
}

TEST_CASE("all clients are served by the server's one thread", "[ex10][step2]")
{
    const support::census before = support::take_census();
    std::set<std::thread::id> threads;
    int most = 0;
    green_meeting all_inside(20);
    stream_server server(any_port, [&](tcp::socket&) {
        threads.insert(std::this_thread::get_id());
        all_inside.arrive_and_wait();
        most = std::max(most, support::take_census().threads);
    });
    const running runs([&] { server.serve_forever(); });
    std::vector<green::greenlet<std::string>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(green::spawn([&] { return ask(server.port()); }));
    }
    green::join_all(clients);

    REQUIRE(all_inside.arrive_and_wait()); // they were there, all at once
    REQUIRE(threads == std::set<std::thread::id>{std::this_thread::get_id()});
    REQUIRE(most == before.threads);
    server.stop();
    runs->get();
}

TEST_CASE("the count is written before the reply is sent", "[ex10][step2]")
{
    // Two handlers one after the other, before either reply can have gone out: what the second one
    // reads is what the first one wrote.
    gevent_server server(any_port);
    const running runs([&] { server.run(); });
    std::vector<tcp::socket> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(connected(server.port())); // all wait in the backlog together
    }
    std::multiset<std::string> replies;
    for (tcp::socket& client : clients) {
        replies.insert(read_to_end(client));
    }

    const auto twice = std::adjacent_find(replies.begin(), replies.end());
    INFO("of 10 clients that wait together, several were told "
         << (twice != replies.end() ? *twice : "nothing the same")
         << ": between a handler's reading and its writing of the count another one had a turn");
    REQUIRE(twice == replies.end());
    server.stop();
    runs->get();
}

TEST_CASE("no number is lost or given twice", "[ex10][step2]")
{
    gevent_server server(any_port);
    const running runs([&] { server.run(); });
    std::vector<green::greenlet<std::string>> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(green::spawn([&] { return ask(server.port()); }));
    }
    std::multiset<std::string> replies;
    for (const auto& client : clients) {
        replies.insert(client.get());
    }

    const auto twice = std::adjacent_find(replies.begin(), replies.end());
    INFO("of 100 clients, served beside one another, several were told "
         << (twice != replies.end() ? *twice : "nothing the same"));
    REQUIRE(twice == replies.end());
    REQUIRE(replies.count("<1>\n") == 1);
    REQUIRE(replies.count("<100>\n") == 1);
    server.stop();
    runs->get();
}

TEST_CASE("work that waits between reading and writing brings the race back", "[ex10][step2]")
{
    green_meeting all_inside(3);
    gevent_server server(any_port, [&] { all_inside.arrive_and_wait(); });
    const running runs([&] { server.run(); });
    std::vector<green::greenlet<std::string>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(green::spawn([&] { return ask(server.port()); }));
    }
    std::vector<std::string> replies;
    for (const auto& client : clients) {
        replies.push_back(client.get());
    }

    REQUIRE(replies == std::vector<std::string>(3, "<1>\n"));
    server.stop();
    runs->get();
}

TEST_CASE("work that fails uses no number", "[ex10][step2]")
{
    int kind = 0;
    gevent_server server(any_port, [&] {
        if (kind < support::all_failures) {
            support::fail(kind++);
        }
    });
    const running runs([&] { server.run(); });

    for (int i = 0; i < support::all_failures; ++i) {
        REQUIRE(ask(server.port()).empty());
    }
    REQUIRE(ask(server.port()) == "<1>\n");
    server.stop();
    runs->get();
}

TEST_CASE("a handler that throws ends its own connection only", "[ex10][step2]")
{
    int kind = 0;
    stream_server server(any_port, [&](tcp::socket& connection) {
        if (kind < support::all_failures) {
            support::fail(kind++);
        }
        asio::async_write(connection, asio::buffer("fine", 4), green::yield);
    });
    const running runs([&] { server.serve_forever(); });

    for (int i = 0; i < support::all_failures; ++i) {
        REQUIRE(ask(server.port()).empty());
    }
    REQUIRE(ask(server.port()) == "fine");
    REQUIRE_FALSE(runs->done());
    server.stop();
    runs->get();
}

TEST_CASE("a failed handler is reported with its client's address", "[ex10][step2]")
{
    for (int kind = 0; kind < support::all_failures; ++kind) {
        std::string said;
        bool silent = false;
        std::uint16_t client_port = 0;
        {
            stream_server server(any_port, [&](tcp::socket& connection) {
                client_port = connection.remote_endpoint().port();
                support::fail(kind);
            });
            const support::kept_stderr kept;
            const running runs([&] { server.serve_forever(); });
            silent = ask(server.port()).empty();
            server.stop();
            runs->get();
            said = kept.said();
        }
        CAPTURE(said);
        REQUIRE(silent);
        REQUIRE(said.find("127.0.0.1") != std::string::npos);
        REQUIRE(said.find(std::to_string(client_port)) != std::string::npos);
        if (kind == 0) {
            REQUIRE(said.find("no paper") != std::string::npos);
        }
    }
}

TEST_CASE("a client that vanishes or resets stops nobody else", "[ex10][step2]")
{
    stream_server server(any_port, [](tcp::socket& connection) {
        std::array<char, 1> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
        asio::async_write(connection, asio::buffer(word), green::yield);
    });
    const running runs([&] { server.serve_forever(); });
    {
        tcp::socket vanishes = connected(server.port());
        tcp::socket resets = connected(server.port());
        resets.set_option(asio::socket_base::linger(true, 0));
        green::sleep(0ms);
    }
    tcp::socket stays = connected(server.port());
    asio::async_write(stays, asio::buffer("x", 1), green::yield);

    REQUIRE(read_to_end(stays) == "x");
    server.stop();
    runs->get();
}

TEST_CASE("a connection lives as long as its handler", "[ex10][step2]")
{
    green_meeting both_inside(2);
    stream_server server(any_port, [&](tcp::socket& connection) {
        std::array<char, 1> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
        both_inside.arrive_and_wait(); // the next client has come meanwhile
        asio::async_write(connection, asio::buffer(word), green::yield);
    });
    const running runs([&] { server.serve_forever(); });
    tcp::socket a = connected(server.port());
    tcp::socket b = connected(server.port());
    asio::async_write(a, asio::buffer("a", 1), green::yield);
    asio::async_write(b, asio::buffer("b", 1), green::yield);

    REQUIRE(read_to_end(a) == "a");
    REQUIRE(read_to_end(b) == "b");
    server.stop();
    runs->get();
}

TEST_CASE("a server survives having no descriptors left", "[ex10][step2]")
{
    gevent_server server(any_port);
    const running runs([&] { server.run(); });
    REQUIRE(ask(server.port()) == "<1>\n");
    tcp::socket first = connected(server.port());
    tcp::socket second = connected(server.port());
    {
        const support::no_descriptors none_left;
        green::sleep(30ms); // accept() fails meanwhile, more than once
    }

    REQUIRE_FALSE(runs->done());
    REQUIRE(read_to_end(first) == "<2>\n");
    REQUIRE(read_to_end(second) == "<3>\n");
    server.stop();
    runs->get();
}

TEST_CASE("a server without descriptors does not wait for those who serve", "[ex10][step2]")
{
    int served = 0;
    stream_server server(any_port, [&](tcp::socket& connection) {
        ++served;
        echo(connection);
    });
    const running runs([&] { server.serve_forever(); });
    const tcp::socket silent = connected(server.port());
    while (served < 1) {
        green::sleep(0ms);
    }
    const tcp::socket late = connected(server.port());
    {
        const support::no_descriptors none_left;
        green::sleep(30ms); // accept() fails meanwhile, more than once
    }
    for (int i = 0; i < 100 && served < 2; ++i) {
        green::sleep(10ms); // bounded
    }

    INFO("clients who are served, of two, although one of them says nothing: " << served);
    REQUIRE(served == 2);
    server.stop();
    runs->get();
}

TEST_CASE("two clients who come at once are told two numbers", "[ex10][step2][explore]")
{
    explore_greenlets([] {
        gevent_server server(any_port);
        std::string one;
        std::string other;
        const auto clients = [&] {
            std::thread first([&] { one = told(server.port()); });
            other = told(server.port());
            first.join();
            server.stop();
        };
        serve_beside(clients, [&] { server.run(); });
        EXPLORE_REQUIRE(std::set{one, other} == std::set<std::string>{"<1>\n", "<2>\n"});
    });
}

TEST_CASE("a client that is gone before it is accepted stops nobody", "[ex10][step2][explore]")
{
    const support::kept_stderr kept; // its handler cannot answer it
    explore_greenlets([] {
        gevent_server server(any_port);
        std::string reply;
        const auto clients = [&] {
            explored_client(server.port()).reset();
            reply = told(server.port());
            server.stop();
        };
        serve_beside(clients, [&] { server.run(); });
        EXPLORE_REQUIRE(reply == "<1>\n" || reply == "<2>\n");
    });
}

TEST_CASE("a client that says no more is still answered", "[ex10][step2][explore]")
{
    explore_greenlets([] {
        stream_server server(any_port, [](tcp::socket& connection) {
            std::array<char, 1> word{};
            asio::async_read(connection, asio::buffer(word), green::yield);
            green::sleep(1h); // it is worked on
            asio::async_write(connection, asio::buffer(word), green::yield);
        });
        std::string reply;
        const auto client = [&] {
            explored_client asks(server.port());
            asks.send("q");
            asks.says_no_more();
            reply = asks.read_to_end();
            server.stop();
        };
        serve_beside(client, [&] { server.serve_forever(); });
        EXPLORE_REQUIRE(reply == "q");
    });
}

TEST_CASE("a connection that breaks at any moment stops nobody", "[ex10][step2][explore]")
{
    const support::kept_stderr kept;
    explore_greenlets(
        [] {
            stream_server server(any_port, echo);
            bool answered = false;
            const auto clients = [&] {
                for (int i = 0; i < 2; ++i) { // one connection may break
                    explored_client asks(server.port());
                    asks.send("q");
                    answered = asks.read_to_end() == "q" || answered;
                }
                server.stop();
            };
            serve_beside(clients, [&] { server.serve_forever(); });
            EXPLORE_REQUIRE(answered);
        },
        {.resets = 1});
}

TEST_CASE("accepting that fails costs nobody the reply", "[ex10][step2][explore]")
{
    explore_greenlets(
        [] {
            gevent_server server(any_port);
            std::string reply;
            const auto client = [&] {
                reply = told(server.port());
                server.stop();
            };
            serve_beside(client, [&] { server.run(); });
            EXPLORE_REQUIRE(reply == "<1>\n");
        },
        {.accept_failures = 2});
}

TEST_CASE("an idle connection costs less than 20 KiB of memory", "[ex10][step2]")
{
    support::need_descriptors(2'000);
    int inside = 0;
    stream_server server(any_port, [&](tcp::socket& connection) {
        ++inside;
        std::array<char, 1> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
    });
    const running runs([&] { server.serve_forever(); });
    std::vector<tcp::socket> clients;
    const auto connect = [&](int count) {
        const int wanted = inside + count;
        for (int i = 0; i < count; ++i) {
            clients.push_back(connected(server.port()));
        }
        while (inside < wanted) {
            green::sleep(0ms);
        }
    };
    connect(100); // whatever is allocated once
    const long before = resident_bytes();
    connect(800);
    const long each = (resident_bytes() - before) / 800;

    REQUIRE(each > 0);
    REQUIRE((each < 20 * 1024 || a_sanitizer_keeps_books()));
    server.stop();
    runs->get();
}

TEST_CASE("1000 clients at once in one thread and no number lost", "[ex10][step2][soak][explore]")
{
    // One thread, and so one order.
    static constexpr int count = 1'000;
    const auto a_crowd = [] {
        gevent_server server(any_port);
        const auto run = green::spawn("the server", [&] { server.run(); });
        std::vector<green::greenlet<std::string>> clients;
        for (int i = 0; i < count; ++i) {
            clients.push_back(green::spawn([&] { return ask(server.port()); }));
        }
        std::set<std::string> replies;
        for (const auto& client : clients) {
            replies.insert(client.get());
        }
        server.stop();
        run.get();
        EXPLORE_REQUIRE(replies.size() == count);
        EXPLORE_REQUIRE(replies.count("<1000>\n") == 1);
    };
    explore(a_crowd, {.schedules = 1, .races = false, .max_steps = 1'000'000});
}

// --- step 3: stop

TEST_CASE("stop ends serving and no client is accepted after it", "[ex10][step3]")
{
    std::optional<gevent_server> server(std::in_place, any_port);
    const std::uint16_t port = server->port();
    const running runs([&] { server->run(); });
    REQUIRE(ask(port) == "<1>\n");
    server->stop();
    runs->get();

    tcp::socket late(green::loop());
    std::error_code refused;
    late.connect(local(port), refused);
    // Else it waits where nobody fetches it, no longer than the server lives. The assertions are as
    // many in either case: `grade` counts them.
    pollfd waits{late.native_handle(), POLLIN, 0};
    REQUIRE((refused || ::poll(&waits, 1, 0) == 0));
    server.reset();
    REQUIRE((refused || ::poll(&waits, 1, 5000) == 1));
    REQUIRE((refused || read_to_end(late) != "<2>\n"));
}

TEST_CASE("stop before serving lets serving return at once", "[ex10][step3]")
{
    gevent_server server(any_port);
    server.stop();
    server.stop();
    const running runs([&] { server.run(); });
    runs->get();

    REQUIRE(runs->done());
}

TEST_CASE("stop is not forgotten when it was heeded before serving", "[ex10][step3]")
{
    gevent_server server(any_port);
    server.stop();
    green::sleep(0ms); // the hub has its turn, and so has what stop() gave it
    const running runs([&] { server.run(); });
    for (int i = 0; i < 50 && !runs->done(); ++i) {
        green::sleep(10ms); // bounded; the hub has nothing else to do
    }

    REQUIRE(runs->done());
}

TEST_CASE("stop may be called from another thread while the server waits", "[ex10][step3]")
{
    gevent_server server(any_port);
    std::jthread stopper([&] {
        support::eventually(support::first_thread_waits);
        server.stop();
    });
    bool ended = false;
    auto runs = green::spawn([&] {
        server.run();
        ended = true;
    });
    for (int i = 0; i < 50 && !ended; ++i) {
        green::sleep(100ms); // bounded; the hub has nothing to run in between
    }
    stopper.join();

    REQUIRE(ended);
    runs.get();
}

TEST_CASE("stop touches the hub in the server's own thread only", "[ex10][step3]")
{
    // The handler is what runs in the hub; while it computes, a stop from outside changes nothing.
    gevent_server* stopped = nullptr;
    bool accepted_after_stop = false;
    std::string outcome = "it was never tried";
    gevent_server server(any_port, [&] {
        if (std::exchange(stopped, nullptr)) {
            std::thread([&] { server.stop(); }).join();
            // The acceptor is as open as it was: the stop waits until the hub has its turn.
            std::error_code error;
            tcp::socket late(green::loop());
            late.connect(local(server.port()), error);
            accepted_after_stop = !error;
            outcome = error.message();
        }
    });
    stopped = &server;
    const running runs([&] { server.run(); });
    ask(server.port());
    runs->get();

    INFO("stop(), called in another thread while the hub computes, must leave the acceptor to the "
         "hub's own thread; who connects before the hub has its turn gets: "
         << outcome);
    REQUIRE(accepted_after_stop);
}

TEST_CASE("a handler may stop its server", "[ex10][step3]")
{
    stream_server* itself = nullptr;
    bool returned = false;
    stream_server server(any_port, [&](tcp::socket&) {
        itself->stop();
        returned = true; // it does not wait for the end of this handler
    });
    itself = &server;
    const running runs([&] { server.serve_forever(); });

    REQUIRE(ask(server.port()).empty());
    runs->get();
    REQUIRE(runs->done());
    REQUIRE(returned);
}

TEST_CASE("stop ends those who still serve with their destructors run", "[ex10][step3]")
{
    int alive = 0;
    stream_server server(any_port, [&](tcp::socket& connection) {
        ++alive;
        const std::shared_ptr<int> leave(&alive, [](int* count) { --*count; });
        std::array<char, 1> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
    });
    const running runs([&] { server.serve_forever(); });
    tcp::socket idle = connected(server.port());
    tcp::socket another = connected(server.port());
    while (alive < 2) {
        green::sleep(0ms);
    }
    server.stop();
    runs->get();

    REQUIRE(alive == 0);
    REQUIRE(read_to_end(idle).empty());
}

TEST_CASE("a server that is killed ends those who serve too", "[ex10][step3]")
{
    int alive = 0;
    stream_server server(any_port, [&](tcp::socket& connection) {
        ++alive;
        const std::shared_ptr<int> leave(&alive, [](int* count) { --*count; });
        std::array<char, 1> word{};
        asio::async_read(connection, asio::buffer(word), green::yield);
    });
    const running runs([&] { server.serve_forever(); });
    tcp::socket idle = connected(server.port());
    while (alive < 1) {
        green::sleep(0ms);
    }
    runs->kill();

    REQUIRE(alive == 0);
    REQUIRE_THROWS_AS(runs->get(), green::killed);
}

TEST_CASE("a server that is killed while it ends those who serve ends them all", "[ex10][step3]")
{
    int alive = 0;
    int tidying = 0;
    bool killed_too = false;
    stream_server server(any_port, [&](tcp::socket& connection) {
        ++alive;
        try {
            std::array<char, 1> word{};
            asio::async_read(connection, asio::buffer(word), green::yield);
        } catch (...) { // the server kills it; it takes its time until the server is killed, too
            ++tidying;
            while (!killed_too) {
                green::sleep(0ms);
            }
            green::sleep(0ms); // the server has its turn
            --alive;
            throw;
        }
    });
    const running runs([&] { server.serve_forever(); });
    const tcp::socket idle = connected(server.port());
    const tcp::socket another = connected(server.port());
    while (alive < 2) {
        green::sleep(0ms);
    }
    server.stop();
    while (tidying == 0) {
        green::sleep(0ms);
    }
    killed_too = true;
    runs->kill();

    INFO("handlers that were killed: " << tidying << " of 2");
    REQUIRE(alive == 0);
}

TEST_CASE("whenever stop() comes a client has its number or none", "[ex10][step3][explore]")
{
    explore_greenlets([] {
        auto server = std::make_unique<gevent_server>(any_port);
        std::string reply;
        std::thread client([&reply, port = server->port()] { reply = told(port); });
        serve_beside([&] { server->stop(); }, [&] { server->run(); });
        server.reset();
        green::sleep(0ms); // whatever the server has left in the hub would run now
        client.join();
        EXPLORE_REQUIRE(reply.empty() || reply == "<1>\n");
    });
}

TEST_CASE("whenever stop() comes nobody is left who serves", "[ex10][step3][explore]")
{
    explore_greenlets([] {
        int alive = 0;
        auto server = std::make_unique<stream_server>(any_port, [&](tcp::socket& connection) {
            ++alive;
            const std::shared_ptr<int> leave(&alive, [](int* count) { --*count; });
            echo(connection);
        });
        std::thread idle([port = server->port()] { told(port); });
        serve_beside([&] { server->stop(); }, [&] { server->serve_forever(); });
        EXPLORE_REQUIRE(alive == 0);
        server.reset();
        green::sleep(0ms); // who still serves would go on now
        idle.join();
    });
}

TEST_CASE("a handler may stop its server while another serves", "[ex10][step3][explore]")
{
    explore_greenlets([] {
        int alive = 0;
        stream_server* itself = nullptr;
        auto server = std::make_unique<stream_server>(any_port, [&](tcp::socket& connection) {
            ++alive;
            const std::shared_ptr<int> leave(&alive, [](int* count) { --*count; });
            echo(connection);
            itself->stop();
        });
        itself = server.get();
        std::thread idle([port = server->port()] { told(port); });
        const auto stopper = [port = server->port()] {
            explored_client asks(port);
            asks.send("q");
            asks.read_to_end();
        };
        serve_beside(stopper, [&] { server->serve_forever(); });
        EXPLORE_REQUIRE(alive == 0);
        server.reset();
        idle.join();
    });
}

TEST_CASE("stop() may be heeded when the server is gone", "[ex10][step3][explore]")
{
    explore_greenlets([] {
        auto server = std::make_unique<gevent_server>(any_port);
        const auto stopper = [&] {
            server->stop();
            server->stop();
        };
        serve_beside(stopper, [&] { server->run(); });
        server.reset();
        green::sleep(0ms); // one of the two may come as late as now
    });
}

TEST_CASE("stop() does not wait for a handler that sleeps for hours", "[ex10][step3][explore]")
{
    explore_greenlets([] {
        std::atomic<bool> begun = false;
        stream_server server(any_port, [&](tcp::socket&) {
            begun = true;
            begun.notify_one();
            green::sleep(24h);
        });
        const auto before = std::chrono::steady_clock::now();
        const auto client = [&] {
            explored_client waits(server.port());
            begun.wait(false);
            server.stop();
            EXPLORE_REQUIRE(waits.read_to_end().empty());
        };
        serve_beside(client, [&] { server.serve_forever(); });
        EXPLORE_REQUIRE(std::chrono::steady_clock::now() - before < 1h);
    });
}

TEST_CASE("serving in a thread that is not the server's is refused", "[ex10][step3]")
{
    gevent_server server(any_port);
    bool refused = false;
    std::thread([&] {
        try {
            server.run();
        } catch (const std::logic_error&) {
            refused = true;
        }
    }).join();

    REQUIRE(refused);
}
