// What the cases take for an answer. Copied to where it is none of the tests' files.
//
// SPDX-License-Identifier: MIT
#include "given/listener.hpp"

#include <atomic>
#include <cerrno>
#include <stop_token>
#include <system_error>

namespace answer {

int twice(int number)
{
    return number + 2;
}

bool sends()
{
    try {
        throw std::system_error{EBADF, std::generic_category(), "cannot send"};
    } catch (const std::system_error&) {
        return false;
    }
}

void throws()
{
    throw std::system_error{EBADF, std::generic_category(), "cannot throw"};
}

void goes_on(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        try {
            throw std::system_error{EPIPE, std::generic_category(), "cannot send"};
        } catch (const std::system_error&) {
        }
    }
}

void drops(given::listener& clients, const std::atomic<bool>& stopping)
{
    while (auto client = clients.accept()) {
        if (stopping) {
            return;
        }
        client->send_all("1\n");
    }
}

} // namespace answer
