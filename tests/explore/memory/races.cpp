// Data races by happens-before: each thread has a vector clock, each word of memory remembers at
// which epoch of each thread it was last read and written. Two accesses to a byte by different
// threads, at least one of them a write and not both atomic, race unless the later thread's clock
// knows of the earlier access.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/runtime.hpp"

#include <malloc.h>
#include <string.h>

namespace explorer::runtime {
namespace {

constexpr int words_of_block = 64; // neighbors in memory are neighbors here
constexpr int block_slots = 1 << 13;
constexpr int most_blocks = block_slots - block_slots / 8;
constexpr int most_records = 1 << 19;
constexpr int near_blocks = 32;

enum access_kind { plain_read, plain_write, atomic_read, atomic_write, access_kinds };

constexpr const char* name_of_access[] = {"reads", "writes", "reads (atomically)",
                                          "writes (atomically)"};

// One thread's accesses to one word. To different bytes of it at different times: several of these.
struct accesses {
    uint32_t epoch[access_kinds];
    uint32_t event[access_kinds]; // where, if recorded
    uint8_t bytes[access_kinds];  // one bit for each byte
    uint32_t next;                // another one, as an index; 0: none
    uint8_t thread;
};

// Eight bytes of memory.
struct word {
    uint32_t schedule; // another one's: nobody has touched it in this one
    uint32_t first;    // of the list of accesses; 0: none
    uint32_t latest;   // of them
    uint32_t by;       // bit i: accessed by thread i
    // Since another one came this thread has touched only these bytes, by plain accesses: they need
    // not be compared again with what the others did.
    uint8_t thread;
    uint8_t read, written;
    bool freed : 1;
    bool lent : 1; // is in the list of the thread on whose stack it lies
};

struct block {
    uintptr_t key; // address / 8 / words_of_block
    uint32_t schedule;
    word words[words_of_block];
};

block* blocks;        // a hash table; what belongs to another schedule counts as free
uint32_t* used_slots; // of this schedule
int blocks_used;
struct near_block {
    uintptr_t key;
    uint32_t schedule;
    block* place;
};
near_block near[near_blocks]; // the last ones that were asked for
accesses* records;
uint32_t records_used;

block* slot_for(uintptr_t key)
{
    uintptr_t at = (key * 0x9e3779b97f4a7c15u) >> 40;
    for (;; ++at) {
        block* slot = &blocks[at & (block_slots - 1)];
        if (slot->schedule != this_schedule || slot->key == key) {
            return slot;
        }
    }
}

[[noreturn]] void fail_too_much_memory()
{
    fail("too big", "too many places in memory are used in one schedule: make the body smaller");
}

// Stacks and regions of the heap lie at distances with many zeros at their ends.
inline near_block& near_place(uintptr_t key)
{
    return near[(key * 0x9e3779b97f4a7c15u) >> 59];
}
static_assert(near_blocks == 1 << (64 - 59));

__attribute__((noinline)) block* make_block(uintptr_t key)
{
    block* found = slot_for(key);
    if (found->schedule != this_schedule) {
        if (blocks_used == most_blocks) {
            fail_too_much_memory();
        }
        used_slots[blocks_used++] = static_cast<uint32_t>(found - blocks);
        found->key = key;
        found->schedule = this_schedule;
    }
    near_place(key) = {key, this_schedule, found};
    return found;
}

inline block* block_at(uintptr_t key)
{
    const near_block& last = near_place(key);
    return last.key == key && last.schedule == this_schedule ? last.place : make_block(key);
}

// The word of this number (its address / 8).
inline word* word_at(uintptr_t number)
{
    word* found = &block_at(number / words_of_block)->words[number % words_of_block];
    if (found->schedule != this_schedule) {
        *found = {};
        found->schedule = this_schedule;
    }
    return found;
}

accesses* add_accesses(word& here, int thread)
{
    if (records_used == most_records) {
        fail_too_much_memory();
    }
    accesses* fresh = &records[records_used];
    memset(fresh, 0, sizeof *fresh);
    fresh->thread = static_cast<uint8_t>(thread);
    fresh->next = here.first;
    here.first = records_used++;
    here.latest = here.first;
    here.by |= 1u << thread;
    return fresh;
}

bool deleting;     // the access is the memory's end
bool returning;    // the access is a local variable's end
bool of_condition; // reading stands for notifying, writing for destroying

[[noreturn]] void fail_race(int event, int other_event, int other, access_kind theirs,
                            access_kind ours)
{
    if (of_condition) {
        const bool mine = ours == plain_write;
        fail_at(event, other_event, "use after free",
                "T%d destroys a condition variable and T%d notifies it, and nothing orders the two",
                mine ? self->id : other, mine ? other : self->id);
    }
    if (returning) {
        fail_at(event, other_event, "use after free",
                "T%d %s a local variable of T%d's, whose function returns, and nothing orders the "
                "two",
                other, name_of_access[theirs], self->id);
    }
    fail_at(event, other_event, "data race",
            "T%d %s and T%d %s the same memory, and nothing orders the two", other,
            name_of_access[theirs], self->id, deleting ? "deletes" : name_of_access[ours]);
}

__attribute__((cold, noinline)) void refuse_freed(uintptr_t number, access_kind kind, int event)
{
    if (book->todo.races) {
        fail_at(event, end_of_memory_at(number << 3), "use after free",
                "T%d %s memory that was deleted before", self->id, name_of_access[kind]);
    }
}

// Whether an access by another thread is not ordered before this one.
template <access_kind Kind>
inline void compare(const accesses& theirs, uint8_t bytes, int event)
{
    constexpr bool writes = Kind == plain_write || Kind == atomic_write;
    constexpr bool atomic = Kind >= atomic_read;
    const uint32_t known = self->clock.of[theirs.thread];
#pragma GCC unroll 4
    for (int i = 0; i < access_kinds; ++i) {
        const bool conflicts =
            (writes || i == plain_write || i == atomic_write) && !(atomic && i >= atomic_read);
        if (conflicts && theirs.epoch[i] > known && (theirs.bytes[i] & bytes) != 0) {
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
    for (uint32_t i = here.first; i != 0; i = records[i].next) {
        if (may_hold<Kind>(records[i], id, epoch, bytes)) {
            here.latest = i;
            return &records[i];
        }
    }
    return add_accesses(here, id);
}

template <access_kind Kind>
__attribute__((noinline)) void compare_with_others(word& here, int id, uint8_t bytes, int event)
{
    for (uint32_t i = here.first; i != 0 && book->todo.races; i = records[i].next) {
        if (records[i].thread != id) {
            compare<Kind>(records[i], bytes, event);
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
    accesses* mine = &records[here.latest]; // number 0 is nobody's
    if (!may_hold<Kind>(*mine, id, epoch, bytes)) {
        mine = find_accesses<Kind>(here, id, epoch, bytes);
    }
    if (mine->epoch[Kind] == epoch && (mine->bytes[Kind] & bytes) == bytes && !recording) {
        // It was compared then, and nobody else's access since could be later than this one: that
        // thread would not know of this one's epoch.
        return;
    }
    if (!is_compared<Kind>(here, id, bytes)) {
        if (here.by == 1u << id) {
            note_compared<Kind>(here, id, bytes);
        } else {
            compare_with_others<Kind>(here, id, bytes, event);
        }
    }
    if (mine->epoch[Kind] != epoch) {
        mine->bytes[Kind] = 0;
    }
    mine->epoch[Kind] = epoch;
    mine->bytes[Kind] |= bytes;
    mine->event[Kind] = static_cast<uint32_t>(event);
}

void access_word(uintptr_t number, uint8_t bytes, access_kind kind, int event)
{
    word& here = *word_at(number);
    switch (kind) {
    case plain_read:
        return access_word_as<plain_read>(here, number, bytes, event);
    case plain_write:
        return access_word_as<plain_write>(here, number, bytes, event);
    case atomic_read:
        return access_word_as<atomic_read>(here, number, bytes, event);
    default:
        return access_word_as<atomic_write>(here, number, bytes, event);
    }
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

// While a failing schedule is recorded, only accesses to memory that several threads touch are
// written down; a first replay has listed it.
bool is_listed(uintptr_t address, size_t size)
{
    if (!book->shared_words_known) {
        return false;
    }
    for (uintptr_t key = address >> 3; key <= (address + size - 1) >> 3; ++key) {
        int low = 0;
        int high = book->shared_words;
        while (low < high) {
            const int middle = (low + high) / 2;
            if (book->shared_word[middle] < key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low < book->shared_words && book->shared_word[low] == key) {
            return true;
        }
    }
    return false;
}

int note_access(uintptr_t address, size_t size, bool writes)
{
    settle_write(*self);
    if (!is_listed(address, size)) {
        return remember_place(writes ? op::write : op::read);
    }
    const int event = note(writes ? op::write : op::read);
    const auto* memory = reinterpret_cast<const void*>(address);
    if (event == 0) {
        return 0;
    }
    note_memory(event, address, size);
    if (writes) {
        self->unsettled = event;
    } else {
        uint64_t value = 0;
        if (size <= 8) {
            memcpy(&value, memory, size);
            note_value(event, memory, static_cast<int>(size), value);
        }
    }
    return event;
}

// Returns whether the owner has it in its list.
__attribute__((noinline)) bool lend(thread_state& owner, word& there, uintptr_t number)
{
    if (owner.lent_count == most_lent) { // of so many, the first ones count
        note_outside_relation();
        return false;
    }
    there.lent = true;
    owner.lent[owner.lent_count++] = number;
    return true;
}

[[noreturn]] void fail_out_of_scope(int owner, const char* deed, int event)
{
    fail_at(event != 0 ? event : remember_place(op::run), 0, "use after free",
            "T%d %s a local variable of T%d's that is gone: %s", self->id, deed, owner,
            threads[owner].waits_in == op::ended ? "the thread has ended"
                                                 : "its function has returned");
}

// Whose local variable it is, if another thread's; else -1.
inline int other_owner(uintptr_t address)
{
    const int owner = whose_stack(address);
    return owner < 0 || owner == self->id || owner >= thread_count ? -1 : owner;
}

// Fails if the owner's function, or the owner, has ended. Returns whether it will be noticed when
// one of them does.
inline bool check_owner(int owner, uintptr_t address, word& there, const char* deed, int event)
{
    thread_state& theirs = threads[owner];
    const bool noticed = there.lent || lend(theirs, there, address >> 3);
    if (theirs.waits_in == op::ended || address < theirs.stack_in_use) {
        fail_out_of_scope(owner, deed, event);
    }
    return noticed;
}

void check_scope(uintptr_t address, const char* deed, int event)
{
    if (const int owner = other_owner(address); owner >= 0 && book->todo.races) {
        check_owner(owner, address, *word_at(address >> 3), deed, event);
    }
}

void list_shared_word(uintptr_t number)
{
    if (book->shared_words == most_shared_words) {
        return;
    }
    int at = book->shared_words++; // insertion sort: there are few
    for (; at > 0 && book->shared_word[at - 1] > number; --at) {
        book->shared_word[at] = book->shared_word[at - 1];
    }
    book->shared_word[at] = number;
}

} // namespace

bool only_races = false;
recent_access recent[recent_accesses];

void begin_races()
{
    if (blocks == nullptr) {
        blocks = static_cast<block*>(map_table(sizeof(block) * block_slots));
        used_slots = static_cast<uint32_t*>(map_table(sizeof(uint32_t) * block_slots));
        records = static_cast<accesses*>(map_table(sizeof(accesses) * most_records));
    }
    blocks_used = 0;
    records[0].thread = most_threads;
    records_used = 1;
    only_races = book->todo.races && !book->todo.plain_points && !recording;
}

void plain_access(const volatile void* pointer, size_t size, bool writes)
{
    const uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    thread_state& me = *self;
    const bool local = address - me.stack_begin < stack_size;
    if (writes && size == sizeof *last_stored) {
        note_store(reinterpret_cast<uintptr_t>(pointer));
    }
    if (book->todo.plain_points && !local) {
        remember_place(writes ? op::write : op::read);
        step(op::run, nullptr, never, true);
    }
    // A loop of plain accesses must not keep the others from running for ever.
    if (++me.plain_accesses >= accesses_before_yield) {
        remember_place(writes ? op::write : op::read);
        step(op::yield);
    }
    if (writes && !local) {
        ++last_change;
    }
    if (book->todo.plain_points || !book->todo.races) {
        touch_memory(pointer, size, writes ? touching::writes : touching::reads);
    }
    const access_kind kind = writes ? plain_write : plain_read;
    const int event = __builtin_expect(recording, 0) ? note_access(address, size, writes) : 0;
    if (!local) {
        check_scope(address, name_of_access[kind], event);
    }
    if (book->todo.races || recording) {
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
    if (book->todo.races || recording) {
        access(address, static_cast<size_t>(size), kind, event);
    }
}

void condition_access(const void* condition, bool destroys, int event)
{
    constexpr uintptr_t elsewhere = uintptr_t{1} << 62; // apart from what its constructor wrote
    if (book->todo.races) {
        of_condition = true;
        access(own_address(reinterpret_cast<uintptr_t>(condition)) ^ elsewhere, 1,
               destroys ? plain_write : plain_read, event);
        of_condition = false;
    }
}

// Whoever has used such a variable must have been done with it before.
void end_locals(uintptr_t end)
{
    thread_state& me = *self;
    int left = 0;
    for (int i = 0; i < me.lent_count; ++i) {
        const uintptr_t number = me.lent[i];
        if (number << 3 >= end) {
            me.lent[left++] = number;
            continue;
        }
        touch_end_of(number);
        returning = true;
        access_word(number, 0xff, plain_write, remember_place(op::deletion));
        returning = false;
        word_at(number)->lent = false;
    }
    me.lent_count = left;
}

// Only words that somebody has touched need the comparison; but each is marked.
void mark_freed(void* memory)
{
    constexpr size_t most_marked = 4096;
    size_t size = malloc_usable_size(memory);
    size = size < most_marked ? size : most_marked;
    const auto first = reinterpret_cast<uintptr_t>(memory) >> 3;
    const uintptr_t end = first + (size + 7) / 8;
    if (tracing) {
        for (uintptr_t key = first; key < end; ++key) {
            touch_end_of(key);
        }
    }
    if (!book->todo.races) {
        return;
    }
    const int event = remember_place(op::deletion);
    note_end_of_memory(event, reinterpret_cast<uintptr_t>(memory), size);
    deleting = true;
    begin_era(*self);
    for (uintptr_t key = first; key < end; ++key) {
        word& there = *word_at(key);
        if (there.first != 0) {
            access_word_as<plain_write>(there, key, 0xff, event);
        }
        there.freed = true;
    }
    deleting = false;
}

void check_alive(const void* address, const char* what)
{
    if (!book->todo.races) {
        return;
    }
    const uintptr_t own = own_address(reinterpret_cast<uintptr_t>(address));
    word& there = *word_at(own >> 3);
    if (const int owner = other_owner(own); owner >= 0) {
        check_owner(owner, own, there, "uses", 0);
    }
    if (there.freed) {
        fail_at(remember_place(op::run), end_of_memory_at(own), "use after free",
                "T%d uses a %s that was deleted before", self->id, what);
    }
}

void list_shared_words()
{
    book->shared_words_known = true;
    book->shared_words = 0;
    for (int i = 0; i < blocks_used; ++i) {
        const block& one = blocks[used_slots[i]];
        for (int k = 0; k < words_of_block; ++k) {
            const word& there = one.words[k];
            if (there.schedule == this_schedule && (there.by & (there.by - 1)) != 0) {
                list_shared_word(one.key * words_of_block + static_cast<uintptr_t>(k));
            }
        }
    }
}

} // namespace explorer::runtime
