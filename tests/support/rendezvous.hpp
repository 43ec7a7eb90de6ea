// Meeting points for tests. Overlap is shown, not hoped for: the work that a test hands to an
// answer waits here until N of its kind are inside at the same time. Every wait is bounded, so that
// an answer which never overlaps fails with a message instead of hanging.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <source_location>

namespace support {

/// N parties meet, as often as they like. All functions may be called from any thread.
class rendezvous {
public:
    explicit rendezvous(int parties);

    /// Blocks until N parties are here, at most 5 s. True when they met; false when time ran out,
    /// and then the party no longer counts as waiting.
    bool arrive_and_wait();

    /// The largest number of parties seen waiting at the same time.
    int most_waiting() const;

private:
    const int parties_;
    mutable std::mutex mutex_;
    std::condition_variable met_; // notified by the last party to arrive
    int waiting_ = 0;             // guarded by mutex_
    int most_waiting_ = 0;        // guarded by mutex_
    long meeting_ = 0;            // guarded by mutex_; counts the meetings that took place
};

/// Closed until somebody opens it; stays open. All functions may be called from any thread.
class gate {
public:
    void open();

    /// Blocks until the gate is open, at most 5 s. True when it is open.
    bool wait(std::source_location asked_in = std::source_location::current());

private:
    std::mutex mutex_;
    std::condition_variable opened_; // notified by open()
    bool open_ = false;              // guarded by mutex_; never reset
};

/// Asks again and again until `condition` holds, at most 5 s; says whether it did. For facts of the
/// outside world (processes, descriptors, sockets) that nothing announces. Blocks the caller.
bool eventually(const std::function<bool()>& condition,
                std::source_location asked_in = std::source_location::current());

} // namespace support
