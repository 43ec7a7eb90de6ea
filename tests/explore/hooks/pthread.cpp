// The pthread functions that the standard library's threads, mutexes and condition variables call.
// Inside a schedule each is a step of the scheduler's; elsewhere the real one is called.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>

using namespace explorer;
using namespace explorer::runtime;

EXPLORER_REAL_VERSION(pthread_create, "GLIBC_2.34")
EXPLORER_REAL(pthread_join)
EXPLORER_REAL(pthread_detach)
EXPLORER_REAL(pthread_self)
EXPLORER_REAL(pthread_key_create)
EXPLORER_REAL(pthread_key_delete)
EXPLORER_REAL(pthread_getspecific)
EXPLORER_REAL(pthread_setspecific)
EXPLORER_REAL(pthread_mutex_lock)
EXPLORER_REAL(pthread_mutex_trylock)
EXPLORER_REAL(pthread_mutex_timedlock)
EXPLORER_REAL(pthread_mutex_clocklock)
EXPLORER_REAL(pthread_mutex_unlock)
EXPLORER_REAL_VERSION(pthread_cond_wait, "GLIBC_2.3.2")
EXPLORER_REAL_VERSION(pthread_cond_timedwait, "GLIBC_2.3.2")
EXPLORER_REAL(pthread_cond_clockwait)
EXPLORER_REAL_VERSION(pthread_cond_signal, "GLIBC_2.3.2")
EXPLORER_REAL_VERSION(pthread_cond_broadcast, "GLIBC_2.3.2")
EXPLORER_REAL_VERSION(pthread_cond_destroy, "GLIBC_2.3.2")
EXPLORER_REAL(pthread_rwlock_wrlock)
EXPLORER_REAL(pthread_rwlock_rdlock)
EXPLORER_REAL(pthread_rwlock_trywrlock)
EXPLORER_REAL(pthread_rwlock_tryrdlock)
EXPLORER_REAL(pthread_rwlock_clockwrlock)
EXPLORER_REAL(pthread_rwlock_clockrdlock)
EXPLORER_REAL(pthread_rwlock_timedwrlock)
EXPLORER_REAL(pthread_rwlock_timedrdlock)
EXPLORER_REAL(pthread_rwlock_unlock)
EXPLORER_REAL(pthread_once)
EXPLORER_REAL(sem_init)
EXPLORER_REAL(sem_destroy)
EXPLORER_REAL(sem_post)
EXPLORER_REAL(sem_wait)
EXPLORER_REAL(sem_trywait)
EXPLORER_REAL(sem_timedwait)
EXPLORER_REAL(sem_clockwait)
EXPLORER_REAL(sem_getvalue)
EXPLORER_REAL(sched_yield)

