// What the simulated kernel consists of: open files, the numbers that stand for them, and who
// watches whom. Fixed tables, so that a world begins anew in no time.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/world/kernel.hpp"

#include <netinet/in.h>

namespace explorer::world {

constexpr int most_files = 2304;
constexpr int most_watches = 4096;
constexpr uint32_t ring_size = 8192; // bytes on their way in one direction

enum class kind : uint8_t {
    none, // a free place
    tcp,
    local,       // one of a socketpair(AF_UNIX)
    pipe_reader, // holds the pipe's bytes
    pipe_writer,
    counter, // eventfd
    timer,
    epoll,
};

// How far a TCP connection is. What has sent its end and got the other's is closed again.
enum class tcp_state : uint8_t {
    closed,
    listening,
    connecting, // nobody has answered yet
    established,
    fin_wait,   // sent its end, may still receive
    close_wait, // got the other's end, may still send
};

// What the socket believes of itself; a failed connection is noticed by asking.
enum class belief : uint8_t { unconnected, connecting, connected, given_up };

constexpr uint8_t no_more_in = 1; // the bits of file::shut
constexpr uint8_t no_more_out = 2;
constexpr uint8_t shut_both = no_more_in | no_more_out;

struct ring {
    uint32_t begin, used;
    char bytes[ring_size];
};

struct name {
    uint32_t address; // as the network has them
    uint16_t port;
};

struct socket_options {
    int reuse_address, reuse_port, keep_alive, no_delay, broadcast, inline_urgent;
    int receive_buffer, send_buffer, receive_low, quick_ack;
    int linger_on, linger_seconds;
    timeval receive_time, send_time;
};

// An open file description, as POSIX calls it: what descriptors stand for. A connection that lies
// in a listener's queue is one without a descriptor.
struct file {
    kind is;
    bool nonblocking;
    int descriptors;  // so many stand for it
    file* other;      // the other end; null: there is none any more
    ring in;          // received and not yet read
    uint8_t shut;     // directions that are over
    int error;        // to be told once; 0: none
    int extra_flags;  // of F_SETFL, beside O_NONBLOCK
    bool got_the_end; // the peer has said that it sends no more
    bool silent;      // what it sends is lost on the way, and it has no other end any more

    tcp_state state;
    belief believes;
    name local, remote;
    uint16_t holds_port; // the port that others cannot bind; 0: none
    bool chose_port;     // bind() named it: it stays after a failed connection
    bool chose_address;
    int backlog; // most that may lie in the queue, less one
    int queued;
    file* next_queued; // in the listener's queue; of the listener: the first
    file* awaited;     // connecting: the listener whose queue is full
    uint32_t since;    // who waits longer comes first
    socket_options options;

    uint64_t count; // eventfd: its value; timer: how often it went off, unread
    bool semaphore;
    int64_t next, interval; // timer; next 0: it is not set. TCP: when it gives up to be answered
};

struct descriptor_entry {
    file* of; // null: not open
    bool close_on_exec;
};

// An epoll instance watches a descriptor.
struct watch {
    file* by; // null: a free place
    file* watched;
    int descriptor;
    uint32_t events;
    epoll_data_t data;
    uint32_t added;
    bool listed;    // something may have happened: look at it
    uint32_t since; // who was listed first comes first
};

extern file files[most_files];
extern descriptor_entry descriptors[most_descriptors];
extern watch watches[most_watches];
extern int files_used, watches_used; // none beyond these places was used in this world
extern uint32_t order;               // counts what must be told apart by its age
extern int ports_given;              // that nobody named
extern int64_t now;
extern bool sigpipe;
extern uint64_t changed_files[most_files / 64]; // a bit for each

inline void note_changed(const file& one)
{
    const auto index = static_cast<unsigned>(&one - files);
    changed_files[index / 64] |= uint64_t{1} << index % 64;
}

outcome missing(const char* what);

// ---- descriptors.cpp

file* file_of(int descriptor); // or null
file* open_file(kind is, bool nonblocking);
bool has_place_for(int count); // descriptors
// The lowest number that is free; -EMFILE.
outcome number_for(file& one, bool close_on_exec, int at_least = first_descriptor);
// The file, if the descriptor is a socket; else null and why in `problem`.
file* socket_of(int descriptor, outcome& problem);

// ---- names.cpp

constexpr size_t name_size = sizeof(sockaddr_in);
bool is_loopback(uint32_t address);
bool is_taken(const file& one, name wanted);
bool take_free_port(file& one);
void release_port(file& one); // unless bind() named it
outcome read_name(const sockaddr* address, socklen_t size, name& out);
void write_name(const file& of, const name& what, sockaddr* address, socklen_t* size);

// ---- connecting.cpp

void stop_listening(file& listener);

// ---- tcp.cpp

void be_reset(file& one);   // a reset arrives
void send_reset(file& one); // to the other end, if there is one
void send_the_end(file& one);
void disconnect(file& one); // back to a socket that was never connected
void close_tcp(file& one);
void give_up(file& one); // nobody has answered for long enough
// Bytes were sent to whatever is at the other end; false: the connection was reset instead.
bool arrive(file& sender, const iovec* from, int count, size_t size);
int take_error(file& one);

// ---- streams.cpp

void close_local(file& one);
void close_pipe(file& one);
// The bytes go into the ring, as many as `size`; there is room.
void put(ring& into, const iovec* from, int count, size_t size);
outcome broken_pipe(int flags);

// ---- counters.cpp

outcome read_counter(file& one, const iovec* to, int count);
outcome write_counter(file& one, const iovec* from, int count);
bool can_add(const file& one, const iovec* from, int count); // false: it would overflow
outcome read_timer(file& one, const iovec* to, int count);

// ---- options.cpp

void set_first_options(file& one);

// ---- readiness.cpp

unsigned readiness_of(const file& one);

// ---- epoll.cpp

// What Linux says when something came in at a socket.
constexpr unsigned came_in = EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND;

// Something about the file changed; `what` are the events it may mean, 0: any.
void wake(file& one, unsigned what = 0);
bool has_reports(const file& epoll);
// Takes off its list who has nothing to tell, as far as the first who has: so does poll() of it.
void drop_idle(const file& epoll);
void forget_watches_of(file& one); // by it, and of it

} // namespace explorer::world
