// Data races by happens-before: each thread has a vector clock, each word of memory remembers at
// which epoch of each thread it was last read and written. Two accesses to a byte by different
// threads, at least one of them a write and not both atomic, race unless the later thread's clock
// knows of the earlier access.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/lifetimes.hpp"
#include "explore/memory/shadow.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

namespace explorer::runtime {
namespace {

pretence stands_for = pretence::none;

[[noreturn]] void fail_race(int event, int other_event, int other, access_kind theirs,
                            access_kind ours)
{
    if (stands_for == pretence::of_condition) {
        const bool mine = ours == plain_write;
        fail_at(event, other_event, "use after free",
                "T%d destroys a condition variable and T%d notifies it, and nothing orders the two",
                mine ? self->id : other, mine ? other : self->id);
    }
    if (stands_for == pretence::returning) {
        fail_at(event, other_event, "use after free",
                "T%d %s a local variable of T%d's, whose function returns, and nothing orders the "
                "two",
                other, name_of_access[theirs], self->id);
    }
    fail_at(event, other_event, "data race",
            "T%d %s and T%d %s the same memory, and nothing orders the two", other,
            name_of_access[theirs], self->id,
            stands_for == pretence::deleting ? "deletes" : name_of_access[ours]);
}

__attribute__((cold, noinline)) void refuse_freed(uintptr_t number, access_kind kind, int event)
{
    if (book->plan.races) {
        fail_at(event != 0 ? event : remember_place(op::run), end_of_memory_at(number << 3),
                "use after free", "T%d %s memory that was deleted before", self->id,
                name_of_access[kind]);
    }
}

// Whether an access by another thread is not ordered before this one.
template <access_kind Kind>
inline void compare(const accesses& theirs, uintptr_t number, uint8_t bytes, int event)
{
    constexpr bool writes = Kind == plain_write || Kind == atomic_write;
    constexpr bool atomic = Kind >= atomic_read;
    const uint32_t known = self->clock.of[theirs.thread];
#pragma GCC unroll 4
    for (int i = 0; i < access_kinds; ++i) {
        const bool conflicts =
            (writes || i == plain_write || i == atomic_write) && !(atomic && i >= atomic_read);
        if (conflicts && theirs.epoch[i] > known && (theirs.bytes[i] & bytes) != 0 &&
            !may_be_shared(number)) {
            fail_race(event, static_cast<int>(theirs.event[i]), theirs.thread,
                      static_cast<access_kind>(i), Kind);
        }
    }
}

// Whether all such accesses by this thread were compared.
template <access_kind Kind>
inline bool is_compared(const word& here, int id, uint8_t bytes)
{
    return here.thread == id && Kind < atomic_read &&
           (bytes & ~(Kind == plain_write ? here.written : here.read)) == 0;
}

template <access_kind Kind>
inline void note_compared(word& here, int id, uint8_t bytes)
{
    if (here.thread != id) {
        here.thread = static_cast<uint8_t>(id);
        here.read = 0;
        here.written = 0;
    }
    here.read |= Kind < atomic_read ? bytes : 0;
    here.written |= Kind == plain_write ? bytes : 0;
}

// An earlier access is forgotten only for a later one to the same bytes.
template <access_kind Kind>
inline bool may_hold(const accesses& one, int id, uint32_t epoch, uint8_t bytes)
{
    return one.thread == id && (one.epoch[Kind] == epoch || (one.bytes[Kind] & ~bytes) == 0);
}

template <access_kind Kind>
__attribute__((noinline)) accesses* find_accesses(word& here, int id, uint32_t epoch, uint8_t bytes)
{
    for (uint32_t i = here.first; i != 0; i = shadow.records[i].next) {
        if (may_hold<Kind>(shadow.records[i], id, epoch, bytes)) {
            here.latest = i;
            return &shadow.records[i];
        }
    }
    return add_accesses(here, id);
}

template <access_kind Kind>
__attribute__((noinline)) void compare_with_others(word& here, uintptr_t number, int id,
                                                   uint8_t bytes, int event)
{
    for (uint32_t i = here.first; i != 0 && book->plan.races; i = shadow.records[i].next) {
        if (shadow.records[i].thread != id) {
            compare<Kind>(shadow.records[i], number, bytes, event);
        }
    }
    note_compared<Kind>(here, id, bytes);
}

// The rest of this is kept out of the way of the usual case: the word is this thread's alone.
template <access_kind Kind>
inline void access_word_as(word& here, uintptr_t number, uint8_t bytes, int event)
{
    const int id = self->id;
    const uint32_t epoch = self->clock.of[id];
    if (here.freed) {
        refuse_freed(number, Kind, event);
    }
    accesses* mine = &shadow.records[here.latest]; // number 0 is nobody's
    if (!may_hold<Kind>(*mine, id, epoch, bytes)) {
        mine = find_accesses<Kind>(here, id, epoch, bytes);
    }
    if (mine->epoch[Kind] == epoch && (mine->bytes[Kind] & bytes) == bytes && !run.recording) {
        // It was compared then, and nobody else's access since could be later than this one: that
        // thread would not know of this one's epoch.
        return;
    }
    if (!is_compared<Kind>(here, id, bytes)) {
        if (here.by == 1u << id) {
            note_compared<Kind>(here, id, bytes);
        } else {
            compare_with_others<Kind>(here, number, id, bytes, event);
        }
    }
    if (mine->epoch[Kind] != epoch) {
        mine->bytes[Kind] = 0;
    }
    mine->epoch[Kind] = epoch;
    mine->bytes[Kind] |= bytes;
    mine->event[Kind] = static_cast<uint32_t>(event);
}

uint8_t bytes_of(uintptr_t address, size_t size) // in the word that it begins in
{
    return static_cast<uint8_t>(((1u << size) - 1) << (address & 7));
}

void access(uintptr_t address, size_t size, access_kind kind, int event)
{
    while (size > 0) {
        const size_t offset = address & 7;
        const size_t part = size < 8 - offset ? size : 8 - offset;
        access_word(address >> 3, bytes_of(address, part), kind, event);
        address += part;
        size -= part;
    }
}

} // namespace

recent_access recent[recent_accesses];

void begin_races()
{
    begin_shadow();
    run.only_races = book->plan.races && !book->plan.plain_points && !run.recording;
}

void access_word(uintptr_t number, uint8_t bytes, access_kind kind, int event, pretence as)
{
    stands_for = as;
    word& here = *word_at(number);
    switch (kind) {
    case plain_read:
        access_word_as<plain_read>(here, number, bytes, event);
        break;
    case plain_write:
        access_word_as<plain_write>(here, number, bytes, event);
        break;
    case atomic_read:
        access_word_as<atomic_read>(here, number, bytes, event);
        break;
    default:
        access_word_as<atomic_write>(here, number, bytes, event);
    }
    stands_for = pretence::none;
}

void plain_access(const volatile void* pointer, size_t size, bool writes)
{
    const uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    thread_state& me = *self;
    const bool local = address - me.stack_begin < stack_size;
    if (writes && size == sizeof *run.last_stored) {
        note_store(reinterpret_cast<uintptr_t>(pointer));
    }
    if (book->plan.plain_points && !local) {
        remember_place(writes ? op::write : op::read);
        step(op::run, nullptr, never, true);
    }
    // A loop of plain accesses must not keep the others from running for ever.
    if (is_access_too_many(me)) {
        remember_place(writes ? op::write : op::read);
        step(op::yield);
    }
    if (writes && !local) {
        ++run.last_change;
    }
    if (book->plan.plain_points || !book->plan.races) {
        touch_memory(pointer, size, writes ? touching::writes : touching::reads);
    }
    const access_kind kind = writes ? plain_write : plain_read;
    const int event = __builtin_expect(run.recording, 0) ? note_access(address, size, writes) : 0;
    if (!local) {
        check_scope(address, name_of_access[kind], event);
    }
    if (book->plan.races || run.recording) {
        access(address, size, kind, event);
    }
}

template <bool Writes>
void access_of_word(uintptr_t address, uint8_t bytes)
{
    const uintptr_t number = address >> 3;
    word& here = *word_at(number);
    bool remembered = true;
    if (address - self->stack_begin >= stack_size) {
        if (const int owner = other_owner(address); owner >= 0) {
            remembered = check_owner(owner, address, here, name_of_access[Writes], 0);
        }
    }
    access_word_as<Writes ? plain_write : plain_read>(here, number, bytes, 0);
    recent_access& there = recent_access_to(number);
    if (!remembered) {
        return;
    }
    if (there.word != number || there.era != self->era) {
        there = {number, self->era, bytes, Writes ? bytes : uint8_t{0}};
        return;
    }
    there.read |= bytes;
    there.written |= Writes ? bytes : 0;
}
template void access_of_word<false>(uintptr_t address, uint8_t bytes);
template void access_of_word<true>(uintptr_t address, uint8_t bytes);

void atomic_access(const volatile void* pointer, int size, bool writes, int event)
{
    const uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    const access_kind kind = writes ? atomic_write : atomic_read;
    if (address - self->stack_begin >= stack_size) {
        check_scope(address, name_of_access[kind], event);
    }
    if (book->plan.races || run.recording) {
        access(address, static_cast<size_t>(size), kind, event);
    }
}

} // namespace explorer::runtime
