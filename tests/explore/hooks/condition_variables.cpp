// Condition variables.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/locking.hpp"
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <errno.h>

using namespace explorer;
using namespace explorer::runtime;

EXPLORER_REAL_VERSION(pthread_cond_wait, "GLIBC_2.3.2")
EXPLORER_REAL_VERSION(pthread_cond_timedwait, "GLIBC_2.3.2")
EXPLORER_REAL(pthread_cond_clockwait)
EXPLORER_REAL_VERSION(pthread_cond_signal, "GLIBC_2.3.2")
EXPLORER_REAL_VERSION(pthread_cond_broadcast, "GLIBC_2.3.2")
EXPLORER_REAL_VERSION(pthread_cond_destroy, "GLIBC_2.3.2")

namespace {

object* condition_at(pthread_cond_t* condition)
{
    check_alive(condition, "condition variable");
    return object_at(condition, sort::condition);
}

int wait_on(pthread_cond_t* waited_for, pthread_mutex_t* held, int64_t deadline)
{
    object& condition = *condition_at(waited_for);
    object& mutex = *mutex_at(held);
    // The moment between finding the condition false and beginning to wait.
    remember_place(op::wait, &condition);
    step(op::run, &condition);
    begin_wait(word_key_of(condition));
    note(op::wait, &condition, mutex.number);
    unlock_silently(mutex);
    step(op::wait, &condition, deadline);
    const bool woken = end_wait(word_key_of(condition));
    note(woken ? op::woken : op::time_out, &condition);
    lock(mutex);
    return woken ? 0 : ETIMEDOUT;
}

int waiters_of(const object& condition, thread_state** out)
{
    int count = 0;
    for (int i = 0; i < run.thread_count; ++i) {
        thread_state& one = run.threads[i];
        if (one.waits_in == op::wait && one.on == &condition && !one.signalled) {
            out[count++] = &one;
        }
    }
    return count;
}

int wake_one(pthread_cond_t* waited_for)
{
    object& condition = *condition_at(waited_for);
    const int event = point(op::notify_one, &condition);
    check_alive(waited_for, "condition variable");
    condition_access(waited_for, false, event);
    thread_state* waiting[most_threads];
    const int count = waiters_of(condition, waiting);
    touch_key(word_key_of(condition), count > 0 ? touching::writes : touching::reads);
    if (count > 0) {
        answer_wait(*waiting[choose_one_of(count)]);
    }
    return 0;
}

int wake_all(pthread_cond_t* waited_for)
{
    object& condition = *condition_at(waited_for);
    const int event = point(op::notify_all, &condition);
    check_alive(waited_for, "condition variable");
    condition_access(waited_for, false, event);
    thread_state* waiting[most_threads];
    const int count = waiters_of(condition, waiting);
    touch_key(word_key_of(condition), count > 0 ? touching::writes : touching::reads);
    for (int i = 0; i < count; ++i) {
        answer_wait(*waiting[i]);
    }
    return 0;
}

} // namespace

extern "C" {

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_cond_wait()(condition, mutex);
    }
    return wait_on(condition, mutex, never);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* time)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_cond_timedwait()(condition, mutex, time);
    }
    return wait_on(condition, mutex, nanoseconds(time));
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* time)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_cond_clockwait()(condition, mutex, clock, time);
    }
    return wait_on(condition, mutex, nanoseconds(time));
}

int pthread_cond_signal(pthread_cond_t* condition)
{
    return EXPLORER_ACTIVE ? wake_one(condition) : real_pthread_cond_signal()(condition);
}

int pthread_cond_broadcast(pthread_cond_t* condition)
{
    return EXPLORER_ACTIVE ? wake_all(condition) : real_pthread_cond_broadcast()(condition);
}

int pthread_cond_destroy(pthread_cond_t* condition)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_cond_destroy()(condition);
    }
    thread_state* waiting[most_threads];
    object& one = *condition_at(condition);
    touch_key(word_key_of(one), touching::writes);
    if (waiters_of(one, waiting) > 0) {
        fail_at(note(op::deletion, &one), 0, "misuse",
                "T%d destroys a condition variable while T%d waits on it", self->id,
                waiting[0]->id);
    }
    condition_access(condition, true, remember_place(op::deletion, &one));
    return 0;
}

} // extern "C"
