// Who holds the hub? A greenlet that computes, or blocks in a call that is not patched, lets nobody
// else run, and nothing in the program's text shows it. The monitor watches from a thread of its
// own, as gevent's does: it is told of each switch, and looks whether there was one lately.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace green {

/// Watches the greenlets of the thread that makes it, while it lives. One for a thread.
class monitor {
public:
    using reporter = std::function<void(const std::string& name)>;

    /// Calls `report`, in the monitor's own thread, once for each time that a greenlet has run for
    /// `patience` without giving way: while it still runs. Without `report` a line goes to stderr.
    /// A thread's own stack is not watched: it is where the hub waits.
    explicit monitor(std::chrono::milliseconds patience = std::chrono::milliseconds(100),
                     reporter report = {});

    /// Ends the thread. Must be called in the thread that is watched.
    ~monitor();

    monitor(const monitor&) = delete;
    monitor& operator=(const monitor&) = delete;

private:
    void watch();

    const std::chrono::milliseconds patience_;
    const reporter report_;
    std::mutex mutex_;
    std::condition_variable ending_; // notified by the destructor
    std::string running_;            // guarded by mutex_; empty for the thread's own stack
    std::chrono::steady_clock::time_point since_; // guarded by mutex_; when running_ was entered
    bool reported_ = false;                       // guarded by mutex_; running_, since then
    bool end_ = false;                            // guarded by mutex_; never reset
    std::thread thread_;                          // runs watch(); joined by the destructor
};

} // namespace green
