// The lecture's experiment on all servers side by side: 1, 2, 3 and 10 clients at once, and what
// numbers they get. Each server is made and run in the main thread, for greenlets belong to the
// thread that makes them, while a second thread plays its clients and then stops it; the program
// ends by itself.
//
// A server more is a line more in main(): its name, the server, and a sentence.
//
// SPDX-License-Identifier: MIT
#include "async_server.hpp"
#include "gevent_server.hpp"
#include "locked_server.hpp"
#include "naive_server.hpp"
#include "racy_server.hpp"

#include "given/arguments.hpp"
#include "given/line_client.hpp"
#include "given/work.hpp"

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fmt/format.h>
#include <future>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr const char* usage =
    R"(usage: workbook_demo   the race, or none, on every server: replies, duplicates, times
)";

constexpr int crowds[] = {1, 2, 3, 10};
constexpr std::chrono::milliseconds work_time{17};

struct crowd_result {
    std::vector<std::string> numbers; // in the order in which the clients connected
    std::size_t duplicates = 0;       // clients less distinct numbers
    double milliseconds = 0;          // from the first client's connecting to the last one's reply
};

struct server_result {
    std::string name;
    std::string sentence;
    std::vector<crowd_result> crowds;
};

/// Connects all clients before it reads any reply. Some servers say `<3>`, others
/// `<3, took 17.0 ms>`: the number ends at the comma or at the bracket.
crowd_result send_crowd(std::uint16_t port, int count)
{
    const auto began = std::chrono::steady_clock::now();
    std::vector<given::line_client> clients;
    for (int i = 0; i < count; ++i) {
        clients.emplace_back(given::endpoint{"127.0.0.1", port});
    }
    crowd_result result;
    for (given::line_client& client : clients) {
        const std::string reply = client.read_to_end();
        result.numbers.push_back(reply.substr(0, reply.find_first_of(",>")) + ">");
    }
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - began;
    const std::set<std::string> distinct(result.numbers.begin(), result.numbers.end());
    result.duplicates = result.numbers.size() - distinct.size();
    result.milliseconds = elapsed.count();
    return result;
}

template <typename Server>
server_result try_server(const std::string& name, Server server, const std::string& sentence)
{
    auto played = std::async(std::launch::async, [&server] {
        std::vector<crowd_result> results;
        std::exception_ptr failure;
        try {
            for (const int clients : crowds) {
                results.push_back(send_crowd(server.port(), clients));
            }
        } catch (...) {
            failure = std::current_exception();
        }
        server.stop(); // in any case, or run() would not return
        if (failure) {
            std::rethrow_exception(failure);
        }
        return results;
    });
    server.run();
    return {name, sentence, played.get()};
}

/// The asynchronous server's work: to wait, for a database perhaps.
asio::awaitable<void> wait_a_while()
{
    asio::steady_timer timer{co_await asio::this_coro::executor, work_time};
    co_await timer.async_wait(asio::use_awaitable);
}

constexpr int column = 12;

void print_row(const std::string& left, const std::vector<std::string>& cells)
{
    std::string line = fmt::format("{:<{}}", left, column);
    for (const std::string& cell : cells) {
        line += fmt::format("{:<{}}", cell, column);
    }
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
}

/// What all servers made of the same number of clients.
void print_crowd(std::size_t index, const std::vector<server_result>& results)
{
    const auto count = static_cast<std::size_t>(crowds[index]);
    for (std::size_t line = 0; line < count; ++line) {
        std::vector<std::string> numbers;
        for (const server_result& each : results) {
            numbers.push_back(each.crowds[index].numbers[line]);
        }
        print_row(line == 0 ? fmt::format("{} client{}", count, count == 1 ? "" : "s") : "",
                  numbers);
    }
    std::vector<std::string> duplicates;
    std::vector<std::string> times;
    for (const server_result& each : results) {
        duplicates.push_back(fmt::format("{}", each.crowds[index].duplicates));
        times.push_back(fmt::format("{:.1f} ms", each.crowds[index].milliseconds));
    }
    print_row("duplicates", duplicates);
    print_row("in all", times);
    fmt::print("\n");
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, [](const given::arguments&) {
        const given::work work = given::fixed_work(work_time);
        const given::endpoint any_port;
        const asio::ip::tcp::endpoint any_asio_port{asio::ip::address_v4::loopback(), 0};
        const std::vector<server_result> results = {
            try_server("naive", naive_server{any_port, work},
                       "One client at a time: numbers right, and each waits for all before it."),
            try_server("racy", racy_server{any_port, work},
                       "A thread for each client: they overlap, and read the same count."),
            try_server("coarse lock", coarse_server{any_port, work},
                       "Threads that take turns: right again, as slow as one at a time."),
            try_server("fine lock", fine_server{any_port, work},
                       "Locked for the count alone: right, and the work overlaps."),
            try_server(
                "gevent", gevent_server{any_asio_port, work},
                "Greenlets, one thread, work that computes: right without a lock, and slow."),
            try_server(
                "async racy", async_server{any_asio_port, wait_a_while, counting::racy},
                "Coroutines, one thread, work that waits inside the count: the race is back."),
            try_server("async", async_server{any_asio_port, wait_a_while, counting::safe},
                       "The same with no co_await inside the count: right, and all wait at once."),
        };

        std::vector<std::string> names;
        for (const server_result& each : results) {
            names.push_back(each.name);
        }
        print_row("", names);
        for (std::size_t index = 0; index < std::size(crowds); ++index) {
            print_crowd(index, results);
        }
        for (const server_result& each : results) {
            fmt::print("{:<{}}{}\n", each.name, column, each.sentence);
        }
        fmt::print(
            "\nCompare the times of 10 clients with those of 1 on this machine's {} core{}.\n",
            std::thread::hardware_concurrency(),
            std::thread::hardware_concurrency() == 1 ? "" : "s");
        return 0;
    });
}
