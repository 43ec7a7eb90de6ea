// Shows from outside, over TCP, whether a server loses count: clients that overlap, and what
// numbers they got. No threads: the clients are connections of the calling thread.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/socket.hpp"

#include <string>
#include <vector>

struct race_report {
    std::vector<std::string> replies; // as they came, in the order in which the clients connected
    std::vector<int> numbers;         // the replies' numbers, in the same order
    int duplicates = 0;               // clients less distinct numbers: 5 5 5 are 2
};

/// Lets `n` clients overlap: connects all of them before it reads any reply. Blocks until it has
/// read each to the end. Throws std::invalid_argument, with the value, for n < 1; std::system_error
/// when a client cannot connect, or its reply is not whole 5 s after it was asked for;
/// std::runtime_error, with the text, for a reply that is not "<N, took T ms>\n"; the line_client's
/// std::length_error may come instead for one of more than 4096 bytes.
race_report provoke(const given::endpoint& where, int n);
