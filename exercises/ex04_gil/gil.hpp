// A global interpreter lock after CPython's: any number of threads, one of which holds it and runs
// bytecode. A thread that has waited for an interval in vain asks for it (the drop request); the
// holder sees the request between two bytecodes, gives the lock up and stays back until another
// thread has had it (the forced switch). Around a call that blocks, a thread does without it.
//
// The GIL starts no thread and stops none; it must outlive every thread that uses it.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/bytecode.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

class gil {
public:
    /// `interval` is how long a thread waits before it asks the holder to give way: Python's
    /// sys.setswitchinterval(), 5 ms by default there. Throws std::invalid_argument, with the
    /// value in its message, unless it is positive.
    explicit gil(std::chrono::microseconds interval);

    gil(const gil&) = delete;
    gil& operator=(const gil&) = delete;

    /// Sleeps until no thread holds the GIL, then takes it. Each time an interval passes in which
    /// no other thread got it, asks the holder to give way. Throws std::logic_error in the thread
    /// that holds it already.
    void acquire();

    /// Gives the GIL up; one of the threads that wait takes it at once. Does not block. Throws
    /// std::logic_error in a thread that does not hold it.
    void release();

    /// To be called by the holder, often: between any two bytecodes. Keeps the GIL if nobody has
    /// asked for it, and then costs next to nothing. Otherwise gives way, and returns holding it
    /// again after at least one other thread has held it. Throws std::logic_error in a thread that
    /// does not hold it.
    void check_interval();

    std::chrono::microseconds interval() const { return interval_; }

private:
    const std::chrono::microseconds interval_;
    // Yours: who holds the GIL, who has asked for it, what guards these, who waits for what.
};

/// Gives the GIL up for as long as this object lives, so that others run bytecode while this
/// thread blocks. Whatever way the block is left, by an exception too, the thread holds the GIL
/// again afterwards. C++ for Py_BEGIN_ALLOW_THREADS and Py_END_ALLOW_THREADS.
class allow_threads {
public:
    /// Throws std::logic_error in a thread that does not hold the GIL, and then changes nothing.
    explicit allow_threads(gil& lock);

    /// Blocks until the thread holds the GIL again. It must not hold it already.
    ~allow_threads();

    allow_threads(const allow_threads&) = delete;
    allow_threads& operator=(const allow_threads&) = delete;

private:
    gil& lock_;
};

/// The given interpreter's view of this GIL, which must outlive it.
given::interpreter_lock interpreter_lock_of(gil& lock);
