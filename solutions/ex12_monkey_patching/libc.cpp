// dlsym(RTLD_NEXT, "recv") asks the dynamic linker for the recv() that comes after the program's
// own in the order of search: libc's, or a sanitizer's, which stands between the two and calls
// libc's.
//
// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE // the hardened headers define read() and recv() themselves
#include "libc.hpp"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

namespace green {
namespace {

template <class Function>
void look_up(Function*& found, const char* name)
{
    found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
    if (!found) {
        std::fprintf(stderr, "libc has no %s: is the program linked statically?\n", name);
        std::abort();
    }
}

} // namespace

const libc_calls& libc()
{
    static const libc_calls real = [] {
        libc_calls found;
        look_up(found.nanosleep, "nanosleep");
        look_up(found.clock_nanosleep, "clock_nanosleep");
        look_up(found.sleep, "sleep");
        look_up(found.usleep, "usleep");
        look_up(found.poll, "poll");
        look_up(found.read, "read");
        look_up(found.recv, "recv");
        look_up(found.send, "send");
        look_up(found.connect, "connect");
        look_up(found.accept, "accept");
        look_up(found.epoll_wait, "epoll_wait");
        return found;
    }();
    return real;
}

} // namespace green
