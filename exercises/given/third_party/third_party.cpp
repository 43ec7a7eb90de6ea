// Blocking calls, as they stand in a thousand libraries. Nothing of the workbook is included here.
//
// How it is compiled matters (scripts/cmake/exercise.cmake). With -U_FORTIFY_SOURCE, because the
// hardened headers turn recv(), read() and poll() into __recv_chk(), __read_chk() and __poll_chk(),
// which are other functions, and whoever interposes the first has not interposed the second. With
// -fexceptions, because a greenlet that is killed leaves these functions by an exception; a library
// in C needs that option, or the program ends where the exception meets it.
//
// SPDX-License-Identifier: MIT
#include "third_party.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using nanosleep_function = int(const timespec*, timespec*);

nanosleep_function* volatile early_bound = &nanosleep;

int nap_by(nanosleep_function* call, long milliseconds)
{
    timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (call(&time, &time) == -1) { // the time that is left replaces the time to sleep
        if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

} // namespace

int third_party_nap(long milliseconds)
{
    return nap_by(nanosleep, milliseconds);
}

int third_party_nap_by_pointer(long milliseconds)
{
    return nap_by(early_bound, milliseconds);
}

int third_party_connect(unsigned short port)
{
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made == -1) {
        return -1;
    }
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == -1) {
        const int error = errno;
        close(made);
        errno = error;
        return -1;
    }
    return made;
}

int third_party_say(int socket, const char* text)
{
    for (std::size_t left = std::strlen(text); left > 0;) {
        const ssize_t sent = send(socket, text, left, MSG_NOSIGNAL);
        if (sent == -1) {
            return -1;
        }
        text += sent;
        left -= static_cast<std::size_t>(sent);
    }
    return 0;
}

long third_party_hear(int socket, char* text, std::size_t size)
{
    std::size_t heard = 0;
    while (heard + 1 < size && (heard == 0 || text[heard - 1] != '\n')) {
        const ssize_t got = recv(socket, text + heard, size - 1 - heard, 0);
        if (got == -1) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        heard += static_cast<std::size_t>(got);
    }
    text[heard] = '\0';
    return static_cast<long>(heard);
}

long third_party_ask(unsigned short port, const char* question, char* answer, std::size_t size)
{
    const int socket = third_party_connect(port);
    if (socket == -1) {
        return -1;
    }
    const long heard =
        third_party_say(socket, question) == 0 ? third_party_hear(socket, answer, size) : -1;
    const int error = errno;
    close(socket);
    errno = error;
    return heard;
}

long third_party_do(third_party_call call, int fd, const void* address, unsigned address_size)
{
    const timespec long_time = {1000, 0};
    pollfd entry = {fd, POLLIN, 0};
    char byte = 'x';
    switch (call) {
    case blocks_in_nanosleep:
        return nanosleep(&long_time, nullptr);
    case blocks_in_clock_nanosleep:
        return clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, nullptr);
    case blocks_in_sleep:
        return sleep(1000);
    case blocks_in_usleep:
        return usleep(1000 * 1000 * 1000);
    case blocks_in_poll:
        return poll(&entry, 1, -1);
    case blocks_in_read:
        return read(fd, &byte, 1);
    case blocks_in_recv:
        return recv(fd, &byte, 1, 0);
    case blocks_in_send:
        return send(fd, &byte, 1, MSG_NOSIGNAL);
    case blocks_in_connect:
        return connect(fd, static_cast<const sockaddr*>(address), address_size);
    case blocks_in_accept:
        return accept(fd, nullptr, nullptr);
    }
    errno = EINVAL;
    return -1;
}
