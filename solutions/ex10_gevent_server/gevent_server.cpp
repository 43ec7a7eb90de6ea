// The accept loop is a greenlet like any other: it waits for a client, and while it waits, those
// who serve have their turns.
//
// SPDX-License-Identifier: MIT
#include "gevent_server.hpp"

#include "given/yield.hpp"
#include "greenlet.hpp"

#include <asio/post.hpp>
#include <asio/write.hpp>

#include <list>
#include <sstream>
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

namespace {

std::string named(const tcp::socket& connection)
{
    std::error_code gone;
    std::ostringstream name;
    name << "the handler for " << connection.remote_endpoint(gone);
    return name.str();
}

void kill_all(const std::list<green::any_greenlet>& greenlets)
{
    for (const green::any_greenlet& one : greenlets) {
        one.kill();
    }
}

} // namespace

void stream_server::accept_until_stopped(std::list<green::any_greenlet>& serving)
{
    while (!listening_->stopped) {
        std::error_code error;
        tcp::socket connection = listening_->acceptor.async_accept(green::yield[error]);
        serving.remove_if([](const green::any_greenlet& one) { return one.done(); });
        if (!error) {
            const std::string name = named(connection); // before the connection moves
            // The callable owns the connection: it is closed however the greenlet ends.
            serving.push_back(
                green::spawn(name, [this, connection = std::move(connection)]() mutable {
                    handle_(connection);
                }));
        } else if (!listening_->stopped) {
            green::sleep(std::chrono::milliseconds(10)); // out of descriptors, most likely
        }
    }
}

void stream_server::serve_forever()
{
    if (listening_->thread != std::this_thread::get_id()) {
        throw std::logic_error("serve_forever: the server belongs to another thread");
    }
    std::list<green::any_greenlet> serving;
    try {
        accept_until_stopped(serving);
        kill_all(serving);
    } catch (...) { // killed, perhaps, here or there; those who serve use this object
        kill_all(serving);
        throw;
    }
}

void stream_server::stop()
{
    // The hub and what it runs belong to the server's thread: only a handler posted there, which
    // may find the server gone, touches them.
    asio::post(listening_->loop, [listening = listening_] {
        listening->stopped = true;
        listening->acceptor.close();
    });
}

gevent_server::gevent_server(const tcp::endpoint& where, std::function<void()> work)
    : work_(std::move(work)),
      server_(where, [this](tcp::socket& connection) { handle(connection); })
{}

void gevent_server::handle(tcp::socket& connection)
{
    const int number = n_ + 1;
    if (work_) {
        work_();
    }
    n_ = number;
    const std::string reply = "<" + std::to_string(number) + ">\n";
    asio::async_write(connection, asio::buffer(reply), green::yield);
}
