// A queue between threads: a lock for the items, a condition variable for the sleepers.
//
// Everything that pop()'s condition looks at (items_, closed_) changes under the lock. So between a
// taker's look and its sleep nothing can change, and no notification can fall into that gap.
//
// SPDX-License-Identifier: MIT
#include "blocking_queue.hpp"

#include "given/job.hpp"

#include <memory>
#include <stdexcept>

template <class T>
void blocking_queue<T>::push(T item)
{
    {
        std::lock_guard lock(mutex_);
        if (closed_) {
            throw std::logic_error("the queue is closed: it takes nothing more");
        }
        items_.push_back(std::move(item));
    }
    ready_.notify_one(); // one item, one taker; after the unlock, so that it need not wait for us
}

template <class T>
std::optional<T> blocking_queue<T>::pop()
{
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !items_.empty() || closed_; });
    if (items_.empty()) {
        return std::nullopt;
    }
    T oldest = std::move(items_.front());
    items_.pop_front();
    return oldest;
}

template <class T>
void blocking_queue<T>::close()
{
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
    }
    ready_.notify_all(); // nothing more will come: this concerns every taker
}

template <class T>
bool blocking_queue<T>::closed() const
{
    std::lock_guard lock(mutex_);
    return closed_;
}

template class blocking_queue<given::job>;
template class blocking_queue<int>;
template class blocking_queue<std::unique_ptr<int>>;
