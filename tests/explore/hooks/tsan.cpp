// What g++ and clang call in code compiled with -fsanitize=thread: a hook before each access to
// memory, and one in place of each operation on an atomic. The judged code is compiled so but not
// linked with ThreadSanitizer; these definitions take its place. (The Linux kernel's KCSAN does the
// same.)
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"

#include <string.h>

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

using namespace explorer;
using namespace explorer::runtime;

using wide = unsigned __int128;

namespace {

constexpr int same_reads_before_spinning = 16;
constexpr int reads_before_spinning = 64;

bool acquires(int order)
{
    return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order >= __ATOMIC_ACQ_REL;
}

bool releases(int order)
{
    return order == __ATOMIC_RELEASE || order >= __ATOMIC_ACQ_REL;
}

struct atomic_step {
    object* on;
    int event;
};

// The step before an operation on an atomic.
atomic_step begin_atomic(const volatile void* address, int size, op what, int order)
{
    thread_state& me = *self;
    object* on = object_at(const_cast<const void*>(address), sort::atomic);
    if (what == op::store) {
        made_progress(me);
    }
    const bool spins =
        (me.same_reads >= same_reads_before_spinning && me.read_from == on->address) ||
        me.fruitless_reads >= reads_before_spinning;
    remember_place(what, on);
    step(spins ? op::yield : op::run, on);
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

void count_read(const object& on, uint64_t value, bool changed)
{
    thread_state& me = *self;
    if (changed) {
        made_progress(me);
        return;
    }
    ++me.fruitless_reads;
    const bool same = me.read_from == on.address && me.value_read == value;
    me.same_reads = same ? me.same_reads + 1 : 1;
    me.read_from = on.address;
    me.value_read = value;
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
    const T value = __atomic_load_n(address, __ATOMIC_SEQ_CST);
    note_value(here.event, address, sizeof(T), static_cast<uint64_t>(value));
    end_read(*here.on, sizeof(T), order);
    count_read(*here.on, static_cast<uint64_t>(value), false);
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
    __atomic_store_n(address, value, __ATOMIC_SEQ_CST);
    note_value(here.event, address, sizeof(T), static_cast<uint64_t>(value));
    end_write(*here.on, order, false);
}

// Any read-modify-write that always writes; `modify` does it and returns the old value.
template <class T, class Modify>
T exchange(volatile T* address, int order, Modify modify)
{
    if (!EXPLORER_ACTIVE) {
        return modify();
    }
    const atomic_step here = begin_atomic(address, sizeof(T), op::exchange, order);
    touch_memory(address, sizeof(T), touching::writes);
    const T old = modify();
    const T fresh = __atomic_load_n(address, __ATOMIC_RELAXED);
    check_published(fresh);
    note_change(here.event, address, sizeof(T), static_cast<uint64_t>(old),
                static_cast<uint64_t>(fresh));
    end_read(*here.on, sizeof(T), order);
    count_read(*here.on, static_cast<uint64_t>(old), old != fresh);
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
    const atomic_step here = begin_atomic(address, sizeof(T), op::exchange, order);
    const bool done = __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST,
                                                  __ATOMIC_SEQ_CST);
    touch_memory(address, sizeof(T), done ? touching::writes : touching::reads);
    note_change(here.event, address, sizeof(T), static_cast<uint64_t>(*expected),
                static_cast<uint64_t>(done ? value : *expected));
    end_read(*here.on, sizeof(T), done ? order : order_if_not);
    count_read(*here.on, static_cast<uint64_t>(*expected), done);
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
    count_read(*here.on, digest(to, size), false);
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
    count_read(*here.on, digest(to, size), changes);
    end_write(*here.on, order, true);
}

bool large_compare_exchange(size_t size, void* at, void* expected, void* from, int order,
                            int order_if_not)
{
    if (!EXPLORER_ACTIVE) {
        return in_libatomic(&large_compare_exchange, "__atomic_compare_exchange")(
            size, at, expected, from, order, order_if_not);
    }
    const atomic_step here = begin_atomic(at, static_cast<int>(size), op::exchange, order);
    const bool done = memcmp(at, expected, size) == 0;
    touch_memory(at, size, done ? touching::writes : touching::reads);
    end_read(*here.on, 0, done ? order : order_if_not);
    count_read(*here.on, digest(at, size), done);
    if (done) {
        memcpy(at, from, size);
        end_write(*here.on, order, true);
    } else {
        memcpy(expected, at, size);
    }
    return done;
}

#define PLAIN_ACCESS(address, size, writes)                                                        \
    do {                                                                                           \
        if (EXPLORER_ACTIVE) {                                                                     \
            plain_access(address, size, writes);                                                   \
        }                                                                                          \
    } while (false)

// Of a long range the beginning stands for the rest: the table of words is not endless.
constexpr size_t most_of_range = size_t{1} << 16;
#define RANGE_ACCESS(address, size, writes)                                                        \
    do {                                                                                           \
        if ((size) > 0) {                                                                          \
            PLAIN_ACCESS(address, (size) < most_of_range ? (size) : most_of_range, writes);        \
        }                                                                                          \
    } while (false)

// Apart from the hook, which in this way needs no stack frame while it is idle.
template <size_t Size, bool Writes>
__attribute__((noinline)) void access_in_schedule(const volatile void* address)
{
    quick_plain_access<Size, Writes>(address);
}

#define HOOK_OF_SIZE(name, size, writes)                                                           \
    void __tsan_##name##size(void* address)                                                        \
    {                                                                                              \
        if (EXPLORER_ACTIVE) {                                                                     \
            access_in_schedule<size, writes>(address);                                             \
        }                                                                                          \
    }
#define HOOKS_OF_SIZE(size)                                                                        \
    HOOK_OF_SIZE(read, size, false)                                                                \
    HOOK_OF_SIZE(write, size, true)                                                                \
    HOOK_OF_SIZE(unaligned_read, size, false)                                                      \
    HOOK_OF_SIZE(unaligned_write, size, true)                                                      \
    HOOK_OF_SIZE(volatile_read, size, false)                                                       \
    HOOK_OF_SIZE(volatile_write, size, true)

#define HOOKS_OF_EXCHANGE(bits, type, name)                                                        \
    type __tsan_atomic##bits##_##name(volatile type* address, type value, int order)               \
    {                                                                                              \
        return exchange(address, order,                                                            \
                        [=] { return __atomic_##name(address, value, __ATOMIC_SEQ_CST); });        \
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
        return exchange(address, order,                                                            \
                        [=] { return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST); });    \
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

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit()
{
    // The last look at a variable of this function: its place is another one's after this.
    if (EXPLORER_ACTIVE) {
        check_last_store();
    }
}

HOOKS_OF_SIZE(1)
HOOKS_OF_SIZE(2)
HOOKS_OF_SIZE(4)
HOOKS_OF_SIZE(8)
HOOKS_OF_SIZE(16)

void __tsan_read_range(void* address, unsigned long size)
{
    PLAIN_ACCESS(address, size, false);
}
void __tsan_write_range(void* address, unsigned long size)
{
    PLAIN_ACCESS(address, size, true);
}

void __tsan_vptr_read(void** pointer)
{
    PLAIN_ACCESS(pointer, sizeof(void*), false);
}
void __tsan_vptr_update(void** pointer, void* value)
{
    if (*pointer != value) { // destructors write the value that is there
        PLAIN_ACCESS(pointer, sizeof(void*), true);
    }
}

// The C library's functions on memory: clang calls some of them so, library_calls.hpp renames the
// others.
void* __tsan_memcpy(void* to, const void* from, size_t size)
{
    RANGE_ACCESS(from, size, false);
    RANGE_ACCESS(to, size, true);
    return memmove(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, size_t size)
{
    RANGE_ACCESS(from, size, false);
    RANGE_ACCESS(to, size, true);
    return memmove(to, from, size);
}
void* __tsan_memset(void* to, int value, size_t size)
{
    RANGE_ACCESS(to, size, true);
    return memset(to, value, size);
}
int explorer_memcmp(const void* a, const void* b, size_t size)
{
    RANGE_ACCESS(a, size, false);
    RANGE_ACCESS(b, size, false);
    return memcmp(a, b, size);
}

HOOKS_OF_ATOMIC(8, uint8_t)
HOOKS_OF_ATOMIC(16, uint16_t)
HOOKS_OF_ATOMIC(32, uint32_t)
HOOKS_OF_ATOMIC(64, uint64_t)
HOOKS_OF_ATOMIC(128, wide)

void __tsan_atomic_thread_fence(int order)
{
    if (EXPLORER_ACTIVE) {
        thread_state& me = *self;
        if (acquires(order)) {
            join_clock(me.clock, me.acquired);
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
