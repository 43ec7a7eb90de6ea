// The server. Read it for its co_awaits: each is a place where all other coroutines may run, and
// there is no other such place.
//
// SPDX-License-Identifier: MIT
#include "async_server.hpp"

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>
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
    asio::co_spawn(io_, accept_clients(), [](std::exception_ptr failure) {
        if (failure) {
            std::rethrow_exception(failure); // out of io_.run(), hence out of this function
        }
    });
    io_.run(); // returns when no coroutine is left
}

void async_server::stop()
{
    asio::post(io_, [this] { acceptor_.close(); });
}

asio::awaitable<void> async_server::accept_clients()
{
    while (acceptor_.is_open()) {
        std::error_code error;
        tcp::socket client =
            co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            // serve() owns the socket; nobody awaits it, so its failure is reported here.
            asio::co_spawn(io_, serve(std::move(client)), [this](std::exception_ptr failure) {
                if (failure) {
                    report_(failure);
                }
            });
        } else if (acceptor_.is_open()) { // out of descriptors, for example: let others finish
            asio::steady_timer pause{io_, std::chrono::milliseconds{10}};
            co_await pause.async_wait(asio::use_awaitable);
        }
    }
}

asio::awaitable<void> async_server::serve(tcp::socket client)
{
    int number = 0;
    if (how_ == counting::racy) { // not with ?: around two co_awaits, which g++ 12 miscompiles
        number = co_await count_racy();
    } else {
        number = co_await count_safe();
    }
    const std::string reply = "<" + std::to_string(number) + ">\n";
    co_await asio::async_write(client, asio::buffer(reply), asio::use_awaitable);
}

asio::awaitable<int> async_server::count_racy()
{
    const int seen = clients_;
    co_await work_(); // here the others run, and read the same count
    clients_ = seen + 1;
    co_return seen + 1;
}

asio::awaitable<int> async_server::count_safe()
{
    co_await work_();
    co_return ++clients_; // read and write with no co_await between them
}
