// A client that reads with a deadline, which covers the whole of a call and not each packet.
//
// SPDX-License-Identifier: MIT
#include "given/line_client.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace given {

using std::chrono::steady_clock;

line_client::line_client(const endpoint& where, std::chrono::milliseconds patience)
    : patience_{patience}, connection_{connect_to(where, patience)}
{}

/// False at the end of what the server sends.
bool line_client::receive_more(steady_clock::time_point deadline, std::size_t most)
{
    if (received_.size() > most) {
        throw std::length_error("more than " + std::to_string(most) + " bytes received");
    }
    const auto left =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()),
                 std::chrono::milliseconds{0});
    const std::string more = connection_.receive(4096, left);
    received_ += more;
    return !more.empty();
}

std::string line_client::read_line(std::size_t most)
{
    const auto deadline = steady_clock::now() + patience_;
    auto newline = received_.find('\n');
    while (newline == std::string::npos && receive_more(deadline, most)) {
        newline = received_.find('\n');
    }
    const std::size_t length = newline == std::string::npos ? received_.size() : newline + 1;
    std::string line = received_.substr(0, length);
    received_.erase(0, length);
    return line;
}

std::string line_client::read_to_end(std::size_t most)
{
    const auto deadline = steady_clock::now() + patience_;
    while (receive_more(deadline, most)) {
    }
    return std::exchange(received_, {});
}

} // namespace given
