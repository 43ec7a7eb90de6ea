// The two kernels under comparison, with the same face: the one that this program runs on and the
// model. A result is what the call gave from 0 up, or a negated errno.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/world/kernel.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace conformance {

/// What both have: descriptors by their place, so that place 3 is the "same" one in both.
struct places {
    std::vector<int> numbers;

    int at(int place) const { return place < 0 ? -1 : numbers[static_cast<std::size_t>(place)]; }
};

class real_kernel : public places {
public:
    long socket(int domain, int type) { return told(::socket(domain, type, 0)); }
    long socketpair(int type, int* ends) { return told(::socketpair(AF_UNIX, type, 0, ends)); }
    long bind(int fd, const sockaddr* to, socklen_t size) { return told(::bind(fd, to, size)); }
    long listen(int fd, int backlog) { return told(::listen(fd, backlog)); }
    long accept(int fd, sockaddr* from, socklen_t* size, int flags)
    {
        return told(::accept4(fd, from, size, flags));
    }
    long connect(int fd, const sockaddr* to, socklen_t size, bool)
    {
        return told(::connect(fd, to, size));
    }
    long shutdown(int fd, int how) { return told(::shutdown(fd, how)); }
    long getsockname(int fd, sockaddr* out, socklen_t* size)
    {
        return told(::getsockname(fd, out, size));
    }
    long getpeername(int fd, sockaddr* out, socklen_t* size)
    {
        return told(::getpeername(fd, out, size));
    }
    long setsockopt(int fd, int level, int name, const void* value, socklen_t size)
    {
        return told(::setsockopt(fd, level, name, value, size));
    }
    long getsockopt(int fd, int level, int name, void* value, socklen_t* size)
    {
        return told(::getsockopt(fd, level, name, value, size));
    }

    long read(int fd, const iovec* to, int count)
    {
        return told(count == 1 ? ::read(fd, to->iov_base, to->iov_len) : ::readv(fd, to, count));
    }
    long write(int fd, const iovec* from, int count)
    {
        return told(count == 1 ? ::write(fd, from->iov_base, from->iov_len)
                               : ::writev(fd, from, count));
    }
    long recv(int fd, const iovec* to, int count, int flags)
    {
        if (count == 1) {
            return told(::recv(fd, to->iov_base, to->iov_len, flags));
        }
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(to);
        message.msg_iovlen = static_cast<std::size_t>(count);
        return told(::recvmsg(fd, &message, flags));
    }
    long send(int fd, const iovec* from, int count, int flags, const sockaddr* to)
    {
        const socklen_t size = to != nullptr ? sizeof(sockaddr_in) : 0;
        if (count == 1) {
            return told(::sendto(fd, from->iov_base, from->iov_len, flags, to, size));
        }
        msghdr message{};
        message.msg_name = const_cast<sockaddr*>(to);
        message.msg_namelen = size;
        message.msg_iov = const_cast<iovec*>(from);
        message.msg_iovlen = static_cast<std::size_t>(count);
        return told(::sendmsg(fd, &message, flags));
    }

    long pipe(int* ends, int flags) { return told(::pipe2(ends, flags)); }
    long eventfd(unsigned count, int flags) { return told(::eventfd(count, flags)); }
    long timerfd_create(int flags) { return told(::timerfd_create(CLOCK_MONOTONIC, flags)); }
    long timerfd_settime(int fd, const itimerspec* value)
    {
        return told(::timerfd_settime(fd, 0, value, nullptr));
    }
    long timerfd_gettime(int fd, itimerspec* value) { return told(::timerfd_gettime(fd, value)); }

    long dup(int fd) { return told(::dup(fd)); }
    long dup_to(int fd, int onto, int flags) { return told(::dup3(fd, onto, flags)); }
    long close(int fd) { return told(::close(fd)); }
    long fcntl(int fd, int command, long value) { return told(::fcntl(fd, command, value)); }
    long ioctl(int fd, unsigned long request, int* value)
    {
        return told(::ioctl(fd, request, value));
    }

