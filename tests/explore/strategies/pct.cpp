// PCT, probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A
// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010): each thread
// has a random priority, the highest that can go on does, and at d - 1 random steps whoever has the
// turn falls below all others. Good at mistakes that need a thread to be very late. Here d is 2 to
// 5, in turn.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/random.hpp"

namespace explorer::runtime {
namespace {

constexpr int most_changes = 4;
constexpr uint64_t lowest_of_normal = uint64_t{1} << 40;
constexpr uint64_t lowest_of_changed = uint64_t{1} << 30; // yielding goes down from here
constexpr uint64_t usual_length = 50;                     // until one is known

// At step change_at[i] the current thread falls to the i-th of the low priorities. Whoever yields
// falls below all others, those included: it waits for one of them.
long change_at[most_changes];
int changes;
uint64_t next_yielded_priority;

void begin()
{
    begin_random();
    changes = static_cast<int>(1 + (random_execution() / random_turns) % most_changes);
    const uint64_t length = book->longest > 0 ? static_cast<uint64_t>(book->longest) : usual_length;
    for (int i = 0; i < changes; ++i) {
        change_at[i] = static_cast<long>(1 + random_below(length));
    }
    next_yielded_priority = lowest_of_changed;
}

int choose(const candidates& who)
{
    if (starts_all_first(who)) {
        return 0;
    }
    const int irregular = choose_irregular(who);
    return irregular >= 0 ? irregular : choose_by_priority(who);
}

void fall(thread_state& current)
{
    for (int i = 0; i < changes; ++i) {
        if (change_at[i] == run.steps) {
            current.priority = lowest_of_changed + static_cast<uint64_t>(i);
        }
    }
}

void fall_below_all(thread_state& current)
{
    current.priority = --next_yielded_priority;
}

} // namespace

uint64_t starting_priority()
{
    return lowest_of_normal + random_below(lowest_of_normal);
}

const strategy pct = {begin, choose,         choose_one_at_random,
                      fall,  fall_below_all, there_is_always_more};

} // namespace explorer::runtime