namespace {

int64_t nanoseconds(const timespec* time)
{
    return time->tv_sec * int64_t{1'000'000'000} + time->tv_nsec;
}

// ---- mutexes

object* mutex_at(pthread_mutex_t* mutex)
{
    check_alive(mutex, "mutex");
    const bool recursive = (mutex->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE;
    return object_at(mutex, recursive ? sort::recursive_mutex : sort::mutex);
}

bool is_free_for_me(const object& mutex)
{
    return mutex.owner < 0 || (mutex.owner == self->id && mutex.is == sort::recursive_mutex);
}

// Whether whoever waits with this deadline goes on only when it gets what it waits for, or time has
// come to the deadline.
bool waits_in_earnest(int64_t deadline)
{
    return deadline == never || !book->todo.eager_time;
}

void touch_failed_wait(const object& on)
{
    touch_key(word_key_of(on), touching::reads);
    touch_key(keys::time, touching::reads);
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

// False when the deadline came first.
bool lock(object& mutex, int64_t deadline = never)
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

// The moment before an unlock(): only a try_lock() can tell it from the moment after.
void before_unlock(object& mutex)
{
    if (book->todo.unlock_points) {
        remember_place(op::unlock, &mutex);
        step(op::run, &mutex);
    }
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

// ---- condition variables

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
    for (int i = 0; i < thread_count; ++i) {
        thread_state& one = threads[i];
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

// ---- shared mutexes

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

// ---- semaphores

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

// ---- threads

thread_state* thread_with(pthread_t handle)
{
    for (int i = 0; i < thread_count; ++i) {
        if (pthread_equal(threads[i].handle, handle) && !threads[i].joined) {
            return &threads[i];
        }
    }
    return nullptr;
}

int join_thread(thread_state& other, void** outcome)
{
    thread_state& me = *self;
    touch_key(keys::joiners + static_cast<uint64_t>(me.id), touching::writes);
    touch_key(keys::joiners + static_cast<uint64_t>(other.id), touching::writes);
    const bool each_other = other.waits_in == op::join && other.joins == &me;
    if (&other == &me || each_other) {
        return EDEADLK;
    }
    for (int i = 0; i < thread_count; ++i) {
        if (i != me.id && threads[i].waits_in == op::join && threads[i].joins == &other) {
            fail_at(note(op::join, nullptr, other.id), 0, "misuse",
                    "T%d joins T%d, which T%d is about to join, too: only one of them may", me.id,
                    other.id, i);
        }
    }
    me.joins = &other;
    if (other.waits_in != op::ended) {
        note(op::blocked, nullptr, other.id);
    }
    remember_place(op::join, nullptr, other.id);
    step(op::join);
    note(op::join, nullptr, other.id);
    note_blocking(keys::thread + static_cast<uint64_t>(other.id), 1);
    touch_key(keys::thread + static_cast<uint64_t>(other.id), touching::reads);
    touch_key(keys::joiners + static_cast<uint64_t>(other.id), touching::writes);
    join_clock(me.clock, other.clock);
    other.joined = true;
    if (outcome != nullptr) {
        *outcome = other.outcome;
    }
    return 0;
}

} // namespace

extern "C" {

int pthread_create(pthread_t* handle, const pthread_attr_t* attributes, void* (*routine)(void*),
                   void* argument)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_create()(handle, attributes, routine, argument);
    }
    check_stored(reinterpret_cast<uintptr_t>(argument));
    thread_state* fresh = add_thread(routine, argument);
    *handle = fresh->handle;
    note(op::start, nullptr, fresh->id);
    touch_key(keys::threads, touching::writes);
    note_started(fresh->id);
    step(op::run);
    return 0;
}

int pthread_join(pthread_t handle, void** outcome)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_join()(handle, outcome);
    }
    thread_state* other = thread_with(handle);
    return other == nullptr ? ESRCH : join_thread(*other, outcome);
}

int pthread_detach(pthread_t handle)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_detach()(handle);
    }
    // Within a schedule the thread's end is waited for in any case.
    if (const thread_state* other = thread_with(handle); other != nullptr) {
        note(op::detached, nullptr, other->id);
    }
    return 0;
}

pthread_t pthread_self()
{
    return EXPLORER_ACTIVE ? self->handle : real_pthread_self()();
}

int pthread_key_create(pthread_key_t* key, void (*destructor)(void*))
{
    const int problem = real_pthread_key_create()(key, destructor);
    if (problem == 0) {
        note_key(*key, destructor);
    }
    return problem;
}

int pthread_key_delete(pthread_key_t key)
{
    const int problem = real_pthread_key_delete()(key);
    if (problem == 0) {
        forget_key(key);
    }
    return problem;
}

int pthread_setspecific(pthread_key_t key, const void* value)
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_setspecific()(key, value);
    }
    if (key >= PTHREAD_KEYS_MAX) {
        return EINVAL;
    }
    set_value_of_key(key, const_cast<void*>(value));
    return 0;
}

void* pthread_getspecific(pthread_key_t key)
{
    return EXPLORER_ACTIVE ? value_of_key(key) : real_pthread_getspecific()(key);
}

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

int pthread_once(pthread_once_t* flag, void (*function)())
{
    if (!EXPLORER_ACTIVE) {
        return real_pthread_once()(flag, function);
    }
    constexpr int done = 2; // as in the C library: the same flag may be used outside a schedule
    object& once = *object_at(flag, sort::once);
    remember_place(op::once, &once);
    step(op::once, &once);
    note(op::once, &once);
    acquire(*self, once);
    note_blocking(word_key_of(once), 1);
    if (*flag == done) {
        touch_key(word_key_of(once), touching::reads);
        return 0;
    }
    begin_once(once);
    try {
        function();
    } catch (...) { // the next caller tries again
        end_once(once);
        throw;
    }
    *flag = done;
    end_once(once);
    return 0;
}

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

int sched_yield()
{
    if (!EXPLORER_ACTIVE) {
        return real_sched_yield()();
    }
    // It may come back at once: nothing says that others run in between. Whoever yields again and
    // again, though, waits for them.
    constexpr int most_light = 8;
    constexpr int most_light_in_all = 64;
    thread_state& me = *self;
    remember_place(op::yield);
    const bool light =
        ++me.light_yields <= most_light && ++me.all_light_yields <= most_light_in_all;
    step(light ? op::run : op::yield);
    return 0;
}

} // extern "C"
