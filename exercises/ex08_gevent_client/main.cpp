// The lecture's three requests at once: against ex06's server, where they race, and against ex07's,
// where they do not. With a port, against whatever listens there.
//
// Threads: this one, which sends all requests, and those of the servers.
//
// SPDX-License-Identifier: MIT
#include "gevent_client.hpp"
#include "given/arguments.hpp"
#include "given/serving.hpp"
#include "greenlet.hpp"
#include "locked_server.hpp"
#include "racy_server.hpp"

#include <fmt/format.h>

#include <chrono>

namespace {

constexpr const char* usage =
    R"(usage: ex08_gevent_client [PORT] [COUNT]   COUNT requests at once to 127.0.0.1:PORT; without a
                                           PORT 1, 2 and 3 to ex06's and to ex07's server
PORT: 1 to 65535
COUNT: 1 to 10000, 3 if not given
)";

void ask(std::uint16_t port, int count)
{
    const auto start = std::chrono::steady_clock::now();
    const auto replies = concurrent_requests({asio::ip::address_v4::loopback(), port}, count);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    fmt::print("{} at once, {:.0f} ms in all\n", count, took.count());
    for (const std::string& reply : replies) {
        fmt::print("    {}", reply);
    }
}

template <class Server>
void show(const char* title, const given::work& work)
{
    fmt::print("{}\n", title);
    Server server({}, work);
    const given::serving<Server> runs(server);
    for (const int count : {1, 1, 2, 3, 1}) {
        ask(server.port(), count);
    }
}

int run(const given::arguments& arguments)
{
    if (arguments.has("PORT")) {
        ask(static_cast<std::uint16_t>(arguments.number("PORT")), arguments.number("COUNT"));
        return 0;
    }
    const given::work work = given::fixed_work(std::chrono::milliseconds(20));
    show<racy_server>("ex06's racy server", work);
    show<fine_server>("\nex07's server with the short lock", work);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