    long poll(pollfd* list, nfds_t count) { return told(::poll(list, count, 0)); }
    long select(int count, fd_set* in, fd_set* out, fd_set* other)
    {
        timeval at_once{};
        return told(::select(count, in, out, other, &at_once));
    }
    long epoll_create() { return told(::epoll_create1(EPOLL_CLOEXEC)); }
    long epoll_ctl(int fd, int what, int watched, epoll_event* event)
    {
        return told(::epoll_ctl(fd, what, watched, event));
    }
    long epoll_wait(int fd, epoll_event* list, int most)
    {
        return told(::epoll_wait(fd, list, most, 0));
    }

    /// SIGPIPE is blocked all the time: whether it came, and takes it away.
    bool raised_sigpipe()
    {
        sigset_t only;
        sigemptyset(&only);
        sigaddset(&only, SIGPIPE);
        const timespec at_once{};
        return sigtimedwait(&only, nullptr, &at_once) == SIGPIPE;
    }

private:
    static long told(long result) { return result == -1 ? -errno : result; }
};

namespace world = explorer::world;

class modeled_kernel : public places {
public:
    long socket(int domain, int type) { return world::socket(domain, type, 0); }
    long socketpair(int type, int* ends) { return world::socketpair(AF_UNIX, type, 0, ends); }
    long bind(int fd, const sockaddr* to, socklen_t size) { return world::bind(fd, to, size); }
    long listen(int fd, int backlog) { return world::listen(fd, backlog); }
    long accept(int fd, sockaddr* from, socklen_t* size, int flags)
    {
        return world::accept(fd, from, size, flags);
    }
    long connect(int fd, const sockaddr* to, socklen_t size, bool wait)
    {
        return world::connect(fd, to, size, wait);
    }
    long shutdown(int fd, int how) { return world::shutdown(fd, how); }
    long getsockname(int fd, sockaddr* out, socklen_t* size)
    {
        return world::getsockname(fd, out, size);
    }
    long getpeername(int fd, sockaddr* out, socklen_t* size)
    {
        return world::getpeername(fd, out, size);
    }
    long setsockopt(int fd, int level, int name, const void* value, socklen_t size)
    {
        return world::setsockopt(fd, level, name, value, size);
    }
    long getsockopt(int fd, int level, int name, void* value, socklen_t* size)
    {
        return world::getsockopt(fd, level, name, value, size);
    }

    long read(int fd, const iovec* to, int count)
    {
        return world::receive(fd, world::entrance::file, to, count, 0);
    }
    long write(int fd, const iovec* from, int count)
    {
        return world::send(fd, world::entrance::file, from, count, 0, false);
    }
    long recv(int fd, const iovec* to, int count, int flags)
    {
        return world::receive(fd, world::entrance::socket, to, count, flags);
    }
    long send(int fd, const iovec* from, int count, int flags, const sockaddr* to)
    {
        return world::send(fd, world::entrance::socket, from, count, flags, to != nullptr);
    }

    long pipe(int* ends, int flags) { return world::pipe(ends, flags); }
    long eventfd(unsigned count, int flags) { return world::eventfd(count, flags); }
    long timerfd_create(int flags) { return world::timerfd_create(CLOCK_MONOTONIC, flags); }
    long timerfd_settime(int fd, const itimerspec* value)
    {
        return world::timerfd_settime(fd, 0, value, nullptr);
    }
    long timerfd_gettime(int fd, itimerspec* value) { return world::timerfd_gettime(fd, value); }

    long dup(int fd) { return world::duplicate(fd, 0, false); }
    long dup_to(int fd, int onto, int flags) { return world::duplicate_to(fd, onto, flags, false); }
    long close(int fd) { return world::close(fd); }
    long fcntl(int fd, int command, long value) { return world::fcntl(fd, command, value); }
    long ioctl(int fd, unsigned long request, int* value)
    {
        return world::ioctl(fd, request, value);
    }

    long poll(pollfd* list, nfds_t count) { return world::poll(list, count); }
    long select(int count, fd_set* in, fd_set* out, fd_set* other)
    {
        return world::select(count, in, out, other);
    }
    long epoll_create() { return world::epoll_create(EPOLL_CLOEXEC); }
    long epoll_ctl(int fd, int what, int watched, epoll_event* event)
    {
        return world::epoll_ctl(fd, what, watched, event);
    }
    long epoll_wait(int fd, epoll_event* list, int most)
    {
        return world::epoll_wait(fd, list, most);
    }

    bool raised_sigpipe() { return world::raised_sigpipe(); }
};

} // namespace conformance
