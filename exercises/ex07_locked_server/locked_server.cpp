// Your two servers: their handle() is yours to write. run() uses the reference of ex06.
//
// SPDX-License-Identifier: MIT
#include "locked_server.hpp"

#include "given/todo.hpp"
#include "thread_per_connection.hpp"

#include <utility>

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
    todo("handle one client at a time, from the work to the reply line");
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
    todo("let clients work at the same time and lock only the count");
}
