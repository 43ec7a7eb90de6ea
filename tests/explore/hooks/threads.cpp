// Threads: starting, joining and naming them, what belongs to each, what one of them does for all.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>

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
EXPLORER_REAL(pthread_once)
EXPLORER_REAL(sched_yield)

namespace {

thread_state* thread_with(pthread_t handle)
{
    for (int i = 0; i < run.thread_count; ++i) {
        if (pthread_equal(run.threads[i].handle, handle) && !run.threads[i].joined) {
            return &run.threads[i];
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
    for (int i = 0; i < run.thread_count; ++i) {
        if (i != me.id && run.threads[i].waits_in == op::join && run.threads[i].joins == &other) {
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
    self->starts_another = true;
    step(op::run);
    self->starts_another = false;
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

int sched_yield()
{
    if (!EXPLORER_ACTIVE) {
        return real_sched_yield()();
    }
    remember_place(op::yield);
    step(yields_lightly(*self) ? op::run : op::yield);
    return 0;
}

} // extern "C"
