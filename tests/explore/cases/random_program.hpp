// Small random programs: what a few threads do, each made from a seed.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"

#include <vector>

namespace cases {

enum class deed {
    add,         // to a number, under its mutex
    add_to_both, // under both mutexes
    add_inside,  // to an atomic, under a mutex
    store,
    load,
    fetch_add,
    compare_exchange,
    notify_one,
    notify_all,
    wait, // with a time-out
    wait_for_flag,
    set_flag,
    release,
    acquire,
    try_acquire,
    acquire_in_time,
    try_lock,
    lock_in_time,
    share,
    own,
    once,
    sleep,
    read_clock,
    futex_wait,
    futex_notify,
    plain_add,
    send, // a byte, to a socket
    receive,
    receive_at_once, // or not at all
    poll_both,
    epoll_both,
    raise, // a counter
    lower,
    connect_and_leave,
    accept_and_leave,
    duplicate_and_close,
    receive_in_time,
    set_timer,
    await_timer,
    deeds
};

constexpr deed first_of_network = deed::send;

struct instruction {
    deed what;
    int on; // which of two
};

struct program {
    std::vector<std::vector<instruction>> threads; // the first is the body's own
    explorer::options options;
    bool tries_locks = false;
    bool uses_network = false;
    bool has_mishaps = false;
};

program random_program(unsigned seed);

void print(const program& what);

} // namespace cases
