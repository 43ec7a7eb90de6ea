// What every server of Part 2 answers. A plain function: no threads, no sockets.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

/// `<N, took T ms>` and a newline; T in milliseconds with exactly one decimal, rounded.
std::string reply_line(int number, std::chrono::nanoseconds took);
