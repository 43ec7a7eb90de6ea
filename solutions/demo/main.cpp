// The lecture's experiment on all servers side by side: 1, 2, 3 and 10 clients at once, and what
// numbers they get. Each server runs in a thread of its own while its clients are played, then it
// is stopped and joined; the program ends by itself.
//
// A server more is a line more in main(): its class, with port(), run() and stop(), and a sentence.
//
// SPDX-License-Identifier: MIT
#include "locked_server.hpp"
#include "naive_server.hpp"
#include "race_report.hpp"
#include "racy_server.hpp"

#include "given/arguments.hpp"
#include "given/reply.hpp"
#include "given/serving.hpp"
#include "given/work.hpp"

#include <chrono>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr const char* usage = "usage: workbook_demo\n"
                              "The race, or none, on every server: replies, duplicates, times.\n";

constexpr int crowds[] = {1, 2, 3, 10};

struct crowd_result {
    race_report report;
    double milliseconds = 0; // from the first client's connecting to the last one's reply
};

struct server_result {
    std::string name;
    std::string sentence;
    std::vector<crowd_result> crowds;
};

crowd_result send_crowd(const given::endpoint& where, int clients)
{
    const auto began = std::chrono::steady_clock::now();
    race_report report = provoke(where, clients);
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - began;
    return {std::move(report), elapsed.count()};
}

template <typename Server>
server_result try_server(const std::string& name, const std::string& sentence,
                         const given::work& work)
{
    Server server{given::endpoint{}, work};
    const given::serving running{server};
    server_result result{name, sentence, {}};
    for (const int clients : crowds) {
        result.crowds.push_back(send_crowd(running.where(), clients));
    }
    return result;
}

constexpr int column = 26;

void print_row(const std::string& left, const std::vector<std::string>& cells)
{
    fmt::print("{:<12}", left);
    for (const std::string& cell : cells) {
        fmt::print("{:<{}}", cell, column);
    }
    fmt::print("\n");
}

/// What all servers made of the same number of clients.
void print_crowd(std::size_t index, const std::vector<server_result>& results)
{
    const auto count = static_cast<std::size_t>(crowds[index]);
    for (std::size_t line = 0; line < count; ++line) {
        std::vector<std::string> replies;
        for (const server_result& each : results) {
            const std::string& reply = each.crowds[index].report.replies[line];
            replies.push_back(reply.substr(0, reply.find('\n')));
        }
        print_row(line == 0 ? fmt::format("{} client{}", count, count == 1 ? "" : "s") : "",
                  replies);
    }
    std::vector<std::string> duplicates;
    std::vector<std::string> times;
    for (const server_result& each : results) {
        duplicates.push_back(fmt::format("{}", each.crowds[index].report.duplicates));
        times.push_back(fmt::format("{:.1f} ms", each.crowds[index].milliseconds));
    }
    print_row("duplicates", duplicates);
    print_row("in all", times);
    fmt::print("\n");
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, [](std::vector<std::string> arguments) {
        if (!arguments.empty()) {
            throw given::usage_error(fmt::format("'{}' is not understood", arguments[0]));
        }
        const given::work work = given::fixed_work(std::chrono::milliseconds{17});
        const std::vector<server_result> results = {
            try_server<naive_server>("naive",
                                     "One client at a time: every number is right, and each client "
                                     "waits for all those before it.",
                                     work),
            try_server<racy_server>("racy",
                                    "A thread for each client: they overlap, read the same count "
                                    "and get the same number.",
                                    work),
            try_server<coarse_server>("coarse lock",
                                      "Threads that take turns: right again, and as slow as one "
                                      "client at a time.",
                                      work),
            try_server<fine_server>("fine lock",
                                    "Locked for the count alone: right, and the work of all "
                                    "clients overlaps.",
                                    work),
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
            fmt::print("{:<12}{}\n", each.name, each.sentence);
        }
        fmt::print(
            "\nCompare the times of 10 clients with those of 1 on this machine's {} core{}.\n",
            std::thread::hardware_concurrency(),
            std::thread::hardware_concurrency() == 1 ? "" : "s");
        return 0;
    });
}
