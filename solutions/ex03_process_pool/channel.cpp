// Sending and receiving exactly so many bytes. The kernel does less per call than it is asked for
// whenever it likes: it has only so many bytes yet, its buffer is full, a signal came. None of that
// is an error; go on with the rest.
//
// SPDX-License-Identifier: MIT
#include "channel.hpp"

#include <cerrno>
#include <cstddef>
#include <system_error>

#include <sys/socket.h>

void write_all(int channel, std::string_view bytes)
{
    while (!bytes.empty()) {
        // MSG_NOSIGNAL: a vanished reader is an error like any other, and not the end of us.
        const ssize_t sent = ::send(channel, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "write_all");
        }
    }
}

bool read_exact(int channel, std::span<char> buffer)
{
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const ssize_t got = ::recv(channel, &buffer[filled], buffer.size() - filled, 0);
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
        } else if (got == 0 && filled == 0) {
            return false;
        } else if (got == 0) {
            throw std::system_error(ECONNRESET, std::generic_category(), "read_exact");
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "read_exact");
        }
    }
    return true;
}

void send_message(int channel, std::string_view message)
{
    const std::size_t size = message.size();
    std::string framed(reinterpret_cast<const char*>(&size), sizeof size);
    write_all(channel, framed.append(message));
}

std::optional<std::string> receive_message(int channel)
{
    std::size_t size = 0;
    if (!read_exact(channel, {reinterpret_cast<char*>(&size), sizeof size})) {
        return std::nullopt;
    }
    std::string message(size, '\0');
    if (size > 0 && !read_exact(channel, message)) {
        throw std::system_error(ECONNRESET, std::generic_category(), "receive_message");
    }
    return message;
}
