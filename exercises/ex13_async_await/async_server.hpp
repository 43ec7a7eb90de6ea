// The counting server with asio's coroutines, in one thread: a coroutine accepts, and one more per
// client counts and answers. Between two co_awaits nobody else runs; what stands there needs no
// lock.
//
// Threads: the one that calls run(). stop() may be called from any thread; it only leaves a
// message.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <exception>
#include <functional>

/// What is done for each client, besides counting. Each call gives a coroutine that is awaited.
using async_work = std::function<asio::awaitable<void>()>;

/// How a client's number is found.
enum class counting {
    racy, // on purpose: read the count, await the work, write the count
    safe, // the same work, and no update lost
};

/// Called with what ended a client's coroutine early.
using failure_report = std::function<void(std::exception_ptr)>;

/// Prints one line on stderr.
void print_failure(std::exception_ptr failure);

/// Answers each client with `<N>\n`, N being the number of clients counted so far, and closes.
class async_server {
public:
    /// Listens at once; port 0 picks a free one. Throws std::system_error if the port is in use.
    async_server(const asio::ip::tcp::endpoint& endpoint, async_work work,
                 counting how = counting::safe, failure_report report = print_failure);

    async_server(const async_server&) = delete;
    async_server& operator=(const async_server&) = delete;

    /// The port that it listens on, until stop().
    unsigned short port() const;

    /// Serves until stop(), in the calling thread. Once only.
    void run();

    /// From any thread, also before run(): no client is accepted any more; those that are being
    /// served get their answers; then run() returns. Does not wait for that.
    void stop();

private:
    asio::awaitable<void> accept_clients();
    asio::awaitable<void> serve(asio::ip::tcp::socket client);
    asio::awaitable<int> count_racy();
    asio::awaitable<int> count_safe();

    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_; // once run() runs, changed by its thread alone
    const async_work work_;
    [[maybe_unused]] const counting how_;
    const failure_report report_;
    [[maybe_unused]] int clients_ = 0; // touched only by the thread in run()
};
