// A fork whose standard error is a pipe.
//
// SPDX-License-Identifier: MIT
#include "support/in_a_child.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace support {

ended in_a_child(const std::function<void()>& body)
{
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe");
    }
    const pid_t child = ::fork();
    if (child < 0) {
        const int error = errno;
        ::close(ends[0]);
        ::close(ends[1]);
        throw std::system_error(error, std::generic_category(), "fork");
    }
    if (child == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        body();
        ::_exit(0);
    }
    ::close(ends[1]);
    ended result;
    std::array<char, 512> piece{};
    for (ssize_t size; (size = ::read(ends[0], piece.data(), piece.size())) > 0;) {
        result.said.append(piece.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    ::waitpid(child, &result.status, 0);
    return result;
}

} // namespace support
