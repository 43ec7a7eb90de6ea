// Semaphores.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/locking.hpp"
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <errno.h>
#include <semaphore.h>

using namespace explorer;
using namespace explorer::runtime;

EXPLORER_REAL(sem_init)
EXPLORER_REAL(sem_destroy)
EXPLORER_REAL(sem_post)
EXPLORER_REAL(sem_wait)
EXPLORER_REAL(sem_trywait)
EXPLORER_REAL(sem_timedwait)
EXPLORER_REAL(sem_clockwait)
EXPLORER_REAL(sem_getvalue)

namespace {

object* semaphore_at(sem_t* semaphore)
{
    check_alive(semaphore, "semaphore");
    object* found = object_at(semaphore, sort::semaphore);
    if (!found->busy) { // made before this schedule began
        found->busy = true;
        real_sem_getvalue()(semaphore, &found->count);
    }
    return found;
}

int wait_for_unit(sem_t* waited_for, int64_t deadline)
{
    object& semaphore = *semaphore_at(waited_for);
    if (semaphore.count == 0) {
        note(op::blocked, &semaphore, -1);
    }
    remember_place(op::acquire, &semaphore);
    step(op::acquire, &semaphore, deadline);
    if (waits_in_earnest(deadline)) {
        note_blocking(word_key_of(semaphore), semaphore.count, deadline != never);
    }
    if (semaphore.count <= 0) {
        touch_failed_wait(semaphore);
        note(op::time_out, &semaphore);
        errno = ETIMEDOUT;
        return -1;
    }
    note(op::acquire, &semaphore);
    touch_key(word_key_of(semaphore), touching::writes, 1);
    --semaphore.count;
    acquire(*self, semaphore);
    return 0;
}

} // namespace

extern "C" {

int sem_init(sem_t* semaphore, int shared, unsigned value)
{
    if (EXPLORER_ACTIVE) {
        object* fresh = object_at(semaphore, sort::semaphore);
        touch_key(word_key_of(*fresh), touching::writes);
        fresh->busy = true;
        fresh->count = static_cast<int>(value);
    }
    return real_sem_init()(semaphore, shared, value);
}

int sem_destroy(sem_t* semaphore)
{
    return EXPLORER_ACTIVE ? 0 : real_sem_destroy()(semaphore);
}

int sem_post(sem_t* semaphore)
{
    if (!EXPLORER_ACTIVE) {
        return real_sem_post()(semaphore);
    }
    object& one = *semaphore_at(semaphore);
    point(op::release, &one);
    check_alive(semaphore, "semaphore");
    touch_key(word_key_of(one), touching::adds, -1);
    ++one.count;
    release(*self, one);
    made_progress(*self);
    return 0;
}

int sem_wait(sem_t* semaphore)
{
    return EXPLORER_ACTIVE ? wait_for_unit(semaphore, never) : real_sem_wait()(semaphore);
}

int sem_timedwait(sem_t* semaphore, const timespec* time)
{
    return EXPLORER_ACTIVE ? wait_for_unit(semaphore, nanoseconds(time))
                           : real_sem_timedwait()(semaphore, time);
}

int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* time)
{
    return EXPLORER_ACTIVE ? wait_for_unit(semaphore, nanoseconds(time))
                           : real_sem_clockwait()(semaphore, clock, time);
}

int sem_trywait(sem_t* semaphore)
{
    if (!EXPLORER_ACTIVE) {
        return real_sem_trywait()(semaphore);
    }
    object& one = *semaphore_at(semaphore);
    point(op::acquire, &one);
    if (one.count <= 0) {
        touch_key(word_key_of(one), touching::reads);
        errno = EAGAIN;
        return -1;
    }
    touch_key(word_key_of(one), touching::writes, 1);
    --one.count;
    acquire(*self, one);
    return 0;
}

int sem_getvalue(sem_t* semaphore, int* value)
{
    if (!EXPLORER_ACTIVE) {
        return real_sem_getvalue()(semaphore, value);
    }
    object& one = *semaphore_at(semaphore);
    remember_place(op::acquire, &one);
    step(op::run, &one);
    touch_key(word_key_of(one), touching::reads);
    *value = one.count;
    return 0;
}

} // extern "C"
