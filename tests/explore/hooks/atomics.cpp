// What g++ and clang call in place of each operation on an atomic in code compiled with
// -fsanitize=thread. See accesses.cpp.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/real.hpp"
#include "explore/memory/stores.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <string.h>

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

using namespace explorer;
using namespace explorer::runtime;

using wide = unsigned __int128;

namespace {

struct atomic_step {
    object* on;
    int event;
};

void note_weak(int order, int size)
{
    if (order != __ATOMIC_SEQ_CST) {
        book->weak_orders = true;
        const bool may_be_kept = size <= 8 && (size & (size - 1)) == 0;
        if (!may_be_kept) {
            note_unkept();
        }
    }
}

// The step before an operation on an atomic.
atomic_step begin_atomic(const volatile void* address, int size, op what, int order)
{
    thread_state& me = *self;
    note_weak(order, size);
    object* on = object_at(const_cast<const void*>(address), sort::atomic);
    if (what == op::store) {
        made_progress(me);
    }
    remember_place(what, on);
    step(asks_in_vain(me, *on) ? op::yield : op::run, on);
    const int event = note(what, on);
    note_order(event, order);
    atomic_access(address, size, what != op::load, event);
    return {on, event};
}

// The clocks after an operation that read.
void end_read(object& on, int size, int order)
{
    thread_state& me = *self;
    vector_clock& learns = acquires(order) ? me.clock : me.acquired;
    join_clock(learns, on.clock);
    if (size == 8) { // std::shared_ptr reads both of its counters at once
        if (const object* second = known_object_at(on.address + 4)) {
            join_clock(learns, second->clock);
        }
    }
}

void end_write(object& on, int order, bool continues)
{
    thread_state& me = *self;
    const vector_clock& published = releases(order) ? me.clock : me.fenced;
    if (continues) { // a read-modify-write continues the release sequence
        join_clock(on.clock, published);
    } else {
        on.clock = published;
    }
    if (releases(order)) {
        tick(me);
    }
}

// Whether there are older values to choose from. Else what memory holds is the value.
template <class T>
bool keeps_stores_of(const atomic_step& here, const volatile T* address, bool only_reads = false)
{
    if constexpr (sizeof(T) > sizeof(uint64_t)) {
        return false;
    } else {
        return keeping_stores &&
               keeps_stores(*here.on, address, sizeof(T),
                            static_cast<uint64_t>(__atomic_load_n(address, __ATOMIC_RELAXED)),
                            only_reads);
    }
}

template <class T>
void check_published(T value)
{
    if constexpr (sizeof(T) >= sizeof(void*)) {
        check_stored(static_cast<uint64_t>(value));
    }
}

template <class T>
T load(const volatile T* address, int order)
{
    if (!EXPLORER_ACTIVE) {
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);
    }
    const atomic_step here = begin_atomic(address, sizeof(T), op::load, order);
    touch_memory(address, sizeof(T), touching::reads);
    T value = __atomic_load_n(address, __ATOMIC_SEQ_CST);
    if (keeps_stores_of(here, address, true)) {
        kept_store& from = choose_store(*here.on, {order});
        value = static_cast<T>(value_of(from));
        end_read(*here.on, from, order, here.event);
    } else {
        end_read(*here.on, sizeof(T), order);
    }
    note_value(here.event, address, sizeof(T), static_cast<uint64_t>(value));
    note_read(*self, *here.on, static_cast<uint64_t>(value), false);
    return value;
}

template <class T>
void store(volatile T* address, T value, int order)
{
    if (!EXPLORER_ACTIVE) {
        return __atomic_store_n(address, value, __ATOMIC_SEQ_CST);
    }
    check_published(value);
    const atomic_step here = begin_atomic(address, sizeof(T), op::store, order);
    touch_memory(address, sizeof(T), touching::writes);
    note_value(here.event, address, sizeof(T), static_cast<uint64_t>(value));
    bool is_newest = true;
    if (keeps_stores_of(here, address)) {
        is_newest = end_store(*here.on, static_cast<uint64_t>(value), order, nullptr, here.event);
    } else {
        end_write(*here.on, order, false);
    }
    if (is_newest) {
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);
    }
}

// The end of a read-modify-write of an atomic whose stores are kept.
template <class T>
void end_update(const atomic_step& here, volatile T* address, kept_store& from, T fresh, int order)
{
    end_read(*here.on, from, order, here.event);
    if (end_store(*here.on, static_cast<uint64_t>(fresh), order, &from, here.event)) {
        __atomic_store_n(address, fresh, __ATOMIC_SEQ_CST);
    }
}

