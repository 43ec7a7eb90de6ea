// Three of the ten calls: one that waits for a time, one that waits for data, and connect(). The
// linker binds every nanosleep(), recv() and connect() of the program to these, of the hub's
// libraries and of the third party's object file too, in every thread. So the first thing is
// always to see whether the caller is one that can wait in another way; everybody else gets libc's.
//
// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE // the hardened headers define recv() themselves
#include "libc.hpp"
#include "monkey.hpp"
#include "waits.hpp"

#include "given/todo.hpp"

extern "C" int nanosleep([[maybe_unused]] const timespec* time,
                         [[maybe_unused]] timespec* remaining)
{
    todo("let the calling greenlet sleep and the others run, and say what is left if a signal ends "
         "it");
}

extern "C" ssize_t recv([[maybe_unused]] int fd, [[maybe_unused]] void* buffer,
                        [[maybe_unused]] size_t size, [[maybe_unused]] int flags)
{
    todo("let others run until there is enough to receive, and keep every promise of recv");
}

extern "C" int connect([[maybe_unused]] int fd, [[maybe_unused]] const sockaddr* address,
                       [[maybe_unused]] socklen_t address_size)
{
    todo("let others run until the socket is connected, and report how that ended");
}
