// What one thread can serve, and what it cannot: a thousand clients at once, memory per idle
// connection, a slow client, a handler that computes, a handler that waits between read and write.
// Server and clients are greenlets of this one thread.
//
// SPDX-License-Identifier: MIT
#include "gevent_server.hpp"
#include "given/arguments.hpp"
#include "given/yield.hpp"
#include "greenlet.hpp"

#include <fmt/format.h>

#include <asio/read.hpp>
#include <asio/signal_set.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <set>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;
using asio::ip::tcp;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr const char* usage =
    R"(usage: ex10_gevent_server                  what one thread can serve, and what it cannot
       ex10_gevent_server --serve [PORT]   serve until Ctrl+C
PORT: 0 to 65535, 5000 if not given; 0 picks a free one
)";

const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);

double milliseconds_since(clock_type::time_point start)
{
    return std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
}

std::string ask(std::uint16_t port)
{
    tcp::socket connection(green::loop());
    connection.async_connect({asio::ip::address_v4::loopback(), port}, green::yield);
    std::array<char, 64> reply{};
    std::error_code end;
    const std::size_t size = asio::async_read(connection, asio::buffer(reply), green::yield[end]);
    return std::string(reply.data(), size);
}

std::vector<std::string> ask_at_once(std::uint16_t port, int count)
{
    std::vector<green::greenlet<std::string>> clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(green::spawn([port] { return ask(port); }));
    }
    std::vector<std::string> replies;
    for (const auto& client : clients) {
        replies.push_back(client.get());
    }
    return replies;
}

int distinct(const std::vector<std::string>& replies)
{
    return static_cast<int>(std::set<std::string>(replies.begin(), replies.end()).size());
}

// How much of /proc/self/status stands in the line that begins with `name`.
long status(const std::string& name)
{
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;) {
        if (word == name) {
            long value = 0;
            file >> value;
            return value;
        }
    }
    return 0;
}

// As many descriptors as `wanted`, or as the system allows.
int allow_descriptors(int wanted)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(std::max<rlim_t>(limit.rlim_cur, static_cast<rlim_t>(wanted)),
                                      limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1'000'000));
}

// Runs `server` in a greenlet while `clients` play, then stops it.
template <class Server, class Serve, class Clients>
void with(Server& server, Serve serve, Clients clients)
{
    const auto running = green::spawn("the server", [&] { serve(server); });
    clients();
    server.stop();
    running.get();
}

const auto serve_counting = [](gevent_server& server) { server.run(); };
const auto serve_stream = [](stream_server& server) { server.serve_forever(); };

void show_transcript()
{
    gevent_server server(any_port);
    with(server, serve_counting, [&] {
        for (int i = 0; i < 3; ++i) {
            fmt::print("{}", ask(server.port()));
        }
    });
}

void show_many(int clients)
{
    gevent_server server(any_port);
    with(server, serve_counting, [&] {
        const auto start = clock_type::now();
        const auto replies = ask_at_once(server.port(), clients);
        fmt::print("{} clients at once: {} different numbers in {:.0f} ms, {} thread\n", clients,
                   distinct(replies), milliseconds_since(start), status("Threads:"));
    });
}

void show_memory(int connections)
{
    int inside = 0;
    stream_server server(any_port, [&](tcp::socket& connection) {
        ++inside;
        std::array<char, 1> word{};
        std::error_code end;
        asio::async_read(connection, asio::buffer(word), green::yield[end]);
    });
    with(server, serve_stream, [&] {
        std::vector<tcp::socket> clients;
        const auto connect = [&](int count) {
            const int wanted = inside + count;
            for (int i = 0; i < count; ++i) {
                clients.emplace_back(green::loop());
                clients.back().connect({asio::ip::address_v4::loopback(), server.port()});
            }
            while (inside < wanted) {
                green::sleep(0ms);
            }
        };
        connect(100); // what is allocated once
        const long before = status("VmRSS:");
        connect(connections);
        fmt::print("\n{} idle connections: {:.1f} KiB resident each\n", connections,
                   static_cast<double>(status("VmRSS:") - before) / connections);
    });
}

