// One greenlet per request. What would be a callback, or a state machine, is a plain function with
// a local variable and a loop, because the greenlet's stack keeps both while it waits.
//
// SPDX-License-Identifier: MIT
#include "gevent_client.hpp"

#include "given/yield.hpp"
#include "greenlet.hpp"

#include <array>
#include <stdexcept>

using asio::ip::tcp;

std::string request(const tcp::endpoint& server)
{
    tcp::socket connection(green::loop());
    connection.async_connect(server, green::yield);

    std::string reply;
    std::array<char, 1024> piece;
    for (;;) {
        std::error_code error;
        const std::size_t size =
            connection.async_read_some(asio::buffer(piece), green::yield[error]);
        if (error == asio::error::eof) {
            return reply;
        }
        if (error) {
            throw std::system_error(error, "request");
        }
        reply.append(piece.data(), size);
        if (reply.size() > longest_reply) {
            throw std::length_error("request: the reply is longer than " +
                                    std::to_string(longest_reply) + " bytes");
        }
    }
}

std::vector<std::string> concurrent_requests(const tcp::endpoint& server, int count)
{
    if (count < 0) {
        throw std::invalid_argument("concurrent_requests: count is " + std::to_string(count));
    }
    std::vector<green::greenlet<std::string>> under_way;
    for (int i = 0; i < count; ++i) {
        under_way.push_back(green::spawn([server] { return request(server); }));
    }
    green::join_all(under_way); // before any get(): what it throws comes after all have ended
    std::vector<std::string> replies;
    for (const auto& one : under_way) {
        replies.push_back(one.get());
    }
    return replies;
}
