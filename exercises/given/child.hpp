// A process that the fork server started for us, as a value: killed and waited for when it goes, so
// that none is forgotten.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include <sys/types.h>

namespace given {

class fork_server;

/// How a process ended: by a signal, or by itself with an exit status.
struct exit_status {
    int signal = 0; // 0: it ended by itself
    int status = 0; // what it passed to exit(); means nothing when a signal ended it
};

/// Owns one process. Movable. One thread at a time.
class child {
public:
    child() = default; // owns none
    child(child&& other) noexcept;
    child& operator=(child&& other) noexcept;

    /// Kills the process and waits for it, unless wait() was called before.
    ~child();

    /// Stays the same after the end; -1 when this owns no process. Until wait() has returned the
    /// number cannot be given to another process.
    pid_t pid() const noexcept { return pid_; }

    /// Sends SIGKILL. Does nothing to a process that has ended: how it ended stays as it was.
    void kill() noexcept;

    /// Blocks until the process has ended, removes it from the system's table of processes (before
    /// that it is a zombie) and says how it ended. Every wait() and spawn() of the same server
    /// queues up behind this one, so call it when the process is at its end. Again: the same
    /// answer. When the server itself is gone its workers were killed with it: SIGKILL.
    exit_status wait() noexcept;

private:
    friend class fork_server;
    child(std::shared_ptr<fork_server> server, pid_t pid);

    std::shared_ptr<fork_server> server_; // null once waited for
    pid_t pid_ = -1;
    exit_status ended_;
};

} // namespace given
