// A small kernel, for inside explore(): descriptors, TCP over loopback, local socket pairs, pipes,
// eventfd, timerfd, poll, select and epoll, as Linux does them. No call blocks and nothing happens
// by itself: the state changes only while one of these functions runs. Whoever schedules threads
// asks first whether a call could go on now, and may let others run until it can.
//
//   descriptors.cpp  numbers, what they stand for, flags; dup, close, fcntl, ioctl
//   opening.cpp      the calls that open something
//   names.cpp        addresses and ports: bind, getsockname, getpeername
//   connecting.cpp   how a connection comes about: listen, connect, accept
//   tcp.cpp          the rest of its life: its end, its reset, shutdown
//   streams.cpp      bytes: send and receive, for TCP, socket pairs and pipes
//   counters.cpp     reading, writing and setting eventfd and timerfd, in virtual time
//   options.cpp      setsockopt and getsockopt
//   readiness.cpp    what poll() sees; poll and select
//   epoll.cpp        who is told of what: level, edge and one-shot
//   state.hpp        what they all work on
//
// conformance/ holds all of this to the real kernel, call by call; where the two differ on purpose
// is listed there, in differences.md.
//
// Pure: it knows nothing of threads and schedules. It is linked into the explorer's runtime, so it
// uses none of the standard library's templates and inline functions (see runtime.hpp).
//
// SPDX-License-Identifier: MIT
#pragma once

#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

namespace explorer::world {

// What a call gives: a result from 0 up, or a negated errno as the kernel hands it to libc. That it
// would block is -EAGAIN whether the descriptor is blocking or not.
using outcome = long;

// The call is not modeled; what_is_missing says which, for people.
constexpr outcome not_modeled = LONG_MIN;
extern const char* what_is_missing;

// Descriptors of this world: numbers that a program hardly ever gets from the real one and that
// select() can still hold, but for the last.
constexpr int first_descriptor = 500;
constexpr int most_descriptors = 2304;
inline bool is_ours(int descriptor)
{
    return descriptor >= first_descriptor && descriptor < first_descriptor + most_descriptors;
}

// A world in which nothing is open.
void begin();

constexpr int64_t nanoseconds_per_second = 1'000'000'000;

// Moves the clock, in nanoseconds: timers that are due go off, and who was not answered for long
// enough gives up.
void set_time(int64_t now);
// When the next of these happens, at all or to this descriptor; INT64_MAX: none does.
int64_t next_timer();
int64_t next_timer_of(int descriptor);

// The last call also raises SIGPIPE in the calling thread.
bool raised_sigpipe();

// ---- descriptors

outcome duplicate(int descriptor, int at_least, bool close_on_exec);
outcome duplicate_to(int descriptor, int onto, int flags, bool same_is_fine);
outcome close(int descriptor);
outcome fcntl(int descriptor, int command, long argument);
outcome ioctl(int descriptor, unsigned long request, int* value);
bool is_open(int descriptor);
bool is_socket(int descriptor);
bool is_nonblocking(int descriptor);
bool is_number(int descriptor); // an eventfd or a timerfd: what is read is one number
// Tells what the descriptor stands for, however often it was duplicated; 0: it is not open. The
// other end of what it is connected to, or 0.
int file_behind(int descriptor);
int file_at_other_end(int descriptor);
// For people: who is at the other end of a connection, or what an epoll instance watches; empty if
// it is neither.
void describe(int descriptor, char* text, size_t size);
// One of those files of which something has changed, each once; 0: no more. An epoll instance
// changes with what it watches.
int take_changed_file();
// What an epoll instance watches, as such numbers; how many they are, at most `most`.
int files_watched(int descriptor, int* out, int most);

// ---- sockets

outcome socket(int domain, int type, int protocol);
outcome socketpair(int domain, int type, int protocol, int* ends);
outcome bind(int descriptor, const sockaddr* address, socklen_t size);
outcome getsockname(int descriptor, sockaddr* address, socklen_t* size);
outcome getpeername(int descriptor, sockaddr* address, socklen_t* size);
outcome listen(int descriptor, int backlog);
outcome accept(int descriptor, sockaddr* address, socklen_t* size, int flags);
// Of a blocking connect(), `wait` is true: -EINPROGRESS means that the listener's queue is full.
// Once can_connect() holds the same call again says how it went.
outcome connect(int descriptor, const sockaddr* address, socklen_t size, bool wait);
outcome shutdown(int descriptor, int how);
outcome setsockopt(int descriptor, int level, int name, const void* value, socklen_t size);
outcome getsockopt(int descriptor, int level, int name, void* value, socklen_t* size);
// SO_RCVTIMEO and SO_SNDTIMEO in nanoseconds; INT64_MAX: none.
int64_t receive_timeout(int descriptor);
int64_t send_timeout(int descriptor);

// ---- bytes

enum class entrance : uint8_t {
    file,   // read, readv, write, writev: for any descriptor
    socket, // recv, send and their relatives
};

size_t size_of(const iovec* list, int count);

outcome receive(int descriptor, entrance by, const iovec* to, int count, int flags);
// `named`: sendto() and sendmsg() with an address.
outcome send(int descriptor, entrance by, const iovec* from, int count, int flags, bool named);

// ---- others

outcome pipe(int* ends, int flags);
outcome eventfd(unsigned count, int flags);
outcome timerfd_create(int clock, int flags);
outcome timerfd_settime(int descriptor, int flags, const itimerspec* value, itimerspec* old);
outcome timerfd_gettime(int descriptor, itimerspec* value);

// ---- waiting for many

// What poll() would say if it were asked for everything; POLLNVAL when it is not open.
unsigned readiness(int descriptor);
// As with a time-out of 0.
outcome poll(pollfd* list, nfds_t count);
outcome select(int count, fd_set* in, fd_set* out, fd_set* other);

outcome epoll_create(int flags);
outcome epoll_ctl(int descriptor, int what, int watched, const epoll_event* event);
// `told_of`: if given, which files (see file_behind()) have something to tell.
outcome epoll_wait(int descriptor, epoll_event* list, int most, int* told_of = nullptr);

// ---- what goes wrong by itself

bool is_connected(int descriptor); // over TCP, to an end that is still open
// Then the connection breaks, for both ends, as when a machine between them stops.
void break_connection(int descriptor);
// Nothing that either end sends or ends arrives any more.
void silence_connection(int descriptor);
// Nobody listens to the next connect(); or nobody even says so.
void refuse_next();
void hang_next();
bool somebody_listens();

// ---- would it block?

// Whether the call would do anything but give -EAGAIN. For a descriptor that it cannot be made with
// it gives an error at once: true.
bool can_receive(int descriptor, entrance by, size_t size);
bool can_send(int descriptor, entrance by, const iovec* from, int count);
bool can_accept(int descriptor);
bool can_connect(int descriptor);
bool can_report(int descriptor); // epoll_wait

} // namespace explorer::world
