// Mutexes, recursive and timed ones among them.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/locking.hpp"
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <errno.h>

using namespace explorer;
using namespace explorer::runtime;

EXPLORER_REAL(pthread_mutex_lock)
EXPLORER_REAL(pthread_mutex_trylock)
EXPLORER_REAL(pthread_mutex_timedlock)
EXPLORER_REAL(pthread_mutex_clocklock)
EXPLORER_REAL(pthread_mutex_unlock)

namespace {

bool is_free_for_me(const object& mutex)
{
    return mutex.owner < 0 || (mutex.owner == self->id && mutex.is == sort::recursive_mutex);
}

void own(object& mutex)
{
    if (mutex.owner != self->id) { // again: that changes nothing for the others
        touch_key(word_key_of(mutex), touching::writes, 1);
    }
    mutex.owner = self->id;
    ++mutex.count;
    acquire(*self, mutex);
}

} // namespace

namespace explorer::runtime {

object* mutex_at(pthread_mutex_t* mutex)
{
    check_alive(mutex, "mutex");
    const bool recursive = (mutex->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE;
    return object_at(mutex, recursive ? sort::recursive_mutex : sort::mutex);
}

bool lock(object& mutex, int64_t deadline)
{
    if (!is_free_for_me(mutex)) {
        note(op::blocked, &mutex, mutex.owner);
        if (mutex.owner == self->id && deadline == never) {
            fail_at(note(op::lock, &mutex), 0, "deadlock",
                    "T%d locks a mutex that it holds already, and waits for itself", self->id);
        }
    }
    remember_place(op::lock, &mutex);
    step(op::lock, &mutex, deadline);
    if (waits_in_earnest(deadline)) {
        note_blocking(word_key_of(mutex), is_free_for_me(mutex), deadline != never);
    } else {
        book->tried_lock = true;
    }
    if (!is_free_for_me(mutex)) {
        touch_failed_wait(mutex);
        note(op::time_out, &mutex);
        return false;
    }
    note(op::lock, &mutex);
    own(mutex);
    return true;
}

void unlock_silently(object& mutex)
{
    if (mutex.owner != self->id) {
        fail_at(note(op::unlock, &mutex), 0, "misuse", "T%d unlocks a mutex that it does not hold",
                self->id);
    }
    if (--mutex.count == 0) {
        mutex.owner = -1;
        touch_key(word_key_of(mutex), touching::writes, -1);
        release(*self, mutex);
    }
}

} // namespace explorer::runtime

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_mutex_lock()(mutex);
    }
    lock(*mutex_at(mutex));
    return 0;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_mutex_trylock()(mutex);
    }
    object& one = *mutex_at(mutex);
    book->tried_lock = true;
    remember_place(op::try_lock, &one);
    step(op::run, &one);
    const bool taken = is_free_for_me(one);
    note(taken ? op::try_lock : op::try_lock_failed, &one, one.owner);
    if (!taken) {
        touch_key(word_key_of(one), touching::reads);
        return EBUSY;
    }
    own(one);
    return 0;
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* time)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_mutex_timedlock()(mutex, time);
    }
    return lock(*mutex_at(mutex), nanoseconds(time)) ? 0 : ETIMEDOUT;
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* time)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_mutex_clocklock()(mutex, clock, time);
    }
    return lock(*mutex_at(mutex), nanoseconds(time)) ? 0 : ETIMEDOUT;
}

int pthread_mutex_unlock(pthread_mutex_t* mutex)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_mutex_unlock()(mutex);
    }
    object& one = *mutex_at(mutex);
    before_unlock(one);
    unlock_silently(one);
    note(op::unlock, &one);
    return 0;
}

} // extern "C"
