// Ctrl+C as an ordinary event: a thread of its own waits for SIGINT and then calls a function.
//
// Inside a signal handler hardly anything is allowed: no lock, no allocation, no notify. So nothing
// is done there. SIGINT is blocked in the thread that makes a signal_thread, hence in every thread
// started from it later, and one more thread sits in sigwait(). What it calls runs on an ordinary
// thread and may lock, wait and join. The destructor stops the thread and joins it.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace given {

/// Lives in one place: make it before the threads that Ctrl+C is not to hit, destroy it after them.
class signal_thread {
public:
    /// Blocks SIGINT (and SIGUSR1, which the destructor uses) in the calling thread and starts the
    /// waiting one. The first Ctrl+C calls `on_interrupt`, once, on that thread; the next one ends
    /// the process at once, as if nobody had ever blocked it, whatever `on_interrupt` is doing.
    explicit signal_thread(std::function<void()> on_interrupt);

    /// Waits until an `on_interrupt` under way has returned; then the calling thread's mask and
    /// SIGINT's handler are what they were.
    ~signal_thread();

    signal_thread(const signal_thread&) = delete;
    signal_thread& operator=(const signal_thread&) = delete;

private:
    void wait_for_signals() const;

    std::function<void()> on_interrupt_; // called by thread_ only
    sigset_t mask_before_;
    struct sigaction action_before_;
    std::thread thread_; // joined by the destructor, which wakes it with SIGUSR1
};

} // namespace given
