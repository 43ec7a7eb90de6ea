// Two loops: all clients connect, then all are read. In between they overlap, whatever the server.
//
// SPDX-License-Identifier: MIT
#include "race_report.hpp"

#include "given/line_client.hpp"
#include "given/reply.hpp"

#include <fmt/format.h>
#include <set>
#include <stdexcept>

race_report provoke(const given::endpoint& where, int n)
{
    if (n < 1) {
        throw std::invalid_argument(fmt::format("cannot provoke a race with {} clients", n));
    }
    std::vector<given::line_client> clients;
    for (int i = 0; i < n; ++i) {
        clients.emplace_back(where);
    }
    race_report report;
    for (given::line_client& client : clients) {
        report.replies.push_back(client.read_to_end());
        const auto reply = given::parse_reply(report.replies.back());
        if (!reply) {
            throw std::runtime_error(fmt::format("not a reply: '{}'", report.replies.back()));
        }
        report.numbers.push_back(reply->number);
    }
    const std::set<int> distinct(report.numbers.begin(), report.numbers.end());
    report.duplicates = n - static_cast<int>(distinct.size());
    return report;
}
