// A file descriptor that closes itself, and the pair of connected sockets through which two
// processes talk. Nothing here starts a thread.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace given {

/// Owns one open descriptor, or none (-1). Movable; closed when it goes.
class descriptor {
public:
    explicit descriptor(int number = -1) noexcept : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() { close(); }

    /// The number, for system calls; -1 once closed.
    int get() const noexcept { return number_; }

    /// Closes now. Closing twice is fine.
    void close() noexcept
    {
        if (number_ != -1) {
            ::close(std::exchange(number_, -1));
        }
    }

private:
    int number_;
};

/// Two connected stream sockets: what is sent into one end comes out of the other, both ways. Not
/// inherited through exec. Throws std::system_error (too_many_files_open, ...).
inline std::pair<descriptor, descriptor> socket_pair()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    return {descriptor(ends[0]), descriptor(ends[1])};
}

} // namespace given
