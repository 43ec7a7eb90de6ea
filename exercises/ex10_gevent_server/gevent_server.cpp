// The accept loop is a greenlet like any other: it waits for a client, and while it waits, those
// who serve have their turns.
//
// SPDX-License-Identifier: MIT
#include "gevent_server.hpp"

#include "given/todo.hpp"
#include "given/yield.hpp"
#include "greenlet.hpp"

#include <asio/post.hpp>
#include <asio/write.hpp>

#include <list>
#include <stdexcept>
#include <thread>

using asio::ip::tcp;

struct stream_server::listening {
    explicit listening(const tcp::endpoint& where) : acceptor(loop, where) {}

    asio::io_context& loop = green::loop();
    const std::thread::id thread = std::this_thread::get_id();
    tcp::acceptor acceptor;
    const std::uint16_t port = acceptor.local_endpoint().port();
    bool stopped = false; // touched by the server's thread alone
};

stream_server::stream_server(const tcp::endpoint& where, handler handle)
    : handle_(std::move(handle)), listening_(std::make_shared<listening>(where))
{}

std::uint16_t stream_server::port() const
{
    return listening_->port;
}

void stream_server::accept_until_stopped([[maybe_unused]] std::list<green::any_greenlet>& serving)
{
    todo("give each client that connects a greenlet of its own, until the server is stopped");
}

void stream_server::serve_forever()
{
    todo("serve until the server is stopped, then end the greenlets that still serve");
}

void stream_server::stop()
{
    todo("make serve_forever() return, from whatever thread");
}

gevent_server::gevent_server(const tcp::endpoint& where, std::function<void()> work)
    : work_(std::move(work)),
      server_(where, [this](tcp::socket& connection) { handle(connection); })
{}

void gevent_server::handle([[maybe_unused]] tcp::socket& connection)
{
    todo("count the client and tell it its number");
}
