// A connection over plain system calls. Each that fails becomes a std::system_error; each that a
// signal interrupted is tried again.
//
// SPDX-License-Identifier: MIT
#include "given/socket.hpp"

#include "given/socket_address.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace given {

std::string to_string(const endpoint& where)
{
    return where.address + ":" + std::to_string(where.port);
}

connection::connection(connection&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}
{}

connection& connection::operator=(connection&& other) noexcept
{
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

void connection::send_all(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR) {
            throw failure(errno, "cannot send");
        }
    }
}

std::string connection::receive(std::size_t most, std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string text(most, '\0');
    while (true) {
        const ssize_t got = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
        if (got >= 0) {
            text.resize(static_cast<std::size_t>(got));
            return text;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN) {
            throw failure(errno, "cannot receive");
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            throw failure(ETIMEDOUT, "nothing received");
        }
        pollfd readable{descriptor_, POLLIN, 0};
        ::poll(&readable, 1, static_cast<int>(left.count()));
    }
}

void connection::close() noexcept
{
    if (!is_open()) {
        return;
    }
    // A socket that is closed while unread bytes lie in it sends "reset", and that can destroy the
    // reply before the peer has read it. So what a talkative client has sent by now is thrown away,
    // but no more than 64 KiB of it: a client that never stops is not to keep us here.
    ::shutdown(descriptor_, SHUT_WR);
    char unread[4096];
    for (int i = 0; i < 16 && ::recv(descriptor_, unread, sizeof unread, MSG_DONTWAIT) > 0; ++i) {
    }
    ::close(std::exchange(descriptor_, -1));
}

void connection::reset() noexcept
{
    if (!is_open()) {
        return;
    }
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(descriptor_, -1));
}

connection connect_to(const endpoint& where, std::chrono::milliseconds patience)
{
    const sockaddr_in address = socket_address(where);
    connection result{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!result.is_open()) {
        throw failure(errno, "cannot open a socket");
    }
    // On Linux the time limit for sending bounds connect() as well, which then says EINPROGRESS.
    const timeval limit{patience.count() / 1000, patience.count() % 1000 * 1000};
    ::setsockopt(result.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(result.native_handle(), reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) != 0) {
        throw failure(errno == EINPROGRESS ? ETIMEDOUT : errno,
                      "cannot connect to " + to_string(where));
    }
    return result;
}

} // namespace given
