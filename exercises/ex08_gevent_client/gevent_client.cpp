// One greenlet per request. What would be a callback, or a state machine, is a plain function with
// a local variable and a loop, because the greenlet's stack keeps both while it waits.
//
// SPDX-License-Identifier: MIT
#include "gevent_client.hpp"

#include "given/todo.hpp"
#include "given/yield.hpp"
#include "greenlet.hpp"

#include <array>
#include <stdexcept>

using asio::ip::tcp;

std::string request([[maybe_unused]] const tcp::endpoint& server)
{
    todo("connect, and read until the server closes the connection");
}

std::vector<std::string> concurrent_requests([[maybe_unused]] const tcp::endpoint& server,
                                             [[maybe_unused]] int count)
{
    todo("send all the requests before waiting for any reply, and collect the replies in order");
}