// Any read-modify-write that always writes; `modify` does it to what it is given and returns the
// old value.
template <class T, class Modify>
T exchange(volatile T* address, int order, Modify modify)
{
    if (!EXPLORER_ACTIVE) {
        return modify(address);
    }
    const atomic_step here = begin_atomic(address, sizeof(T), op::exchange, order);
    touch_memory(address, sizeof(T), touching::writes);
    if (keeps_stores_of(here, address)) {
        kept_store& from = choose_store(*here.on, {order, true});
        T fresh = static_cast<T>(value_of(from));
        const T old = modify(&fresh);
        check_published(fresh);
        note_change(here.event, address, sizeof(T), static_cast<uint64_t>(old),
                    static_cast<uint64_t>(fresh));
        note_read(*self, *here.on, static_cast<uint64_t>(old), old != fresh);
        end_update(here, address, from, fresh, order);
        return old;
    }
    const T old = modify(address);
    const T fresh = __atomic_load_n(address, __ATOMIC_RELAXED);
    check_published(fresh);
    note_change(here.event, address, sizeof(T), static_cast<uint64_t>(old),
                static_cast<uint64_t>(fresh));
    end_read(*here.on, sizeof(T), order);
    note_read(*self, *here.on, static_cast<uint64_t>(old), old != fresh);
    end_write(*here.on, order, true);
    return old;
}

template <class T>
bool compare_exchange(volatile T* address, T* expected, T value, int order, int order_if_not)
{
    if (!EXPLORER_ACTIVE) {
        return __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    }
    check_published(value);
    note_weak(order_if_not, sizeof(T));
    const atomic_step here = begin_atomic(address, sizeof(T), op::exchange, order);
    if (keeps_stores_of(here, address)) {
        kept_store& from = choose_store(
            *here.on, {order, true, true, static_cast<uint64_t>(*expected), order_if_not});
        const T old = static_cast<T>(value_of(from));
        const bool done = old == *expected;
        *expected = old;
        touch_memory(address, sizeof(T), done ? touching::writes : touching::reads);
        note_change(here.event, address, sizeof(T), static_cast<uint64_t>(old),
                    static_cast<uint64_t>(done ? value : old));
        note_read(*self, *here.on, static_cast<uint64_t>(old), done);
        if (done) {
            end_update(here, address, from, value, order);
        } else {
            end_read(*here.on, from, order_if_not, here.event);
        }
        return done;
    }
    const bool done = __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST,
                                                  __ATOMIC_SEQ_CST);
    touch_memory(address, sizeof(T), done ? touching::writes : touching::reads);
    note_change(here.event, address, sizeof(T), static_cast<uint64_t>(*expected),
                static_cast<uint64_t>(done ? value : *expected));
    end_read(*here.on, sizeof(T), done ? order : order_if_not);
    note_read(*self, *here.on, static_cast<uint64_t>(*expected), done);
    if (done) {
        end_write(*here.on, order, true);
    }
    return done;
}

} // namespace

// std::atomic of a structure that is no 1, 2, 4, 8 or 16 bytes large: calls into libatomic.
extern "C" {
void large_load(size_t size, void* from, void* to, int order) __asm__("__atomic_load");
void large_store(size_t size, void* to, void* from, int order) __asm__("__atomic_store");
void large_exchange(size_t size, void* at, void* from, void* to,
                    int order) __asm__("__atomic_exchange");
bool large_compare_exchange(size_t size, void* at, void* expected, void* from, int order,
                            int order_if_not) __asm__("__atomic_compare_exchange");
}

namespace {

template <class Function>
Function* in_libatomic(Function*, const char* name)
{
    return reinterpret_cast<Function*>(next_definition(name));
}

uint64_t digest(const void* memory, size_t size)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum = (sum ^ static_cast<const unsigned char*>(memory)[i]) * 0x100000001b3u;
    }
    return sum;
}

} // namespace

void large_load(size_t size, void* from, void* to, int order)
{
    if (!EXPLORER_ACTIVE) {
        return in_libatomic(&large_load, "__atomic_load")(size, from, to, order);
    }
    const atomic_step here = begin_atomic(from, static_cast<int>(size), op::load, order);
    touch_memory(from, size, touching::reads);
    memcpy(to, from, size);
    end_read(*here.on, 0, order);
    note_read(*self, *here.on, digest(to, size), false);
}

void large_store(size_t size, void* to, void* from, int order)
{
    if (!EXPLORER_ACTIVE) {
        return in_libatomic(&large_store, "__atomic_store")(size, to, from, order);
    }
    const atomic_step here = begin_atomic(to, static_cast<int>(size), op::store, order);
    touch_memory(to, size, touching::writes);
    memcpy(to, from, size);
    end_write(*here.on, order, false);
}