// The longest time that a client waited for its byte to come back, with `others` beside it.
template <class Others>
double worst_echo(std::uint16_t port, int times, Others others)
{
    double worst = 0;
    auto patient = green::spawn([&] {
        for (int i = 0; i < times; ++i) {
            const auto start = clock_type::now();
            tcp::socket connection(green::loop());
            connection.async_connect({asio::ip::address_v4::loopback(), port}, green::yield);
            std::array<char, 1> word{'q'};
            asio::async_write(connection, asio::buffer(word), green::yield);
            asio::async_read(connection, asio::buffer(word), green::yield);
            worst = std::max(worst, milliseconds_since(start));
        }
    });
    others();
    patient.join();
    return worst;
}

void show_delays()
{
    // 'c' makes the handler compute for a second; anything else comes back at once.
    stream_server server(any_port, [](tcp::socket& connection) {
        std::array<char, 1> word{};
        std::error_code left;
        asio::async_read(connection, asio::buffer(word), green::yield[left]);
        if (word[0] == 'c') {
            const auto start = clock_type::now();
            while (clock_type::now() - start < 1s) {
            }
        }
        asio::async_write(connection, asio::buffer(word), green::yield[left]);
    });
    with(server, serve_stream, [&] {
        const tcp::endpoint where(asio::ip::address_v4::loopback(), server.port());
        tcp::socket slow(green::loop());
        fmt::print("\nthe longest of 100 short requests took\n");
        fmt::print("    {:7.1f} ms   alone\n", worst_echo(server.port(), 100, [] {}));
        fmt::print(
            "    {:7.1f} ms   beside a client that says nothing\n",
            worst_echo(server.port(), 100, [&] { slow.async_connect(where, green::yield); }));
        tcp::socket busy(green::loop());
        fmt::print("    {:7.1f} ms   beside a handler that computes for 1 s\n",
                   worst_echo(server.port(), 100, [&] {
                       busy.async_connect(where, green::yield);
                       asio::async_write(busy, asio::buffer("c", 1), green::yield);
                   }));
    });
}

void show_race(int clients)
{
    fmt::print("\n{} clients, and the handler waits between read and write\n", clients);
    const auto with_pause = [&](const char* pause, const std::function<void()>& work) {
        gevent_server server(any_port, work);
        with(server, serve_counting, [&] {
            fmt::print("    {:12} {:3} different numbers\n", pause,
                       distinct(ask_at_once(server.port(), clients)));
        });
    };
    with_pause("not at all", [] {});
    with_pause("sleep(0ms)", [] { green::sleep(0ms); });
    with_pause("sleep(1ms)", [] { green::sleep(1ms); });
}

void serve_until_interrupt(std::uint16_t port)
{
    gevent_server server({asio::ip::address_v4::loopback(), port});
    asio::signal_set interrupts(green::loop(), SIGINT, SIGTERM);
    const auto waiting = green::spawn("the one who waits for Ctrl+C", [&] {
        interrupts.async_wait(green::yield);
        server.stop();
    });
    fmt::print("Listening on 127.0.0.1. Try, in another terminal:  nc localhost {}\n"
               "or, without nc:  scripts/workbook connect {}\n"
               "Ctrl+C ends the server.\n",
               server.port(), server.port());
    std::fflush(stdout);
    server.run();
    fmt::print("\n");
}

int run(const given::arguments& arguments)
{
    if (arguments.has("--serve")) {
        serve_until_interrupt(static_cast<std::uint16_t>(arguments.number("PORT")));
        return 0;
    }
    const int most = (allow_descriptors(2'300) - 100) / 2; // both ends are in this process
    show_transcript();
    show_memory(std::min(900, most - 100));
    show_many(std::min(1'000, most));
    show_delays();
    show_race(100);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
