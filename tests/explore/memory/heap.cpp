// The heap of a schedule. Each thread takes its memory from a region of its own, one piece after
// the other, and no piece is used twice: an address means one object, and it does not depend on
// what the other threads allocate. At the schedule's end all of it is empty again, but for what
// was not given back: a library's buffer that is made once, or a leak.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/leaks.hpp"
#include "explore/runtime.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

constexpr uintptr_t regions_wish = 0x610000000000;
constexpr size_t region_size = size_t{64} << 20;
constexpr size_t grain = 16;
// What new memory holds. Left as it was it would hold what the schedule before wrote at this very
// place, and code that reads what it never wrote would seem right.
constexpr int rubbish = 0xab;
constexpr int most_survivors = 256; // ranges of memory, in one region

// In front of each piece.
struct header {
    size_t size;
    uint32_t schedule; // in which it was allocated; 0: it was given back, or never in use
    uint32_t event;    // by which, if recorded
};
static_assert(sizeof(header) == grain);

struct range {
    char* from;
    char* to;
};

struct region {
    char* next;
    long in_use; // pieces of this schedule
    range survivor[most_survivors];
    int survivors;
    int passed; // of them, by `next`
};

uintptr_t regions = uintptr_t{1} << 63; // until they are made: where no memory is
region all[most_threads];

char* start_of(const region& one)
{
    return reinterpret_cast<char*>(regions) + static_cast<size_t>(&one - all) * region_size;
}

header* header_of(void* memory)
{
    return reinterpret_cast<header*>(static_cast<char*>(memory) - sizeof(header));
}

size_t rounded(size_t size)
{
    return (size + grain - 1) & ~(grain - 1);
}

// What lies between `next` and `to` is lost; so that one can go from piece to piece, it is one.
void fill_up(region& mine, char* to)
{
    if (mine.next < to) {
        *reinterpret_cast<header*>(mine.next) = {
            static_cast<size_t>(to - mine.next) - sizeof(header), 0, 0};
    }
    mine.next = to;
}

// A place for so much that nobody uses.
char* place_for(region& mine, size_t size, size_t alignment)
{
    for (;;) {
        const auto first = reinterpret_cast<uintptr_t>(mine.next) + sizeof(header);
        char* place = reinterpret_cast<char*>((first + alignment - 1) & ~(alignment - 1));
        const auto before = static_cast<size_t>(place - start_of(mine));
        if (size > region_size || before + rounded(size) > region_size) {
            fail("too big",
                 "T%d allocates more than %zu MiB in one schedule, or every schedule leaks: make "
                 "the body smaller",
                 self->id, region_size >> 20);
        }
        if (mine.passed == mine.survivors ||
            place + rounded(size) <= mine.survivor[mine.passed].from) {
            return place;
        }
        fill_up(mine, mine.survivor[mine.passed].from);
        mine.next = mine.survivor[mine.passed++].to;
    }
}

void add_survivor(region& one, char* from, char* to)
{
    if (one.survivors > 0 &&
        (one.survivor[one.survivors - 1].to == from || one.survivors == most_survivors)) {
        one.survivor[one.survivors - 1].to = to;
    } else {
        one.survivor[one.survivors++] = {from, to};
    }
}

// Goes through a schedule's pieces for those that are still in use; what survived earlier ones
// stays where it is.
void find_survivors(region& one)
{
    static range before[most_survivors];
    const int count = one.survivors;
    memcpy(before, one.survivor, sizeof(range) * static_cast<size_t>(count));
    one.survivors = 0;
    int passed = 0;
    for (char* at = start_of(one); at < one.next;) {
        if (passed < count && at == before[passed].from) {
            at = before[passed].to;
            add_survivor(one, before[passed].from, at);
            ++passed;
            continue;
        }
        const auto& piece = *reinterpret_cast<header*>(at);
        char* end = at + sizeof(header) + rounded(piece.size);
        if (piece.schedule != 0) {
            add_survivor(one, at, end);
        }
        at = end;
    }
    for (; passed < count; ++passed) {
        add_survivor(one, before[passed].from, before[passed].to);
    }
}

} // namespace

void make_heap()
{
    regions = reinterpret_cast<uintptr_t>(
        map_table(most_threads * region_size, regions_wish + static_cast<size_t>(book->plan.heap) *
                                                                 most_threads * region_size));
    for (region& one : all) {
        one.next = start_of(one);
    }
}

void* allocate(size_t size, size_t alignment)
{
    region& mine = all[self->id];
    char* place = place_for(mine, size, alignment < grain ? grain : alignment);
    fill_up(mine, place - sizeof(header));
    const int event = book->plan.leaks ? remember_place_if_room(op::run) : 0;
    *header_of(place) = {size, run.number, static_cast<uint32_t>(event)};
    mine.next = place + rounded(size);
    ++mine.in_use;
    return memset(place, rubbish, size);
}

int list_pieces_left(piece_left* list, int most)
{
    int count = 0;
    for (int i = 0; i < run.thread_count; ++i) {
        const region& one = all[i];
        int passed = 0;
        for (char* at = start_of(one); one.in_use > 0 && at < one.next;) {
            if (passed < one.survivors && at == one.survivor[passed].from) {
                at = one.survivor[passed++].to;
                continue;
            }
            const auto& piece = *reinterpret_cast<header*>(at);
            char* begin = at + sizeof(header);
            at = begin + rounded(piece.size);
            if (piece.schedule != run.number) {
                continue;
            }
            if (count < most) {
                const auto from = reinterpret_cast<uintptr_t>(begin);
                list[count] = {from,
                               from + (piece.size > 0 ? piece.size : 1),
                               static_cast<int>(piece.event),
                               static_cast<int8_t>(i),
                               false,
                               false};
            }
            ++count;
        }
    }
    return count;
}

void look_at_survivors(void (*look)(uintptr_t begin, uintptr_t end))
{
    for (const region& one : all) {
        for (int i = 0; i < one.survivors; ++i) {
            look(reinterpret_cast<uintptr_t>(one.survivor[i].from),
                 reinterpret_cast<uintptr_t>(one.survivor[i].to));
        }
    }
}

bool is_of_heap(const void* memory)
{
    return reinterpret_cast<uintptr_t>(memory) - regions < most_threads * region_size;
}

uintptr_t heap_position(int thread)
{
    return reinterpret_cast<uintptr_t>(all[thread].next);
}

size_t size_allocated(void* memory)
{
    return header_of(memory)->size;
}

void give_back(void* memory)
{
    header& piece = *header_of(memory);
    if (piece.schedule == 0 && EXPLORER_ACTIVE) {
        fail_at(note(op::deletion), 0, "use after free", "T%d gives memory back a second time",
                self->id);
    }
    if (piece.schedule == run.number) {
        --all[(reinterpret_cast<uintptr_t>(memory) - regions) / region_size].in_use;
    }
    piece.schedule = 0;
}

void empty_heap()
{
    for (int i = 0; i < run.thread_count; ++i) {
        region& one = all[i];
        if (one.in_use > 0) {
            find_survivors(one);
        }
        one.next = start_of(one);
        one.in_use = 0;
        one.passed = 0;
    }
}

} // namespace explorer::runtime
