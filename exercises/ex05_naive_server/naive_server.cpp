// Your server. The promises stand in the header; WORKBOOK.md has the steps. Begin with
// reply_line.cpp.
//
// SPDX-License-Identifier: MIT
#include "naive_server.hpp"

#include "given/todo.hpp"

#include <utility>

naive_server::naive_server(const given::endpoint& where, given::work work)
    : listener_{where}, work_{std::move(work)}
{}

std::string naive_server::handle()
{
    todo("do the work, count the client and return its reply");
}

void naive_server::run()
{
    todo("serve one client after another until stop() is called");
}

void naive_server::stop()
{
    todo("make run() return");
}
