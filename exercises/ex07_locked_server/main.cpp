// What each of the two locks costs: the same load on the coarse and on the fine server.
//
// SPDX-License-Identifier: MIT
#include "locked_server.hpp"

#include "given/arguments.hpp"
#include "given/line_client.hpp"
#include "given/load_client.hpp"
#include "given/reply.hpp"
#include "given/serving.hpp"

#include <atomic>
#include <fmt/format.h>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr const char* usage =
    R"(usage: ex07_locked_server [WORK_US]                  1, 2 and 8 clients at a time on each server
       ex07_locked_server --send-locked              what if the lock is held while sending?
       ex07_locked_server --serve [PORT] [WORK_US]   serve until Ctrl+C
PORT: 0 to 65535, 5000 if not given; 0 picks a free one
WORK_US: 0 to 1000000, 1000 if not given; microseconds of work for each client
)";

given::work work_of(const given::arguments& arguments)
{
    return given::fixed_work(std::chrono::microseconds{arguments.number("WORK_US")});
}

/// One line of the table; says whether every client got a number of its own.
template <typename Server>
void measure(const char* name, const given::work& work, int clients)
{
    Server server{given::endpoint{}, work};
    const given::serving running{server};
    const given::load_report report = given::run_load(
        running.where(), {.clients = clients, .requests = 2000, .limit = std::chrono::seconds{2}});
    std::set<int> numbers;
    for (const std::string& text : report.replies) {
        const auto reply = given::parse_reply(text);
        numbers.insert(reply ? reply->number : 0);
    }
    const bool all_differ = numbers.size() == report.replies.size();
    fmt::print("{}{}\n",
               given::latency_row(
                   fmt::format("{}, {} client{}", name, clients, clients == 1 ? "" : "s"), report),
               all_differ && report.failures == 0 ? "" : "   NUMBERS OR REPLIES LOST");
}

int compare(const given::work& work)
{
    fmt::print("{}\n", given::latency_header());
    for (const int clients : {1, 2, 8}) {
        measure<coarse_server>("coarse", work, clients);
        measure<fine_server>("fine", work, clients);
    }
    return 0;
}

/// Two clients of a server that sends a long reply with its lock held. The first never reads, so
/// send_all() never returns; the second asks for no more than the lock.
int send_with_the_lock_held()
{
    given::listener listener{given::endpoint{}};
    std::timed_mutex counting; // what the server locks while it counts, and here while it sends
    std::atomic<bool> locked = false;
    given::line_client never_reads{{"127.0.0.1", listener.port()}};
    std::jthread sending{[&] {
        auto client = listener.accept();
        const std::lock_guard lock{counting};
        locked = true;
        locked.notify_one();
        try {
            client->send_all(std::string(64 << 20, 'x')); // more than any buffer on the way holds
        } catch (const std::system_error& error) {
            fmt::print("the server's sending ended: {}\n", error.what());
        }
    }};
    locked.wait(false);

    if (!counting.try_lock_for(std::chrono::seconds{1})) {
        fmt::print("the second client waited 1 s for the lock, in vain\n");
    }
    never_reads.reset();
    counting.lock();
    fmt::print("the first client has hung up: the lock is free again\n");
    counting.unlock();
    return 0;
}

int serve(const given::arguments& arguments)
{
    const given::endpoint where{"127.0.0.1", static_cast<std::uint16_t>(arguments.number("PORT"))};
    fine_server server{where, work_of(arguments)};
    given::serve_until_interrupt(server);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, [](const given::arguments& arguments) {
        if (arguments.has("--serve")) {
            return serve(arguments);
        }
        if (arguments.has("--send-locked")) {
            return send_with_the_lock_held();
        }
        return compare(work_of(arguments));
    });
}
