// A library that somebody else wrote, years ago, for programs with one thing to do: whenever it has
// to wait, it blocks. It knows nothing of greenlets, and nobody will change it. It is compiled
// apart from everything else, once, and the same object file is linked into every program of ex12.
//
// Like all C libraries of its kind, it reports failures by -1 and errno.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

extern "C" {

/// Sleeps for that long, also when signals interrupt it.
int third_party_nap(long milliseconds);

/// The same, through a pointer to nanosleep() that was taken when the program was loaded.
int third_party_nap_by_pointer(long milliseconds);

/// Connects to 127.0.0.1:port. The socket, or -1.
int third_party_connect(unsigned short port);

/// Sends all of `text`. 0, or -1.
int third_party_say(int socket, const char* text);

/// Receives until a line break, the end or `size` - 1 bytes; adds a zero byte. The number of bytes,
/// or -1.
long third_party_hear(int socket, char* text, std::size_t size);

/// Connects, says `question`, hears the answer, closes. The answer's length, or -1.
long third_party_ask(unsigned short port, const char* question, char* answer, std::size_t size);

/// Ten calls that block, each as the system spells it. What they wait for is up to the caller.
enum third_party_call {
    blocks_in_nanosleep, // 1000 s
    blocks_in_clock_nanosleep,
    blocks_in_sleep,
    blocks_in_usleep,
    blocks_in_poll, // until `fd` is readable
    blocks_in_read, // one byte
    blocks_in_recv,
    blocks_in_send,    // one byte
    blocks_in_connect, // to the address that is given
    blocks_in_accept,
};

/// Makes the call, on `fd` if it needs one; returns what it returned, and leaves errno.
long third_party_do(third_party_call call, int fd, const void* address, unsigned address_size);

} // extern "C"
