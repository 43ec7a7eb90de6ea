// A queue between threads: yours to write. Who holds the lock, and who wakes whom?
//
// SPDX-License-Identifier: MIT
#include "blocking_queue.hpp"

#include "given/job.hpp"
#include "given/todo.hpp"

#include <memory>

template <class T>
void blocking_queue<T>::push([[maybe_unused]] T item)
{
    todo("append the item and wake a waiting taker, or refuse it when the queue is closed");
}

template <class T>
std::optional<T> blocking_queue<T>::pop()
{
    todo("sleep until there is an item or the queue is closed, then take the oldest");
}

template <class T>
void blocking_queue<T>::close()
{
    todo("note that nothing more will come and wake everyone who waits for it");
}

template <class T>
bool blocking_queue<T>::closed() const
{
    todo("say whether the queue was closed");
}

template class blocking_queue<given::job>;
template class blocking_queue<int>;
template class blocking_queue<std::unique_ptr<int>>;
