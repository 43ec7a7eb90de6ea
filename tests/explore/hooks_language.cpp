// What the compiler calls for the language's own synchronization: function-local statics, and the
// destructors of thread_local variables.
//
// SPDX-License-Identifier: MIT
#include "explore/real.hpp"
#include "explore/runtime.hpp"

using namespace explorer;
using namespace explorer::runtime;

extern "C" {

int __cxa_guard_acquire(uint64_t* guard);
void __cxa_guard_release(uint64_t* guard) noexcept;
void __cxa_guard_abort(uint64_t* guard) noexcept;
int __cxa_thread_atexit(void (*function)(void*), void* argument, void* library) noexcept;
}

EXPLORER_REAL(__cxa_guard_acquire)
EXPLORER_REAL(__cxa_guard_release)
EXPLORER_REAL(__cxa_guard_abort)
EXPLORER_REAL(__cxa_thread_atexit)

extern "C" {

// The first byte says "initialized", as the compiler's own fast path expects.
int __cxa_guard_acquire(uint64_t* guard)
{
    if (!EXPLORER_ACTIVE) {
        return real___cxa_guard_acquire()(guard);
    }
    object& once = *object_at(guard, sort::guard);
    remember_place(op::once, &once);
    step(op::once, &once);
    note(op::once, &once);
    acquire(*self, once);
    if (*reinterpret_cast<char*>(guard) != 0) {
        return 0;
    }
    once.busy = true;
    return 1;
}

void __cxa_guard_release(uint64_t* guard) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real___cxa_guard_release()(guard);
    }
    object& once = *object_at(guard, sort::guard);
    once.busy = false;
    *reinterpret_cast<char*>(guard) = 1;
    release(*self, once);
}

void __cxa_guard_abort(uint64_t* guard) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real___cxa_guard_abort()(guard);
    }
    object& once = *object_at(guard, sort::guard);
    once.busy = false;
    release(*self, once);
}

int __cxa_thread_atexit(void (*function)(void*), void* argument, void* library) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real___cxa_thread_atexit()(function, argument, library);
    }
    at_thread_end(function, argument);
    return 0;
}

} // extern "C"
