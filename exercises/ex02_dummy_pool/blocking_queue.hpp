// A queue between threads: whoever takes from it sleeps until there is something to take.
//
// Any number of threads may push and pop. close() says that nothing more will come: the takers
// empty the queue and are then told so. The members are defined in blocking_queue.cpp, and made
// there for the types that the workbook needs.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

template <class T>
class blocking_queue {
public:
    /// Appends an item; one waiting taker gets it. Throws std::logic_error when the queue is
    /// closed.
    void push(T item);

    /// Takes the oldest item, and sleeps until there is one. Nothing, once the queue is closed and
    /// empty.
    std::optional<T> pop();

    /// Nothing more will come. Wakes every taker that sleeps in pop(). Again: no effect.
    void close();

    /// Whether close() was called.
    bool closed() const;

private:
    mutable std::mutex mutex_;
    std::condition_variable ready_; // notified by push() and close(); waited on by pop()
    std::deque<T> items_;           // guarded by mutex_
    bool closed_ = false;           // guarded by mutex_; never reset
};
