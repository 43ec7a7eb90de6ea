// A thread for each connection, so that a client need not wait for those before it. One thread
// accepts and starts the others; it also joins them: those that are done whenever a new client
// comes, and the rest before serve_each_in_a_thread() returns. None is detached.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/listener.hpp"

#include <functional>
#include <string>

/// Accepts clients until `clients` is cancelled. For each, a new thread sends what `handle()`
/// returns and closes the connection; handle() is called by several threads at once. Returns when
/// every thread has been joined, so no client that was accepted is left without its reply.
///
/// A client that leaves, resets or never reads, a handle() that throws, and a thread that cannot be
/// started cost that client its reply and nobody else anything: it is reported on stderr. Threads
/// that have finished are joined while the server runs, no later than when the next client comes.
void serve_each_in_a_thread(given::listener& clients, const std::function<std::string()>& handle);
