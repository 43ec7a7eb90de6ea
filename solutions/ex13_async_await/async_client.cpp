// The client. Whoever wants the result of a coroutine from outside gets a std::future
// (asio::use_future); whoever is a coroutine itself awaits it (asio::use_awaitable).
//
// SPDX-License-Identifier: MIT
#include "async_client.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <system_error>

using asio::ip::tcp;

asio::awaitable<std::string> async_request(tcp::endpoint server)
{
    const auto executor = co_await asio::this_coro::executor;
    tcp::socket socket{executor};
    co_await socket.async_connect(server, asio::use_awaitable);

    std::string reply;
    std::error_code end;
    co_await asio::async_read(socket, asio::dynamic_buffer(reply, longest_reply + 1),
                              asio::redirect_error(asio::use_awaitable, end));
    if (!end) { // the buffer is full: the reply is longer than allowed
        throw std::system_error{asio::error::message_size, "async_request"};
    }
    if (end != asio::error::eof) {
        throw std::system_error{end, "async_request"};
    }
    co_return reply;
}

std::vector<std::string> async_requests(tcp::endpoint server, int count)
{
    if (count < 0) {
        throw std::invalid_argument{"async_requests: count = " + std::to_string(count)};
    }
    asio::io_context io;
    std::vector<std::future<std::string>> futures;
    for (int i = 0; i < count; ++i) {
        futures.push_back(asio::co_spawn(io, async_request(server), asio::use_future));
    }
    io.run(); // until all have ended: no get() below waits

    std::vector<std::string> replies;
    for (auto& future : futures) {
        replies.push_back(future.get());
    }
    return replies;
}

asio::awaitable<std::string> request_with_timeout(tcp::endpoint server,
                                                  std::chrono::milliseconds limit)
{
    // Shared with the timer's handler, which may still be called when this coroutine has ended.
    struct alarm {
        asio::cancellation_signal cancel;
        bool rang = false;
    };
    const auto executor = co_await asio::this_coro::executor;
    const auto shared = std::make_shared<alarm>();
    asio::steady_timer timer{executor, limit}; // dies at the end, and its wait with it
    timer.async_wait([shared](std::error_code error) {
        if (!error) {
            shared->rang = true;
            shared->cancel.emit(asio::cancellation_type::terminal);
        }
    });
    try {
        // The request is a coroutine of its own, so that it can be cancelled without this one.
        co_return co_await asio::co_spawn(
            executor, async_request(server),
            asio::bind_cancellation_slot(shared->cancel.slot(), asio::use_awaitable));
    } catch (const std::system_error& error) {
        if (shared->rang && error.code() == asio::error::operation_aborted) {
            throw std::system_error{asio::error::timed_out, "request_with_timeout"};
        }
        throw;
    }
}
