// Data races by happens-before: each thread has a vector clock, each word of memory remembers at
// which epoch of each thread it was last read and written. Two accesses to a byte by different
// threads, at least one of them a write and not both atomic, race unless the later thread's clock
// knows of the earlier access.
//
// SPDX-License-Identifier: MIT
#include "explore/dependence.hpp"
#include "explore/runtime.hpp"

#include <malloc.h>
#include <string.h>

namespace explorer::runtime {
namespace {

constexpr int words_of_block = 64; // neighbors in memory are neighbors here
constexpr int block_slots = 1 << 13;
constexpr int most_blocks = block_slots - block_slots / 8;
constexpr int most_records = 1 << 19;
constexpr int accesses_before_yield = 2000;

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
    uint32_t by;       // bit i: accessed by thread i
    bool freed;
    // What was compared last: further accesses like it, in the same epoch, tell nothing new.
    uint8_t thread;
    uint8_t read, written; // bytes, by plain accesses
    uint32_t epoch;
};

struct block {
    uintptr_t key; // address / 8 / words_of_block
    uint32_t schedule;
    word words[words_of_block];
};

block* blocks;        // a hash table; what belongs to another schedule counts as free
uint32_t* used_slots; // of this schedule
int blocks_used;
block* last_block; // that was asked for
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

block* block_at(uintptr_t key)
{
    if (last_block->key == key && last_block->schedule == this_schedule) {
        return last_block;
    }
    block* found = slot_for(key);
    if (found->schedule != this_schedule) {
        if (blocks_used == most_blocks) {
            fail_too_much_memory();
        }
        used_slots[blocks_used++] = static_cast<uint32_t>(found - blocks);
        found->key = key;
        found->schedule = this_schedule;
    }
    last_block = found;
    return found;
}

// The word of this number (its address / 8), if somebody has touched it; else null.
word* known_word(uintptr_t number)
{
    block* there = slot_for(number / words_of_block);
    word* found = &there->words[number % words_of_block];
    return there->schedule == this_schedule && found->schedule == this_schedule ? found : nullptr;
}

word* word_at(uintptr_t number)
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

// Whether an access by another thread is not ordered before this one.
void compare(const accesses& theirs, access_kind kind, uint8_t bytes, int event)
{
    const bool writes = kind == plain_write || kind == atomic_write;
    const bool atomic = kind >= atomic_read;
    const uint32_t known = self->clock.of[theirs.thread];
    for (int i = 0; i < access_kinds; ++i) {
        const bool conflicts =
            (writes || i == plain_write || i == atomic_write) && !(atomic && i >= atomic_read);
        if (conflicts && theirs.epoch[i] > known && (theirs.bytes[i] & bytes) != 0) {
            fail_race(event, static_cast<int>(theirs.event[i]), theirs.thread,
                      static_cast<access_kind>(i), kind);
        }
    }
}

// Whether the thread has done the same in this epoch. Then it was compared, and nobody else's
// access since could be later than this one: that thread would not know of this one's epoch.
bool is_repeated(const word& here, uint32_t epoch, access_kind kind, uint8_t bytes)
{
    return here.thread == self->id && here.epoch == epoch &&
           ((kind == plain_write ? here.written : here.read) & bytes) == bytes;
}

void remember(word& here, uint32_t epoch, access_kind kind, uint8_t bytes)
{
    if (kind >= atomic_read) {
        return;
    }
    if (here.thread != self->id || here.epoch != epoch) {
        here.thread = static_cast<uint8_t>(self->id);
        here.epoch = epoch;
        here.read = 0;
        here.written = 0;
    }
    (kind == plain_write ? here.written : here.read) |= bytes;
}

void access_word(uintptr_t number, uint8_t bytes, access_kind kind, int event)
{
    word* here = word_at(number);
    const int id = self->id;
    const uint32_t epoch = self->clock.of[id];
    if (kind < atomic_read && is_repeated(*here, epoch, kind, bytes) && !here->freed &&
        !recording) {
        return;
    }
    if (here->freed && book->todo.races) {
        fail_at(event, 0, "use after free", "T%d %s memory that was deleted before", id,
                name_of_access[kind]);
    }
    accesses* mine = nullptr;
    for (uint32_t i = here->first; i != 0; i = records[i].next) {
        // An earlier access is forgotten only for a later one to the same bytes.
        if (records[i].thread == id &&
            (records[i].epoch[kind] == epoch || (records[i].bytes[kind] & ~bytes) == 0)) {
            mine = &records[i];
            break;
        }
    }
    if (mine == nullptr) {
        mine = add_accesses(*here, id);
    } else if (mine->epoch[kind] == epoch && (mine->bytes[kind] & bytes) == bytes && !recording) {
        return; // as is_repeated() says
    }
    if (book->todo.races) {
        for (uint32_t i = here->first; i != 0; i = records[i].next) {
            if (records[i].thread != id) {
                compare(records[i], kind, bytes, event);
            }
        }
    }
    if (mine->epoch[kind] != epoch) {
        mine->bytes[kind] = 0;
    }
    mine->epoch[kind] = epoch;
    mine->bytes[kind] |= bytes;
    mine->event[kind] = static_cast<uint32_t>(event);
    remember(*here, epoch, kind, bytes);
}

void access(uintptr_t address, size_t size, access_kind kind, int event)
{
    while (size > 0) {
        const size_t offset = address & 7;
        const size_t part = size < 8 - offset ? size : 8 - offset;
        access_word(address >> 3, static_cast<uint8_t>(((1u << part) - 1) << offset), kind, event);
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
    book->log[event].address = address;
    book->log[event].size = static_cast<uint8_t>(size > 255 ? 255 : size);
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

void lend(thread_state& owner, uintptr_t word)
{
    for (int i = owner.lent_count; i > 0; --i) {
        if (owner.lent[i - 1] == word) {
            return;
        }
    }
    if (owner.lent_count == most_lent) { // of so many, the first ones count
        note_outside_relation();
        return;
    }
    owner.lent[owner.lent_count++] = word;
}

// Fails if this was another thread's local variable and its function, or its thread, has ended.
void check_scope(uintptr_t address, const char* deed, int event)
{
    if (address - self->stack_begin < stack_size) {
        return;
    }
    const int owner = whose_stack(address);
    if (owner < 0 || owner == self->id || owner >= thread_count || !book->todo.races) {
        return;
    }
    thread_state& theirs = threads[owner];
    lend(theirs, address >> 3);
    if (theirs.waits_in == op::ended || address < theirs.stack_in_use) {
        fail_at(event != 0 ? event : remember_place(op::run), 0, "use after free",
                "T%d %s a local variable of T%d's that is gone: %s", self->id, deed, owner,
                theirs.waits_in == op::ended ? "the thread has ended"
                                             : "its function has returned");
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

void begin_races()
{
    if (blocks == nullptr) {
        blocks = static_cast<block*>(map_table(sizeof(block) * block_slots));
        used_slots = static_cast<uint32_t*>(map_table(sizeof(uint32_t) * block_slots));
        records = static_cast<accesses*>(map_table(sizeof(accesses) * most_records));
        last_block = blocks;
    }
    blocks_used = 0;
    records_used = 1;
}

void plain_access(const volatile void* pointer, size_t size, bool writes)
{
    const uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    thread_state& me = *self;
    if (writes && size == sizeof(void*)) {
        note_store(reinterpret_cast<uintptr_t>(pointer));
    }
    if (book->todo.plain_points && address - me.stack_begin >= stack_size) {
        remember_place(writes ? op::write : op::read);
        step(op::run, nullptr, never, true);
    }
    // A loop of plain accesses must not keep the others from running for ever.
    if (++me.plain_accesses >= accesses_before_yield) {
        remember_place(writes ? op::write : op::read);
        step(op::yield);
    }
    const bool local = address - me.stack_begin < stack_size;
    if (writes && !local) {
        ++last_change;
    }
    if (book->todo.plain_points || !book->todo.races) {
        touch_memory(pointer, size, writes ? touching::writes : touching::reads);
    }
    const access_kind kind = writes ? plain_write : plain_read;
    const int event = __builtin_expect(recording, 0) ? note_access(address, size, writes) : 0;
    check_scope(address, name_of_access[kind], event);
    if (book->todo.races || recording) {
        access(address, size, kind, event);
    }
}

void atomic_access(const volatile void* pointer, int size, bool writes, int event)
{
    const uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    const access_kind kind = writes ? atomic_write : atomic_read;
    check_scope(address, name_of_access[kind], event);
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
        const uintptr_t word = me.lent[i];
        if (word << 3 >= end) {
            me.lent[left++] = word;
            continue;
        }
        touch_end_of(word);
        if (book->todo.races && known_word(word) != nullptr) {
            returning = true;
            access_word(word, 0xff, plain_write, remember_place(op::deletion));
            returning = false;
        }
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
    for (uintptr_t key = first; key < first + (size + 7) / 8; ++key) {
        touch_end_of(key);
    }
    if (!book->todo.races) {
        return;
    }
    const int event = remember_place(op::deletion);
    deleting = true;
    for (uintptr_t key = first; key < first + (size + 7) / 8; ++key) {
        if (known_word(key) != nullptr) {
            access_word(key, 0xff, plain_write, event);
        }
        word_at(key)->freed = true;
    }
    deleting = false;
}

void check_alive(const void* address, const char* what)
{
    if (!book->todo.races) {
        return;
    }
    const uintptr_t own = own_address(reinterpret_cast<uintptr_t>(address));
    check_scope(own, "uses", 0);
    const word* there = known_word(own >> 3);
    if (there != nullptr && there->freed) {
        fail_at(remember_place(op::run), 0, "use after free",
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
