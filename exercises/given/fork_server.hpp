// Forks worker processes on behalf of a program that has threads.
//
// fork() copies the calling thread and no other. If another thread held a lock at that moment, a
// logger's say, the copy of that lock stays locked for ever in the child. (The C library sees to
// its own, such as malloc's.) So the forking is left to a helper process, forked while the program
// still has a single thread; the helper never has a second one. It is a copy of this program, not
// another program: a function has the same address in it and in the workers that it forks. What
// changes in this program after the server's start (globals, libraries loaded later) is not seen by
// them.
//
// The server ends when the last handle goes or when this process dies, however it dies, and kills
// the workers that are left. If the server is killed, its workers are killed with it.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/child.hpp"
#include "given/descriptor.hpp"

#include <memory>
#include <mutex>

#include <sys/types.h>

namespace given {

class fork_server : public std::enable_shared_from_this<fork_server> {
    struct passkey {};

public:
    /// The process's fork server. Starts it if there is none; it lives as long as the handles and
    /// the children that it made. To start it, the process must still be single-threaded:
    /// std::logic_error otherwise. A program that has threads before its first pool keeps a handle
    /// from the beginning of main. May be called from any thread.
    static std::shared_ptr<fork_server> start();

    /// Forks a worker, which runs `body(channel)` in its only thread and ends with the returned
    /// exit status. Of the descriptors the worker has 0, 1, 2 and its own copy of `channel`; yours
    /// stays open. Signals have their default effect there; SIGINT, which Ctrl+C sends to every
    /// process of the terminal, is ignored: the parent decides. An exception that leaves `body` is
    /// printed, and the status is 1. Blocks until the worker exists; throws std::system_error when
    /// it cannot. May be called from any thread.
    child spawn(int (*body)(int channel), int channel);

    /// Use start().
    fork_server(passkey, pid_t pid, descriptor control);
    ~fork_server();

private:
    friend class child;
    exit_status wait_for(pid_t worker) noexcept;

    const pid_t pid_;   // of the server; -1: its workers are simulated
    const pid_t owner_; // the process that started it: a forked copy of us must start its own
    std::mutex mutex_;  // guards control_: one request and its answer at a time
    descriptor control_;
};

// --------------------------------------------------------------------------- for tests of pools

/// A worker's life in its process: runs `body(channel)`, and prints what it throws. Returns the
/// exit status.
int live_as_worker(int (*body)(int channel), int channel) noexcept;

/// Calls that take the place of fork(), kill() and waitpid(). A test sets them to have workers that
/// are no processes, so that it can decide when each goes on and when it dies.
struct process_calls {
    pid_t (*start)(int (*body)(int channel), int channel); // -1, and errno, when it cannot
    void (*kill)(pid_t worker);
    exit_status (*wait)(pid_t worker);
};
extern const process_calls* simulated_processes; // null: real ones

} // namespace given
