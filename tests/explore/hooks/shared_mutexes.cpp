// Mutexes that can be shared.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/locking.hpp"
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <errno.h>

using namespace explorer;
using namespace explorer::runtime;

EXPLORER_REAL(pthread_rwlock_wrlock)
EXPLORER_REAL(pthread_rwlock_rdlock)
EXPLORER_REAL(pthread_rwlock_trywrlock)
EXPLORER_REAL(pthread_rwlock_tryrdlock)
EXPLORER_REAL(pthread_rwlock_clockwrlock)
EXPLORER_REAL(pthread_rwlock_clockrdlock)
EXPLORER_REAL(pthread_rwlock_timedwrlock)
EXPLORER_REAL(pthread_rwlock_timedrdlock)
EXPLORER_REAL(pthread_rwlock_unlock)

namespace {

object* shared_mutex_at(pthread_rwlock_t* lock)
{
    check_alive(lock, "shared mutex");
    return object_at(lock, sort::shared_mutex);
}

bool shares(const object& mutex)
{
    return (mutex.readers & 1u << self->id) != 0;
}

// Another thread may wait for exclusive use in between, and then this one waits for it and it for
// this one: the standard does not allow it.
void refuse_to_share_twice(const object& mutex, op what, bool exclusive)
{
    if (!exclusive && shares(mutex)) {
        fail_at(note(what, &mutex), 0, "misuse",
                "T%d locks a shared mutex for reading that it holds already", self->id);
    }
}

bool is_free(const object& mutex, bool exclusive)
{
    return mutex.owner < 0 && (!exclusive || mutex.readers == 0);
}

void own_shared(object& mutex, bool exclusive)
{
    touch_key(word_key_of(mutex), exclusive ? touching::writes : touching::adds, 1);
    acquire(*self, mutex);
    if (exclusive) {
        mutex.owner = self->id;
        join_clock(self->clock, mutex.shared_clock);
    } else {
        mutex.readers |= 1u << self->id;
    }
}

int lock_shared_mutex(pthread_rwlock_t* lock, bool exclusive, int64_t deadline = never)
{
    object& mutex = *shared_mutex_at(lock);
    const op what = exclusive ? op::lock_exclusive : op::lock_shared;
    refuse_to_share_twice(mutex, what, exclusive);
    if (!is_free(mutex, exclusive)) {
        note(op::blocked, &mutex, mutex.owner);
        if (mutex.owner == self->id && deadline == never) {
            fail_at(note(what, &mutex), 0, "deadlock",
                    "T%d locks a shared mutex that it holds already, and waits for itself",
                    self->id);
        }
    }
    remember_place(what, &mutex);
    step(what, &mutex, deadline);
    if (waits_in_earnest(deadline)) {
        note_blocking(word_key_of(mutex), is_free(mutex, exclusive), deadline != never);
    } else {
        book->tried_lock = true;
    }
    if (!is_free(mutex, exclusive)) {
        touch_failed_wait(mutex);
        note(op::time_out, &mutex);
        return ETIMEDOUT;
    }
    note(what, &mutex);
    own_shared(mutex, exclusive);
    return 0;
}

int try_lock_shared_mutex(pthread_rwlock_t* lock, bool exclusive)
{
    object& mutex = *shared_mutex_at(lock);
    const op what = exclusive ? op::lock_exclusive : op::lock_shared;
    book->tried_lock = true;
    refuse_to_share_twice(mutex, what, exclusive);
    point(what, &mutex);
    if (!is_free(mutex, exclusive)) {
        touch_key(word_key_of(mutex), touching::reads);
        return EBUSY;
    }
    own_shared(mutex, exclusive);
    return 0;
}

} // namespace

extern "C" {

int pthread_rwlock_wrlock(pthread_rwlock_t* lock)
{
    return EXPLORER_ACTIVE ? lock_shared_mutex(lock, true) : real_pthread_rwlock_wrlock()(lock);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock)
{
    return EXPLORER_ACTIVE ? lock_shared_mutex(lock, false) : real_pthread_rwlock_rdlock()(lock);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t* lock)
{
    return EXPLORER_ACTIVE ? try_lock_shared_mutex(lock, true)
                           : real_pthread_rwlock_trywrlock()(lock);
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock)
{
    return EXPLORER_ACTIVE ? try_lock_shared_mutex(lock, false)
                           : real_pthread_rwlock_tryrdlock()(lock);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* time)
{
    return EXPLORER_ACTIVE ? lock_shared_mutex(lock, true, nanoseconds(time))
                           : real_pthread_rwlock_timedwrlock()(lock, time);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* time)
{
    return EXPLORER_ACTIVE ? lock_shared_mutex(lock, false, nanoseconds(time))
                           : real_pthread_rwlock_timedrdlock()(lock, time);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* time)
{
    return EXPLORER_ACTIVE ? lock_shared_mutex(lock, true, nanoseconds(time))
                           : real_pthread_rwlock_clockwrlock()(lock, clock, time);
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* time)
{
    return EXPLORER_ACTIVE ? lock_shared_mutex(lock, false, nanoseconds(time))
                           : real_pthread_rwlock_clockrdlock()(lock, clock, time);
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_rwlock_unlock()(lock);
    }
    object& mutex = *shared_mutex_at(lock);
    thread_state& me = *self;
    before_unlock(mutex);
    if (mutex.owner == me.id) {
        note(op::unlock, &mutex);
        touch_key(word_key_of(mutex), touching::writes, -1);
        mutex.owner = -1;
        release(me, mutex);
    } else if (shares(mutex)) {
        note(op::unlock_shared, &mutex);
        touch_key(word_key_of(mutex), touching::adds, -1);
        mutex.readers &= ~(1u << me.id);
        join_clock(mutex.shared_clock, me.clock);
        tick(me);
    } else {
        fail_at(note(op::unlock, &mutex), 0, "misuse",
                "T%d unlocks a shared mutex that it does not hold", me.id);
    }
    return 0;
}

} // extern "C"