void large_exchange(size_t size, void* at, void* from, void* to, int order)
{
    if (!EXPLORER_ACTIVE) {
        return in_libatomic(&large_exchange, "__atomic_exchange")(size, at, from, to, order);
    }
    const atomic_step here = begin_atomic(at, static_cast<int>(size), op::exchange, order);
    touch_memory(at, size, touching::writes);
    const bool changes = memcmp(at, from, size) != 0;
    memcpy(to, at, size);
    memcpy(at, from, size);
    end_read(*here.on, 0, order);
    note_read(*self, *here.on, digest(to, size), changes);
    end_write(*here.on, order, true);
}

bool large_compare_exchange(size_t size, void* at, void* expected, void* from, int order,
                            int order_if_not)
{
    if (!EXPLORER_ACTIVE) {
        return in_libatomic(&large_compare_exchange, "__atomic_compare_exchange")(
            size, at, expected, from, order, order_if_not);
    }
    note_weak(order_if_not, static_cast<int>(size));
    const atomic_step here = begin_atomic(at, static_cast<int>(size), op::exchange, order);
    const bool done = memcmp(at, expected, size) == 0;
    touch_memory(at, size, done ? touching::writes : touching::reads);
    end_read(*here.on, 0, done ? order : order_if_not);
    note_read(*self, *here.on, digest(at, size), done);
    if (done) {
        memcpy(at, from, size);
        end_write(*here.on, order, true);
    } else {
        memcpy(expected, at, size);
    }
    return done;
}

#define HOOKS_OF_EXCHANGE(bits, type, name)                                                        \
    type __tsan_atomic##bits##_##name(volatile type* address, type value, int order)               \
    {                                                                                              \
        return exchange(address, order, [=](volatile type* at) {                                   \
            return __atomic_##name(at, value, __ATOMIC_SEQ_CST);                                   \
        });                                                                                        \
    }

#define HOOKS_OF_ATOMIC(bits, type)                                                                \
    type __tsan_atomic##bits##_load(const volatile type* address, int order)                       \
    {                                                                                              \
        return load(address, order);                                                               \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile type* address, type value, int order)                \
    {                                                                                              \
        store(address, value, order);                                                              \
    }                                                                                              \
    type __tsan_atomic##bits##_exchange(volatile type* address, type value, int order)             \
    {                                                                                              \
        return exchange(address, order, [=](volatile type* at) {                                   \
            return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                               \
        });                                                                                        \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type* address, type* expected,      \
                                                      type value, int order, int order_if_not)     \
    {                                                                                              \
        return compare_exchange(address, expected, value, order, order_if_not);                    \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type* address, type* expected,        \
                                                    type value, int order, int order_if_not)       \
    {                                                                                              \
        return compare_exchange(address, expected, value, order, order_if_not);                    \
    }                                                                                              \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type* address, type expected,         \
                                                    type value, int order, int order_if_not)       \
    {                                                                                              \
        compare_exchange(address, &expected, value, order, order_if_not);                          \
        return expected;                                                                           \
    }                                                                                              \
    HOOKS_OF_EXCHANGE(bits, type, fetch_add)                                                       \
    HOOKS_OF_EXCHANGE(bits, type, fetch_sub)                                                       \
    HOOKS_OF_EXCHANGE(bits, type, fetch_and)                                                       \
    HOOKS_OF_EXCHANGE(bits, type, fetch_or)                                                        \
    HOOKS_OF_EXCHANGE(bits, type, fetch_xor)                                                       \
    HOOKS_OF_EXCHANGE(bits, type, fetch_nand)

extern "C" {

HOOKS_OF_ATOMIC(8, uint8_t)
HOOKS_OF_ATOMIC(16, uint16_t)
HOOKS_OF_ATOMIC(32, uint32_t)
HOOKS_OF_ATOMIC(64, uint64_t)
HOOKS_OF_ATOMIC(128, wide)

void __tsan_atomic_thread_fence(int order)
{
    if (EXPLORER_ACTIVE) {
        thread_state& me = *self;
        note_weak(order, 1);
        const bool in_s = order == __ATOMIC_SEQ_CST && older_left > 0;
        if (in_s) { // when it comes in the order of the seq_cst operations can be seen
            remember_place(op::fence);
            step(op::run);
        }
        note_order(note(op::fence), order);
        if (acquires(order)) {
            join_clock(me.clock, me.acquired);
        }
        if (order == __ATOMIC_SEQ_CST) {
            note_fence();
        }
        if (releases(order)) {
            me.fenced = me.clock;
            tick(me);
        }
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {}

} // extern "C"
