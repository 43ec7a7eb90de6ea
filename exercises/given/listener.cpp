// Listening and accepting. accept() polls two descriptors, the socket and the eventfd that cancel()
// writes to; the socket itself never blocks.
//
// SPDX-License-Identifier: MIT
#include "given/listener.hpp"

#include "given/socket_address.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace given {

namespace {

void set_option(int socket, int option)
{
    const int on = 1;
    if (::setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) != 0) {
        throw failure(errno, "cannot set a socket option");
    }
}

/// Nothing wrong with the listener: this client went away, or a signal came, or somebody else was
/// quicker.
bool just_try_again(int error)
{
    return error == EINTR || error == EAGAIN || error == ECONNABORTED || error == EPROTO ||
           error == EPERM;
}

/// Everything is used up at the moment.
bool exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

listener::listener(const endpoint& where, listen_options options)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)},
      cancelled_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}
{
    sockaddr_in address = socket_address(where);
    if (!socket_.is_open() || !cancelled_.is_open()) {
        throw failure(errno, "cannot open a socket");
    }
    // SO_REUSEADDR lets a server start again at once on the port of one that just ended (its last
    // connections linger for a minute); it does not let two servers share the port.
    set_option(native_handle(), SO_REUSEADDR);
    if (options.reuse_port) {
        set_option(native_handle(), SO_REUSEPORT);
    }
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(native_handle(), generic, size) != 0 ||
        ::listen(native_handle(), options.backlog) != 0 ||
        ::getsockname(native_handle(), generic, &size) != 0) {
        throw failure(errno, "cannot listen on " + to_string(where));
    }
    port_ = ntohs(address.sin_port);
}

listener::~listener()
{
    // Not connection's close(): reading from an eventfd or saying goodbye on a listener is idle.
    cancelled_.reset();
    socket_.reset();
}

std::optional<connection> listener::accept()
{
    while (true) {
        pollfd events[] = {{cancelled_.native_handle(), POLLIN, 0}, {native_handle(), POLLIN, 0}};
        if (::poll(events, 2, -1) < 0 && errno != EINTR) {
            throw failure(errno, "cannot wait for clients");
        }
        if (events[0].revents != 0) {
            return std::nullopt;
        }
        if (events[1].revents == 0) {
            continue;
        }
        const int descriptor = ::accept4(native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor >= 0) {
            return connection{descriptor};
        }
        if (exhausted(errno)) {
            // The client still waits, so the socket stays readable and polling it would spin. No
            // event tells when a descriptor is free again: look every 10 ms, unless cancelled.
            ::poll(events, 1, 10);
        } else if (!just_try_again(errno)) {
            throw failure(errno, "cannot accept clients");
        }
    }
}

void listener::cancel() noexcept
{
    // Fails only when the counter is about to overflow, and then the descriptor is readable anyway.
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(cancelled_.native_handle(), &one, sizeof one);
}

} // namespace given
