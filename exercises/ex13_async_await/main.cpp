// The program of ex13: many clients at once against a server in one thread, with the race and
// without, and a request that does not wait for ever.
//
// Threads: main runs the clients' coroutines, one more thread each server's; each server is stopped
// and its thread joined before the next one starts.
//
// SPDX-License-Identifier: MIT
#include "async_client.hpp"
#include "async_server.hpp"

#include "given/arguments.hpp"
#include "given/signal_thread.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <future>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

constexpr const char* usage =
    R"(usage: ex13_async_await [CLIENTS]               so many at once, then a time-out
       ex13_async_await --serve [PORT] [racy]   serve until Ctrl+C; the work takes 1 s, so try it
                                                with several nc at once
CLIENTS: 1 to 10000, 1000 if not given
PORT: 0 to 65535, 5000 if not given; 0 picks a free one
)";

tcp::endpoint loopback(unsigned short port = 0)
{
    return {asio::ip::address_v4::loopback(), port};
}

asio::awaitable<void> await_a_second()
{
    asio::steady_timer timer{co_await asio::this_coro::executor, 1s};
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> no_work()
{
    co_return;
}

/// Two descriptors a client, both ends being in this process. Throws when the limit is too low.
void allow_descriptors(int clients)
{
    const rlim_t needed = 2 * static_cast<rlim_t>(clients) + 50;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < needed) {
        throw std::runtime_error{std::to_string(clients) + " clients need " +
                                 std::to_string(needed) + " descriptors, the limit is " +
                                 std::to_string(limit.rlim_max) + " (ulimit -Hn)"};
    }
    limit.rlim_cur = std::max(limit.rlim_cur, needed);
    setrlimit(RLIMIT_NOFILE, &limit);
}

long resident_kib()
{
    long total = 0;
    long resident = 0;
    std::ifstream{"/proc/self/statm"} >> total >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/// A server with a thread to run it in.
class background {
public:
    background(async_work work, counting how)
        : server_{loopback(), std::move(work), how}, thread_{[this] { run(); }}
    {}
    ~background()
    {
        server_.stop();
        thread_.join();
    }
    background(const background&) = delete;
    background& operator=(const background&) = delete;

    tcp::endpoint endpoint() const { return loopback(server_.port()); }

private:
    void run()
    {
        try {
            server_.run();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "the server ended: %s\n", error.what());
            std::exit(1); // or the clients would wait for ever
        }
    }

    async_server server_;
    std::thread thread_; // joined by the destructor, which has stopped the server
};

/// All clients at once; each is in its work until all are. Returns what memory a client takes then,
/// in KiB, both ends included.
double count_clients(const char* name, counting how, int clients)
{
    int inside = 0; // touched by the server's thread only
    long kib_all_in = 0;
    const long kib_before = resident_kib();
    const auto until_all_are_in = [&]() -> asio::awaitable<void> {
        ++inside;
        if (inside == clients) {
            kib_all_in = resident_kib();
        }
        asio::steady_timer timer{co_await asio::this_coro::executor};
        while (inside < clients) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    };
    std::set<std::string> distinct;
    {
        const background server{until_all_are_in, how};
        for (const auto& reply : async_requests(server.endpoint(), clients)) {
            distinct.insert(reply);
        }
    }
    std::printf("%-5s %d clients at once: %zu different numbers, %zu updates lost\n", name, clients,
                distinct.size(), clients - distinct.size());
    return static_cast<double>(kib_all_in - kib_before) / clients;
}

void measure_cost(int clients)
{
    const background server{no_work, counting::safe};
    const auto start = std::chrono::steady_clock::now();
    async_requests(server.endpoint(), clients);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    std::printf("time: %.0f us a client without work, both ends included\n",
                took.count() / clients);
}

void try_time_out()
{
    const background server{await_a_second, counting::safe};
    asio::io_context io;
    auto reply =
        asio::co_spawn(io, request_with_timeout(server.endpoint(), 100ms), asio::use_future);
    const auto start = std::chrono::steady_clock::now();
    io.run();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    try {
        std::printf("100 ms for work of 1 s: %s", reply.get().c_str());
    } catch (const std::system_error& error) {
        std::printf("100 ms for work of 1 s: %s, after %.0f ms\n", error.code().message().c_str(),
                    took.count());
    }
}

int serve(int port, counting how)
{
    async_server server{loopback(static_cast<unsigned short>(port)), await_a_second, how};
    std::printf("Listening on 127.0.0.1. Try, in another terminal:  nc localhost %d\n"
                "or, without nc:  scripts/workbook connect %d\n"
                "Ctrl+C ends the server, when the last client has its answer.\n",
                server.port(), server.port());
    const given::signal_thread on_ctrl_c{[&] { server.stop(); }};
    server.run();
    std::printf("\nstopped\n");
    return 0;
}

int run(const given::arguments& arguments)
{
    if (arguments.has("--serve")) {
        return serve(arguments.number("PORT"),
                     arguments.has("racy") ? counting::racy : counting::safe);
    }
    const int clients = arguments.number("CLIENTS");
    allow_descriptors(clients);
    const double kib = count_clients("safe", counting::safe, clients);
    count_clients("racy", counting::racy, clients);
    std::printf("memory: %.1f KiB a client while all are in, both ends included\n", kib);
    measure_cost(clients);
    try_time_out();
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    return given::run_program(argc, argv, usage, run);
}
