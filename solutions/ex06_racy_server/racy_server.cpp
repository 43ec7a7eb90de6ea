// The race is in handle(), between load and store. The threads are in thread_per_connection.cpp.
//
// SPDX-License-Identifier: MIT
#include "racy_server.hpp"

#include "reply_line.hpp"
#include "thread_per_connection.hpp"

#include <chrono>
#include <utility>

racy_server::racy_server(const given::endpoint& where, given::work work)
    : listener_{where}, work_{std::move(work)}
{}

std::string racy_server::handle()
{
    const int seen = n_.load();
    const auto began = std::chrono::steady_clock::now();
    work_();
    const auto took = std::chrono::steady_clock::now() - began;
    // Whatever others have counted since the load is overwritten here.
    n_.store(seen + 1);
    return reply_line(seen + 1, took);
}

void racy_server::run()
{
    serve_each_in_a_thread(listener_, [this] { return handle(); });
}

void racy_server::stop()
{
    listener_.cancel();
}
