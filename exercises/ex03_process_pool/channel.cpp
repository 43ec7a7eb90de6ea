// Sending and receiving exactly so many bytes: the first two functions are yours. The two below
// them put messages together from these and are complete.
//
// SPDX-License-Identifier: MIT
#include "channel.hpp"

#include "given/todo.hpp"

#include <cerrno>
#include <cstddef>
#include <system_error>

#include <sys/socket.h>

void write_all([[maybe_unused]] int channel, [[maybe_unused]] std::string_view bytes)
{
    todo("send every byte, however few of them the system takes at a time");
}

bool read_exact([[maybe_unused]] int channel, [[maybe_unused]] std::span<char> buffer)
{
    todo("fill the whole buffer, and tell an end between messages from one in the middle");
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
