// What the compiler calls for the language's own synchronization: function-local statics, the
// destructors of thread_local variables, and the counting of references to exceptions.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

using namespace explorer;
using namespace explorer::runtime;

extern "C" {

int __cxa_guard_acquire(uint64_t* guard);
void __cxa_guard_release(uint64_t* guard) noexcept;
void __cxa_guard_abort(uint64_t* guard) noexcept;
int __cxa_thread_atexit(void (*function)(void*), void* argument, void* library) noexcept;
void __cxa_end_catch();

// std::exception_ptr::_M_release(), as the compiler calls it: without the inline functions of that
// class.
void release_exception(void** pointer) noexcept
    __asm__("_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv");
}

// std::current_exception(), likewise. As the class has, this has a destructor: so it is returned in
// the same way, through memory whose address each processor passes in a register of its own.
struct held_exception {
    void* object;
    ~held_exception() {}
};
held_exception current_exception() __asm__("_ZSt17current_exceptionv");

EXPLORER_REAL(__cxa_guard_acquire)
EXPLORER_REAL(__cxa_guard_release)
EXPLORER_REAL(__cxa_guard_abort)
EXPLORER_REAL(__cxa_thread_atexit)
EXPLORER_REAL(__cxa_end_catch)

namespace {

decltype(&release_exception) real_release_exception()
{
    static constinit decltype(&release_exception) found = nullptr;
    if (found == nullptr) {
        found = reinterpret_cast<decltype(found)>(
            next_definition("_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv"));
    }
    return found;
}

// The library counts the references in code that has no hooks. Whoever gives up the last one
// destroys the exception, and must know what the others have done with it.
void before_release(const void* exception)
{
    object& counter = *object_at(exception, sort::atomic);
    touch_key(word_key_of(counter), touching::writes);
    acquire(*self, counter);
    release(*self, counter);
}

} // namespace

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
    note_blocking(word_key_of(once), 1);
    if (*reinterpret_cast<char*>(guard) != 0) {
        touch_key(word_key_of(once), touching::reads);
        return 0;
    }
    begin_once(once);
    return 1;
}

void __cxa_guard_release(uint64_t* guard) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real___cxa_guard_release()(guard);
    }
    *reinterpret_cast<char*>(guard) = 1;
    end_once(*object_at(guard, sort::guard));
}

void __cxa_guard_abort(uint64_t* guard) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real___cxa_guard_abort()(guard);
    }
    end_once(*object_at(guard, sort::guard));
}

int __cxa_thread_atexit(void (*function)(void*), void* argument, void* library) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real___cxa_thread_atexit()(function, argument, library);
    }
    at_thread_end(function, argument);
    return 0;
}

void __cxa_end_catch()
{
    if (EXPLORER_ACTIVE) {
        held_exception caught = current_exception();
        if (caught.object != nullptr) {
            before_release(caught.object);
            real_release_exception()(&caught.object);
        }
    }
    real___cxa_end_catch()();
}

void release_exception(void** pointer) noexcept
{
    if (EXPLORER_ACTIVE && *pointer != nullptr) {
        before_release(*pointer);
    }
    real_release_exception()(pointer);
}

} // extern "C"
