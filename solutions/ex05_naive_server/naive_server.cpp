// One client at a time. What can throw, throws inside the loop: a client that is gone or work that
// fails ends its own connection and nothing else.
//
// SPDX-License-Identifier: MIT
#include "naive_server.hpp"

#include "reply_line.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <utility>

naive_server::naive_server(const given::endpoint& where, given::work work)
    : listener_{where}, work_{std::move(work)}
{}

std::string naive_server::handle()
{
    const int seen = n_;
    const auto began = std::chrono::steady_clock::now();
    work_();
    const auto took = std::chrono::steady_clock::now() - began;
    n_ = seen + 1;
    return reply_line(n_, took);
}

void naive_server::run()
{
    // The connection closes where it goes out of scope, at the end of each round.
    while (auto client = listener_.accept()) {
        try {
            client->send_all(handle());
        } catch (const std::exception& error) {
            fmt::print(stderr, "a client got no reply: {}\n", error.what());
        }
    }
}

void naive_server::stop()
{
    listener_.cancel();
}
