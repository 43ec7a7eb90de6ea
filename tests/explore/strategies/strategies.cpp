// Which thread goes on: depth first with a preemption bound, a seeded random walk, PCT (Burckhardt
// and others, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010), or the
// choices of an earlier schedule once more.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/runtime.hpp"

namespace explorer::runtime {
namespace {

constexpr int most_changes = 5;
constexpr uint64_t rarely = 8; // once in so many times
constexpr uint64_t lowest_of_normal = uint64_t{1} << 40;
constexpr uint64_t lowest_of_changed = uint64_t{1} << 30; // yielding goes down from here

uint64_t random_state;

// splitmix64
uint64_t random_below(uint64_t bound)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % bound;
}

bool walking; // random: this schedule is a random walk, else PCT
int position; // in the path or in the choices to be replayed
int preemptions_used;

// PCT: at step change_at[i] the current thread falls to the i-th of the low priorities. Whoever
// yields falls below all others, those included: it waits for one of them.
long change_at[most_changes];
int changes;
uint64_t next_yielded_priority;
uint32_t random_schedule; // counts this child's schedules through forks

void record(int choice)
{
    if (book->chosen < most_choices) {
        book->choice[book->chosen++] = static_cast<uint8_t>(choice);
    }
}

int replayed(int count)
{
    int choice = position < book->given ? book->replay[position] : 0;
    ++position;
    if (choice >= count) {
        book->diverged = true;
        choice = 0;
    }
    return choice;
}

// The given choices have come to their end: tells who could go on.
[[noreturn]] void stop(int count, thread_state* const* candidate)
{
    book->open = count;
    for (int i = 0; i < count; ++i) {
        book->open_thread[i] = static_cast<uint8_t>(candidate[i]->id);
    }
    fail("stopped", "the given choices end here");
}

// Follows the path as far as it goes, then takes the first branch.
int descend(int count)
{
    if (position == book->depth) {
        if (book->depth == most_choices) {
            fail("too big", "more than %d choices in one schedule: make the body smaller",
                 most_choices);
        }
        book->path[book->depth++] = {0, static_cast<uint8_t>(count)};
    }
    node& here = book->path[position++];
    if (here.of != count) {
        book->diverged = true;
        here.of = static_cast<uint8_t>(count);
        if (here.taken >= count) {
            here.taken = static_cast<uint8_t>(count - 1);
        }
    }
    return here.taken;
}

int descend_within_bound(int regular, int all, bool current_can)
{
    int open = all;
    if (preemptions_used >= book->todo.preemptions) {
        open = current_can ? 1 : regular;
        if (open < all) {
            book->bounded = true;
        }
    }
    const int taken = open > 1 ? descend(open) : 0;
    if ((current_can && taken > 0) || taken >= regular) {
        ++preemptions_used;
    }
    return taken;
}

uint64_t mixed(uint64_t state, uint64_t value)
{
    return (state ^ value) * 0x9e3779b97f4a7c15u ^ (state >> 29);
}

int descend_reduced(int count, thread_state* const* candidate)
{
    uint64_t able = 0;
    uint64_t fingerprint = 0;
    int ids[most_threads + 1];
    for (int i = 0; i < count; ++i) {
        const thread_state& one = *candidate[i];
        ids[i] = one.id;
        able |= uint64_t{1} << one.id;
        fingerprint = mixed(fingerprint, static_cast<uint64_t>(one.waits_in));
        fingerprint = mixed(fingerprint, one.on != nullptr ? one.on->address : 0);
        if (&one != &the_clock) {
            fingerprint = mixed(fingerprint, heap_position(one.id));
        }
    }
    return choose_thread_reduced(able, ids, count, candidate[0] == &the_clock, fingerprint);
}

int choose_at_random(int regular, int all, bool current_can, bool plain,
                     thread_state* const* candidate)
{
    if (all > regular && !plain && random_below(16) == 0) {
        return regular + static_cast<int>(random_below(static_cast<uint64_t>(all - regular)));
    }
    if (walking) {
        // Plain accesses are many: stay with the current thread most of the time.
        return plain && current_can && random_below(4) != 0
                   ? 0
                   : static_cast<int>(random_below(static_cast<uint64_t>(regular)));
    }
    int taken = 0;
    for (int i = 1; i < regular; ++i) {
        if (candidate[i]->priority > candidate[taken]->priority) {
            taken = i;
        }
    }
    return taken;
}

int choose_among(int regular, int all, bool current_can, bool plain, thread_state* const* candidate)
{
    switch (book->todo.kind) {
    case search_kind::replay:
        return replayed(all);
    case search_kind::depth_first:
        return descend_within_bound(regular, all, current_can);
    default:
        return choose_at_random(regular, all, current_can, plain, candidate);
    }
}

// One among `count`; at random, each with a chance of one in `odds`, else the first.
int choose(int count, uint64_t odds)
{
    int taken = 0;
    switch (book->todo.kind) {
    case search_kind::replay:
        taken = replayed(count);
        break;
    case search_kind::depth_first:
        taken = descend(count);
        break;
    case search_kind::reduced:
        taken = choose_one_reduced(count);
        break;
    case search_kind::random:
        taken = static_cast<int>(random_below(odds));
        taken = taken < count ? taken : 0;
        break;
    }
    record(taken);
    return taken;
}

} // namespace

