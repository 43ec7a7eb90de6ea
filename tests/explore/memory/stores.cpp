// See stores.hpp. Positions in a modification order are those in a list; a store is found known, or
// not, by epochs, as races are.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/stores.hpp"

#include <string.h>

namespace explorer::runtime {

struct kept_store {
    uint64_t value;
    uint32_t older; // as an index; 0: none is kept
    uint32_t newer;
    int thread; // -1: it was there before
    uint32_t epoch;
    bool updates;     // is a read-modify-write that read the older one: nothing comes between
    uint32_t in_s;    // when a seq_cst operation first wrote or read it; 0: none has
    int event;        // if recorded
    vector_clock out; // what it publishes to those who acquire it
    uint32_t read_in[most_threads]; // [i]: the epoch in which thread i first read it; 0: has not
};

int older_left = 0;
bool keeping_stores = false;

namespace {

constexpr uint32_t most_stores = 1 << 16;
constexpr int most_kept = 8; // of one atomic
constexpr int most_fences = 1 << 12;

// A seq_cst fence.
struct fence {
    int thread;
    uint32_t epoch;
    uint32_t in_s;
    vector_clock before; // what happens before it, or before one that precedes it in S
};

kept_store* stores;
uint32_t stores_used;
fence* fences;
int fences_used;
uint32_t last_in_s;
uint32_t unsettled; // the first store that some time has not passed since

bool is_seq_cst(int order)
{
    return order == __ATOMIC_SEQ_CST;
}

uint32_t add_store(uint64_t value)
{
    kept_store& fresh = stores[stores_used];
    memset(&fresh, 0, sizeof fresh);
    fresh.value = value;
    fresh.thread = -1;
    return stores_used++;
}

bool overlaps(const object& one, uintptr_t address, int size)
{
    return one.address < address + static_cast<uintptr_t>(size) &&
           address < one.address + one.size_of_stores;
}

// Whether another atomic's bytes are among these; then neither keeps stores.
bool has_other_sizes(object& on, int size)
{
    bool any = on.size_of_stores != 0 && on.size_of_stores != size;
    const uintptr_t first = on.address & ~uintptr_t{7};
    for (uintptr_t at = first; at < first + 8; ++at) {
        object* other = at == on.address ? nullptr : known_object_at(at);
        if (other != nullptr && overlaps(*other, on.address, size)) {
            other->has_other_sizes = true;
            any = true;
        }
    }
    return any;
}

bool is_known_by(const kept_store& one, const vector_clock& clock)
{
    if (one.thread < 0 || one.epoch <= clock.of[one.thread]) {
        return true;
    }
    for (int i = 0; i < run.thread_count; ++i) {
        if (one.read_in[i] != 0 && one.read_in[i] <= clock.of[i]) {
            return true;
        }
    }
    return false;
}

// The last of the fences, in S, that happens before what the calling thread does; or null.
const fence* last_fence_before()
{
    for (int i = fences_used - 1; i >= 0; --i) {
        if (fences[i].epoch <= self->clock.of[fences[i].thread]) {
            return &fences[i];
        }
    }
    return nullptr;
}

// What the calling thread must not read, or write, behind.
class bound {
public:
    explicit bound(int order) : seq_cst_(is_seq_cst(order)), fence_(last_fence_before())
    {
        if (seq_cst_ && fences_used > 0) {
            fence_ = &fences[fences_used - 1];
        }
    }

    bool holds(const kept_store& one) const
    {
        if (static_cast<uint32_t>(&one - stores) < unsettled) {
            return true;
        }
        if (is_known_by(one, self->clock)) {
            return true;
        }
        if (seq_cst_ && one.in_s != 0) {
            return true;
        }
        return fence_ != nullptr &&
               ((one.in_s != 0 && one.in_s <= fence_->in_s) || is_known_by(one, fence_->before));
    }

private:
    bool seq_cst_;
    const fence* fence_;
};

// Nothing may come between it and the next one, which has read it.
bool is_updated(const kept_store& one)
{
    return one.newer != 0 && stores[one.newer].updates;
}

void keep_no_more()
{
    older_left = 0;
    keeping_stores = false;
}

void note_could_be_older()
{
    book->could_be_older = true;
    keeping_stores = older_left > 0;
}

// The first is the newest one.
struct choices {
    kept_store* of[most_kept];
    int count = 0;

