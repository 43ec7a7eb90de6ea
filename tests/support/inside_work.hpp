// Looking out of the work that a test hands to an answer: who is running it, and who else is here?
// All functions may be called from any thread; a test reads the results when the work is done.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/rendezvous.hpp"

#include <atomic>

namespace support {

/// How many different threads called count(). Unlike a std::thread::id, a thread's place here is
/// not given to another one after it has ended.
class thread_counter {
public:
    void count()
    {
        thread_local const thread_counter* counted_by = nullptr;
        if (counted_by != this) {
            counted_by = this;
            ++threads_;
        }
    }
    int threads() const { return threads_; }

private:
    std::atomic<int> threads_ = 0;
};

/// Work that passes only if all its parties are inside it at the same time. After one of them
/// waited in vain the rest do not wait: an answer that never overlaps fails once and not N times.
class meeting {
public:
    explicit meeting(int parties) : all_(parties) {}

    /// Waits for the others, at most 5 s.
    void arrive()
    {
        if (!missed_ && !all_.arrive_and_wait()) {
            missed_ = true;
        }
    }

    /// Whether somebody waited in vain.
    bool missed() const { return missed_; }

private:
    rendezvous all_;
    std::atomic<bool> missed_ = false;
};

/// How many threads began and how many have ended, told by a thread_local life in each of them.
struct lifetimes {
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
};

class life {
public:
    explicit life(lifetimes& all) : all_(all) { ++all_.begun; }
    ~life() { ++all_.ended; }
    life(const life&) = delete;
    life& operator=(const life&) = delete;

private:
    lifetimes& all_;
};

} // namespace support
