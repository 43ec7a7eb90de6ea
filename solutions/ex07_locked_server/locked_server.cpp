// Two critical sections: the whole of handle(), and three lines of it. Both let go by every way
// out, and before the reply is sent.
//
// SPDX-License-Identifier: MIT
#include "locked_server.hpp"

#include "reply_line.hpp"
#include "thread_per_connection.hpp"

#include <chrono>
#include <utility>

namespace {

std::chrono::nanoseconds time_of(const given::work& work)
{
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - began;
}

} // namespace

coarse_server::coarse_server(const given::endpoint& where, given::work work)
    : listener_{where}, work_{std::move(work)}
{}

void coarse_server::run()
{
    serve_each_in_a_thread(listener_, [this] { return handle(); });
}

void coarse_server::stop()
{
    listener_.cancel();
}

std::string coarse_server::handle()
{
    const std::lock_guard lock{mutex_}; // let go by every way out, a throwing work_ included
    const int seen = n_;
    const auto took = time_of(work_);
    n_ = seen + 1;
    return reply_line(n_, took);
}

fine_server::fine_server(const given::endpoint& where, given::work work)
    : listener_{where}, work_{std::move(work)}
{}

void fine_server::run()
{
    serve_each_in_a_thread(listener_, [this] { return handle(); });
}

void fine_server::stop()
{
    listener_.cancel();
}

std::string fine_server::handle()
{
    const auto took = time_of(work_);
    int mine = 0; // this client's own number: n_ may have moved on when the reply is written
    {
        const std::lock_guard lock{mutex_};
        mine = ++n_;
    }
    return reply_line(mine, took);
}
