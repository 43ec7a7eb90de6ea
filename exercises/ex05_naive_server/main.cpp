// Serves clients of its own, as the lecture does with netcat, or waits for yours.
//
// SPDX-License-Identifier: MIT
#include "naive_server.hpp"

#include "given/arguments.hpp"
#include "given/line_client.hpp"
#include "given/serving.hpp"

#include <chrono>
#include <fmt/format.h>
#include <vector>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr const char* usage =
    R"(usage: ex05_naive_server [WORK_MS]                  five clients one by one, then two at once
       ex05_naive_server --serve [PORT] [WORK_MS]   serve until Ctrl+C
       ex05_naive_server --same-port                two servers, one port
PORT: 0 to 65535, 5000 if not given; 0 picks a free one
WORK_MS: 0 to 10000, 15 if not given; milliseconds of work for each client
)";

given::work work_of(const given::arguments& arguments)
{
    return given::fixed_work(std::chrono::milliseconds{arguments.number("WORK_MS")});
}

double milliseconds_since(steady_clock::time_point began)
{
    return std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
}

int serve_own_clients(const given::arguments& arguments)
{
    naive_server server{given::endpoint{}, work_of(arguments)};
    const given::serving running{server};
    for (int i = 0; i < 5; ++i) {
        fmt::print("$ nc localhost {}\n", running.where().port);
        fmt::print("{}\n", given::line_client{running.where()}.read_to_end());
    }
    fmt::print("Two clients at once:\n");
    const auto began = steady_clock::now();
    given::line_client one{running.where()};
    given::line_client two{running.where()};
    for (given::line_client* client : {&one, &two}) {
        const std::string reply = client->read_to_end();
        fmt::print("after {:5.1f} ms: {}", milliseconds_since(began), reply);
    }
    return 0;
}

int serve_strangers(const given::arguments& arguments)
{
    const given::endpoint where{"127.0.0.1", static_cast<std::uint16_t>(arguments.number("PORT"))};
    naive_server server{where, work_of(arguments)};
    given::serve_until_interrupt(server);
    return 0;
}

int share_a_port()
{
    naive_server first{given::endpoint{}, [] {}};
    fmt::print("the first server listens on port {}\n", first.port());
    try {
        naive_server second{{"127.0.0.1", first.port()}, [] {}};
        fmt::print("the second server listens there too\n");
    } catch (const std::system_error& error) {
        fmt::print("the second server: {}\n", error.what());
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, [](const given::arguments& arguments) {
        if (arguments.has("--serve")) {
            return serve_strangers(arguments);
        }
        if (arguments.has("--same-port")) {
            return share_a_port();
        }
        return serve_own_clients(arguments);
    });
}
