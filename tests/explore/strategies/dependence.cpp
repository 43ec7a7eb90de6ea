// Writing down what the steps of a schedule touch, and the order that follows from it.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/runtime.hpp"

#include <string.h>

namespace explorer::runtime {

trace now_traced;

namespace {

constexpr int most_touches = 1 << 17;
constexpr int key_slots = 1 << 15;

struct last_touch {
    uint64_t key;
    uint32_t schedule; // of another one: free slot
    int touch;
};

last_touch* last_touches; // a hash table
int keys_used;

int last_step[most_tracked]; // of each thread; of a new one: the step that started it
uint16_t steps_of[most_tracked];

last_touch* slot_for(uint64_t key)
{
    uint64_t at = (key * 0x9e3779b97f4a7c15u) >> 40;
    for (;; ++at) {
        last_touch* slot = &last_touches[at & (key_slots - 1)];
        if (slot->schedule != run.number || slot->key == key) {
            return slot;
        }
    }
}

bool covers(const touch& one, const touch& other)
{
    return (other.bytes & ~one.bytes) == 0;
}

// The same again in one step tells nothing new.
bool is_repeated(const last_touch& before, const touch& what)
{
    if (before.schedule != run.number || what.units != 0 ||
        now_traced.step_of_touch[before.touch] != now_traced.steps - 1) {
        return false;
    }
    const touch& there = now_traced.touches[before.touch];
    return (there.how == what.how || there.how == touching::writes) && covers(there, what);
}

int directly_before[most_traced];
bool is_before[most_traced];
int count_before;

void collect_before(int number, int touch_number)
{
    const traced_step& mine = now_traced.step[number];
    const touch& what = now_traced.touches[touch_number];
    for (int i = now_traced.previous_touch[touch_number]; i >= 0;
         i = now_traced.previous_touch[i]) {
        const int other = now_traced.step_of_touch[i];
        if (other == number || !depend(what, now_traced.touches[i])) {
            continue;
        }
        const traced_step& theirs = now_traced.step[other];
        const bool known = theirs.thread == mine.thread || comes_before(theirs, mine);
        if (!known && !is_before[other]) {
            is_before[other] = true;
            directly_before[count_before++] = other;
        }
        // What conflicts and is earlier comes before this one. Of the steps that a blocking one
        // depends on it may be an earlier one that could come after it.
        const touch& there = now_traced.touches[i];
        if (there.how == touching::writes && covers(there, what) &&
            (known || mine.blocks_on == 0)) {
            return;
        }
    }
}

void sort_latest_first()
{
    for (int i = 1; i < count_before; ++i) {
        const int moved = directly_before[i];
        int at = i;
        for (; at > 0 && directly_before[at - 1] < moved; --at) {
            directly_before[at] = directly_before[at - 1];
        }
        directly_before[at] = moved;
    }
}

void join_clocks(traced_step& to, const traced_step& from)
{
    for (int i = 0; i < most_tracked; ++i) {
        if (from.clock[i] > to.clock[i]) {
            to.clock[i] = from.clock[i];
        }
    }
}

} // namespace

bool depend(const touch& one, const touch& other)
{
    return one.key == other.key && (one.bytes & other.bytes) != 0 &&
           (one.how != other.how || one.how == touching::writes);
}

void begin_trace()
{
    if (last_touches == nullptr) {
        last_touches = static_cast<last_touch*>(map_table(sizeof(last_touch) * key_slots));
        now_traced.touches = static_cast<touch*>(map_table(sizeof(touch) * most_touches));
        now_traced.step_of_touch = static_cast<int*>(map_table(sizeof(int) * most_touches));
        now_traced.previous_touch = static_cast<int*>(map_table(sizeof(int) * most_touches));
    }
    keys_used = 0;
    now_traced.steps = 0;
    now_traced.touch_count = 0;
    now_traced.too_long = false;
    for (int i = 0; i < most_tracked; ++i) {
        last_step[i] = -1;
        steps_of[i] = 0;
    }
    begin_traced_step(0, -1);
}

void begin_traced_step(int thread, int branch)
{
    if (now_traced.steps == most_traced) {
        now_traced.too_long = true;
        run.tracing = false;
        return;
    }
    traced_step& fresh = now_traced.step[now_traced.steps];
    memset(&fresh, 0, sizeof fresh);
    fresh.thread = static_cast<uint8_t>(thread);
    fresh.branch = branch;
    fresh.before = last_step[thread];
    fresh.first_touch = now_traced.touch_count;
    fresh.end_of_touches = now_traced.touch_count;
    fresh.number = ++steps_of[thread];
    last_step[thread] = now_traced.steps++;
}

void note_started(int thread)
{
    last_step[thread] = now_traced.steps - 1;
}

void touch_always(const touch& what)
{
    last_touch* before = slot_for(what.key);
    if (is_repeated(*before, what)) {
        return;
    }
    const bool fresh = before->schedule != run.number;
    if (now_traced.touch_count == most_touches ||
        (fresh && ++keys_used > key_slots - key_slots / 8)) {
        now_traced.too_long = true;
        run.tracing = false;
        return;
    }
    const int number = now_traced.touch_count++;
    now_traced.touches[number] = what;
    now_traced.step_of_touch[number] = now_traced.steps - 1;
    now_traced.previous_touch[number] = fresh ? -1 : before->touch;
    now_traced.step[now_traced.steps - 1].end_of_touches = now_traced.touch_count;
    *before = {what.key, run.number, number};
}

void touch_memory(const volatile void* pointer, size_t size, touching how)
{
    if (!run.tracing) {
        return;
    }
    uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    while (size > 0) {
        const size_t offset = address & 7;
        const size_t part = size < 8 - offset ? size : 8 - offset;
        touch_key(address >> 3, how, 0, static_cast<uint8_t>(((1u << part) - 1) << offset));
        address += part;
        size -= part;
    }
}

void touch_end_of(uintptr_t word)
{
    if (!run.tracing) {
        return;
    }
    const uint64_t either[] = {word, keys::waiters | word};
    for (const uint64_t key : either) {
        if (slot_for(key)->schedule == run.number) {
            touch_key(key, touching::writes);
        }
    }
}

void note_blocking(uint64_t key, int available, bool timed)
{
    if (run.tracing) {
        traced_step& mine = now_traced.step[now_traced.steps - 1];
        mine.blocks_on = key;
        mine.timed = timed;
        mine.available = static_cast<int8_t>(available > 100 ? 100 : available);
    }
}

void note_resumed(bool spuriously)
{
    if (run.tracing) {
        traced_step& mine = now_traced.step[now_traced.steps - 1];
        mine.resumes = true;
        mine.resumes_spuriously = spuriously;
    }
}

void order_trace(int first, void (*look)(int step, const int* on, int count))
{
    traced_step all_before{}; // before the last jump of time
    traced_step latest[most_tracked]{};
    for (int i = 0; i < now_traced.steps; ++i) {
        traced_step& mine = now_traced.step[i];
        if (mine.before >= 0) {
            memcpy(mine.clock, now_traced.step[mine.before].clock, sizeof mine.clock);
        } else {
            memset(mine.clock, 0, sizeof mine.clock);
        }
        count_before = 0;
        for (int t = mine.first_touch; t < mine.end_of_touches; ++t) {
            collect_before(i, t);
        }
        sort_latest_first();
        if (i >= first && look != nullptr) {
            look(i, directly_before, count_before);
        }
        for (int k = 0; k < count_before; ++k) {
            join_clocks(mine, now_traced.step[directly_before[k]]);
            is_before[directly_before[k]] = false;
        }
        join_clocks(mine, all_before);
        if (mine.thread == clock_thread) {
            for (const traced_step& one : latest) {
                join_clocks(mine, one);
            }
        }
        mine.clock[mine.thread] = mine.number;
        if (mine.thread == clock_thread) {
            all_before = mine;
        }
        latest[mine.thread] = mine;
    }
}

uint64_t digest_of_trace()
{
    uint64_t sum = 0;
    const auto mixed = [](uint64_t state, uint64_t value) {
        return (state ^ value) * 0x9e3779b97f4a7c15u ^ (state >> 29);
    };
    for (int i = 0; i < now_traced.steps; ++i) {
        const traced_step& one = now_traced.step[i];
        uint64_t digest = mixed(one.thread + 1u, one.number);
        for (const uint16_t known : one.clock) {
            digest = mixed(digest, known);
        }
        uint64_t touched = 0; // in whatever order
        for (int t = one.first_touch; t < one.end_of_touches; ++t) {
            const touch& what = now_traced.touches[t];
            touched += mixed(what.key, static_cast<uint64_t>(what.how) * 256 + what.bytes);
        }
        digest = mixed(digest, touched);
        digest ^= digest >> 31;
        sum += digest * 0xbf58476d1ce4e5b9u;
    }
    return sum;
}

} // namespace explorer::runtime
