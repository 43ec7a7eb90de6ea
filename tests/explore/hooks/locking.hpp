// What the hooks of several kinds of locks have in common.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <pthread.h>
#include <time.h>

namespace explorer::runtime {

inline int64_t nanoseconds(const timespec* time)
{
    return time->tv_sec * int64_t{1'000'000'000} + time->tv_nsec;
}

// Whether whoever waits with this deadline goes on only when it gets what it waits for, or time has
// come to the deadline.
inline bool waits_in_earnest(int64_t deadline)
{
    return deadline == never || !book->plan.eager_time;
}

inline void touch_failed_wait(const object& on)
{
    touch_key(word_key_of(on), touching::reads);
    touch_key(keys::time, touching::reads);
}

// The moment before an unlock(): only a try_lock() can tell it from the moment after.
inline void before_unlock(object& mutex)
{
    if (book->plan.unlock_points) {
        remember_place(op::unlock, &mutex);
        step(op::run, &mutex);
    }
}

// ---- mutexes.cpp, for whoever waits on a condition variable meanwhile

object* mutex_at(pthread_mutex_t* mutex);
// False when the deadline came first.
bool lock(object& mutex, int64_t deadline = never);
void unlock_silently(object& mutex);

} // namespace explorer::runtime