    void add(kept_store& one) { of[count++] = &one; }
    kept_store& take(bool writes)
    {
        if (count > 1) {
            note_could_be_older();
        }
        const int taken = count > 1 && older_left > 0 ? choose_older(count, writes) : 0;
        if (taken > 0) {
            keeping_stores = --older_left > 0;
            ++book->older_taken;
        }
        return *of[taken];
    }
};

void forget_oldest(object& on)
{
    uint32_t at = on.newest_store;
    for (int kept = 1; kept < most_kept && at != 0; ++kept) {
        at = stores[at].older;
    }
    if (at != 0) {
        stores[at].older = 0;
    }
}

void insert(object& on, uint32_t number, kept_store& before)
{
    kept_store& fresh = stores[number];
    const auto where = static_cast<uint32_t>(&before - stores);
    fresh.older = where;
    fresh.newer = before.newer;
    before.newer = number;
    if (fresh.newer != 0) {
        stores[fresh.newer].older = number;
    } else {
        on.newest_store = number;
    }
    forget_oldest(on);
}

void note_in_s(kept_store& one, int order)
{
    if (is_seq_cst(order)) {
        ++last_in_s;
        if (one.in_s == 0) {
            one.in_s = last_in_s;
        }
    }
}

} // namespace

void begin_stores()
{
    if (stores == nullptr) {
        stores = static_cast<kept_store*>(map_table(sizeof(kept_store) * most_stores));
        fences = static_cast<fence*>(map_table(sizeof(fence) * most_fences));
    }
    older_left = book->plan.older_values;
    keeping_stores = older_left > 0 || (book->plan.watches_older && !book->could_be_older);
    book->older_taken = 0;
    stores_used = 1;
    unsettled = 0;
    fences_used = 0;
    last_in_s = 0;
}

void settle_stores()
{
    unsettled = stores_used;
}

bool keeps_stores(object& on, const volatile void* address, int size, uint64_t value,
                  bool only_reads)
{
    static_assert(sizeof(uint64_t) == 8);
    if (is_in_shared_place(reinterpret_cast<uintptr_t>(address))) {
        return false;
    }
    if (stores_used + 2 > most_stores) {
        note_unkept();
        keep_no_more();
        return false;
    }
    if (on.has_other_sizes || on.newest_store == 0 || on.size_of_stores != size) {
        on.has_other_sizes = on.has_other_sizes || has_other_sizes(on, size);
        if (on.has_other_sizes) {
            if (size != 4 && !(size == 8 && only_reads)) { // not as std::shared_ptr counts
                note_unkept();
            }
            return false;
        }
        on.size_of_stores = static_cast<uint8_t>(size);
    } else if (stores[on.newest_store].value == value) {
        return true;
    }
    // It begins, or begins anew: something else than an atomic operation has written.
    on.newest_store = add_store(value);
    stores[on.newest_store].out = on.clock;
    return true;
}

uint64_t value_of(const kept_store& one)
{
    return one.value;
}

kept_store& choose_store(object& on, const reading& how)
{
    const bound limit(how.order);
    const bound limit_if_not(how.compares ? how.order_if_not : how.order);
    choices all;
    bool open = true; // no newer one is known
    bool open_if_not = how.compares;
    for (uint32_t at = on.newest_store; at != 0 && (open || open_if_not); at = stores[at].older) {
        kept_store& one = stores[at];
        const bool fails = how.compares && one.value != how.expected;
        const bool possible = fails ? open_if_not : open && !(how.updates && is_updated(one));
        if (possible) {
            all.add(one);
        }
        open = open && !limit.holds(one);
        open_if_not = open_if_not && !limit_if_not.holds(one);
    }
    return all.take(how.updates);
}

void end_read(object& on, kept_store& from, int order, int event)
{
    thread_state& me = *self;
    if (from.read_in[me.id] == 0) {
        from.read_in[me.id] = me.clock.of[me.id];
    }
    note_in_s(from, order);
    join_clock(acquires(order) ? me.clock : me.acquired, from.out);
    note_source(event, from.event, from.newer != 0, stores[on.newest_store].value);
}

bool end_store(object& on, uint64_t value, int order, kept_store* after, int event)
{
    thread_state& me = *self;
    const bool updates = after != nullptr;
    if (!updates) {
        const bound limit(order);
        choices all;
        for (uint32_t at = on.newest_store; at != 0; at = stores[at].older) {
            if (!is_updated(stores[at])) {
                all.add(stores[at]);
            }
            if (limit.holds(stores[at])) {
                break;
            }
        }
        after = &all.take(true);
    }
    const uint32_t number = add_store(value);
    kept_store& fresh = stores[number];
    fresh.thread = me.id;
    fresh.epoch = me.clock.of[me.id];
    fresh.event = event;
    fresh.updates = updates;
    fresh.out = releases(order) ? me.clock : me.fenced;
    if (updates) { // continues the release sequence
        join_clock(fresh.out, after->out);
    }
    note_in_s(fresh, order);
    insert(on, number, *after);
    if (releases(order)) {
        tick(me);
    }
    if (fresh.newer != 0) {
        note_behind(event, stores[on.newest_store].value);
        return false;
    }
    on.clock = fresh.out;
    return true;
}

void note_fence()
{
    if (older_left == 0) {
        if (keeping_stores) { // in another order of the fences, who knows
            note_could_be_older();
        }
        return;
    }
    if (fences_used == most_fences) {
        keep_no_more();
        return;
    }
    thread_state& me = *self;
    fence& fresh = fences[fences_used];
    fresh.thread = me.id;
    fresh.epoch = me.clock.of[me.id];
    fresh.in_s = ++last_in_s;
    fresh.before = me.clock;
    if (fences_used > 0) {
        join_clock(fresh.before, fences[fences_used - 1].before);
    }
    ++fences_used;
}

} // namespace explorer::runtime
