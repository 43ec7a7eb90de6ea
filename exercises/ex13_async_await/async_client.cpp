// The client: yours to write. Whoever wants the result of a coroutine from outside gets a
// std::future (asio::use_future); whoever is a coroutine itself awaits it (asio::use_awaitable).
//
// SPDX-License-Identifier: MIT
#include "async_client.hpp"

#include "given/todo.hpp"

using asio::ip::tcp;

asio::awaitable<std::string> async_request([[maybe_unused]] tcp::endpoint server)
{
    todo("connect and read until the server closes");
}

std::vector<std::string> async_requests([[maybe_unused]] tcp::endpoint server,
                                        [[maybe_unused]] int count)
{
    todo("send all requests at once in this thread and collect the replies");
}

asio::awaitable<std::string> request_with_timeout([[maybe_unused]] tcp::endpoint server,
                                                  [[maybe_unused]] std::chrono::milliseconds limit)
{
    todo("cancel the request when the time is up");
}
