// The server: yours to write. Each co_await is a place where all other coroutines may run, and
// there is no other such place.
//
// SPDX-License-Identifier: MIT
#include "async_server.hpp"

#include "given/todo.hpp"

#include <cstdio>
#include <utility>

using asio::ip::tcp;

async_server::async_server(const tcp::endpoint& endpoint, async_work work, counting how,
                           failure_report report)
    : acceptor_{io_, endpoint}, work_{std::move(work)}, how_{how}, report_{std::move(report)}
{}

unsigned short async_server::port() const
{
    return acceptor_.local_endpoint().port();
}

void print_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "async_server: a client was lost: %s\n", error.what());
    } catch (...) {
        std::fputs("async_server: a client was lost\n", stderr);
    }
}

void async_server::run()
{
    todo("accept and serve until nothing is left to do");
}

void async_server::stop()
{
    todo("tell the thread in run() to accept no more");
}

asio::awaitable<void> async_server::accept_clients()
{
    todo("accept clients, with a coroutine for each, until the acceptor is closed");
}

asio::awaitable<void> async_server::serve([[maybe_unused]] tcp::socket client)
{
    todo("count the client and send it its number");
}

asio::awaitable<int> async_server::count_racy()
{
    todo("read the count, await the work, write the count");
}

asio::awaitable<int> async_server::count_safe()
{
    todo("await the work and count so that no update is lost");
}
