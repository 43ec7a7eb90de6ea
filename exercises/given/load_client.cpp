// The load: threads that share nothing but the number of requests left to make.
//
// SPDX-License-Identifier: MIT
#include "given/load_client.hpp"

#include "given/line_client.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>
#include <thread>

namespace given {

using std::chrono::steady_clock;

namespace {

/// One client: requests until none is left to make or the time is up. What it found is its own
/// until it is joined, so no lock is needed.
load_report be_a_client(const endpoint& where, std::atomic<int>& left,
                        steady_clock::time_point deadline)
{
    load_report mine;
    while (left.fetch_sub(1) > 0 && steady_clock::now() < deadline) {
        const auto began = steady_clock::now();
        try {
            line_client client{where};
            std::string reply = client.read_to_end();
            if (reply.empty()) {
                throw std::runtime_error("closed without a reply");
            }
            // The server has closed already. Resetting frees both ends' port at once, where a
            // goodbye would leave thousands of them in TIME_WAIT.
            client.reset();
            mine.replies.push_back(std::move(reply));
            mine.latencies.push_back(steady_clock::now() - began);
        } catch (const std::exception& error) {
            if (mine.failures++ == 0) {
                mine.first_failure = error.what();
            }
        }
    }
    return mine;
}

template <typename Element>
void append(std::vector<Element>& all, std::vector<Element>& some)
{
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
}

} // namespace

load_report run_load(const endpoint& where, const load& what)
{
    if (what.clients < 1 || what.requests < 1) {
        throw std::invalid_argument(fmt::format("{} requests from {} clients: at least 1 of each",
                                                what.requests, what.clients));
    }
    std::atomic<int> left{what.requests};
    const auto began = steady_clock::now();
    std::vector<load_report> parts(static_cast<std::size_t>(what.clients));
    {
        std::vector<std::jthread> clients; // joined at the end of this block
        for (load_report& part : parts) {
            clients.emplace_back(
                [&, &part = part] { part = be_a_client(where, left, began + what.limit); });
        }
    }
    load_report all;
    all.elapsed = steady_clock::now() - began;
    for (load_report& part : parts) {
        append(all.replies, part.replies);
        append(all.latencies, part.latencies);
        all.failures += part.failures;
        if (all.first_failure.empty()) {
            all.first_failure = part.first_failure;
        }
    }
    return all;
}

double load_report::requests_per_second() const
{
    return static_cast<double>(replies.size()) / std::chrono::duration<double>(elapsed).count();
}

latency load_report::summary() const
{
    if (latencies.empty()) {
        return {};
    }
    auto sorted = latencies;
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&](std::size_t percent) {
        const std::size_t index = std::min(sorted.size() - 1, sorted.size() * percent / 100);
        return std::chrono::duration_cast<std::chrono::microseconds>(sorted[index]);
    };
    return {at(0), at(50), at(99), at(100)};
}

std::string latency_header()
{
    return fmt::format("{:<22} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8}", "times in ms", "replies",
                       "per s", "min", "median", "p99", "max");
}

std::string latency_row(const std::string& name, const load_report& report)
{
    const latency times = report.summary();
    const auto ms = [](std::chrono::microseconds time) {
        return static_cast<double>(time.count()) / 1000;
    };
    return fmt::format("{:<22} {:>8} {:>9.0f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f}", name,
                       report.replies.size(), report.requests_per_second(), ms(times.min),
                       ms(times.median), ms(times.p99), ms(times.max));
}

} // namespace given