void begin_strategy()
{
    if (book->todo.kind == search_kind::reduced) {
        begin_reduced();
    }
    position = 0;
    preemptions_used = 0;
    // Each schedule has its own numbers, so that it does not matter which child runs it.
    random_schedule = static_cast<uint32_t>(book->done) + 1;
    random_state =
        book->todo.seed * 0x9e3779b97f4a7c15u + random_schedule * uint64_t{0x2545f4914f6cdd1d};
    walking = random_schedule & 1;
    changes = static_cast<int>(1 + (random_schedule >> 1) % 4); // d = 2 to 5
    const uint64_t length = book->longest > 0 ? static_cast<uint64_t>(book->longest) : 50;
    for (int i = 0; i < changes; ++i) {
        change_at[i] = static_cast<long>(1 + random_below(length));
    }
    next_yielded_priority = lowest_of_changed;
}

uint64_t starting_priority()
{
    return lowest_of_normal + random_below(lowest_of_normal);
}

bool end_strategy()
{
    if (steps > book->longest) {
        book->longest = steps;
    }
    if (book->todo.kind == search_kind::reduced) {
        return end_reduced();
    }
    if (book->todo.count_traces) {
        order_trace(0, nullptr);
        count_trace();
    }
    if (book->todo.kind != search_kind::depth_first) {
        return true;
    }
    while (book->depth > 0) {
        node& last = book->path[book->depth - 1];
        if (last.taken + 1 < last.of) {
            ++last.taken;
            return true;
        }
        --book->depth;
    }
    return false;
}

int choose_thread(int regular, int all, bool current_can, bool plain,
                  thread_state* const* candidate)
{
    if (all > 1 && book->todo.stop && position >= book->given) {
        stop(all, candidate);
    }
    int taken = 0;
    if (book->todo.kind == search_kind::reduced) {
        taken = descend_reduced(all, candidate);
    } else {
        taken = all == 1 ? 0 : choose_among(regular, all, current_can, plain, candidate);
        if (tracing) {
            begin_traced_step(candidate[taken]->id, -1);
        }
    }
    if (all > 1) {
        record(taken);
    }
    return taken;
}

int choose_one_of(int count)
{
    return count <= 1 ? 0 : choose(count, static_cast<uint64_t>(count));
}

bool choose_rarely()
{
    return choose(2, rarely) == 1;
}

void before_choice(thread_state& current)
{
    if (walking || book->todo.kind != search_kind::random) {
        return;
    }
    for (int i = 0; i < changes; ++i) {
        if (change_at[i] == steps) {
            current.priority = lowest_of_changed + static_cast<uint64_t>(i);
        }
    }
}

void after_yield(thread_state& current)
{
    current.priority = --next_yielded_priority;
}

} // namespace explorer::runtime
