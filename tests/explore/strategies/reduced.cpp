// The reduced search: of all schedules that differ only in the order of steps which do not depend
// on each other it runs one. After each schedule it looks for pairs of steps whose order could have
// been the other way round, and asks for that where the earlier one was chosen; what it has tried
// sleeps until a step comes that depends on it. This is Source-DPOR (Abdulla, Aronis, Jonsson and
// Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction", Journal of the
// ACM 64, 2017, algorithm 1), with the pairs looked for at a schedule's end.
//
// Steps that may have to wait are what the paper leaves to its section on blocking: of a lock that
// was taken after another thread's unlock() it is the earlier lock() that could have come later.
// All such things are counted in units here, and a pair is turned round only if there is a unit for
// the later step without the earlier one and what follows from that.
//
// Whatever the relation of dependence does not cover, such as giving way in a loop, gives the
// search up: then it is no proof, and other strategies go on.
//
// SPDX-License-Identifier: MIT
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"
#include "explore/strategies/pairs.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

reduced_search* all; // in the ledger: it lives on in the next child

int position;       // on the way
bool on_course;     // false: nothing new can come of this schedule, or the search was given up
int current_choice; // the branch at which the current step was chosen; -1: none

void give_up(obstacle because)
{
    if (book->reduced.met == obstacle::none) {
        book->reduced.met = because;
    }
    on_course = false;
}

// The way leads elsewhere than before. Once that is forgiven: a library may have made a buffer in
// the very first schedule.
void leave_course()
{
    on_course = false;
    if (all->restarted) {
        give_up(obstacle::difference);
        book->diverged = true;
    }
    all->restarted = true;
    all->depth = -1; // end_reduced() starts anew
}

// ---- what sleeping threads' steps touch

int keep(int list, const touch& what)
{
    for (int i = list; i != 0; i = all->kept[i].next) {
        const touch& there = all->kept[i].what;
        if (there.key == what.key && there.how == what.how && (what.bytes & ~there.bytes) == 0) {
            return list;
        }
    }
    if (all->kept_touches == most_kept_touches) {
        give_up(obstacle::size);
        return list;
    }
    all->kept[all->kept_touches] = {what, list};
    return all->kept_touches++;
}

// Adds what the step at this branch has touched, in this schedule, to what it may touch.
void keep_touches(branch& here)
{
    const traced_step& taken = now_traced.step[here.step];
    int& list = here.touches[here.chosen];
    for (int t = taken.first_touch; t < taken.end_of_touches; ++t) {
        list = keep(list, now_traced.touches[t]);
    }
}

bool depends_on_last_step(int list)
{
    const traced_step& last = now_traced.step[now_traced.steps - 1];
    for (int t = last.first_touch; t < last.end_of_touches; ++t) {
        for (int i = list; i != 0; i = all->kept[i].next) {
            if (depend(now_traced.touches[t], all->kept[i].what)) {
                return true;
            }
        }
    }
    return false;
}

// Who sleeps when this branch is reached first: whoever slept at the last choice of a thread, or
// was tried there, if the step taken since does not depend on theirs.
void find_sleepers(branch& fresh)
{
    fresh.asleep = 0;
    if (current_choice < 0) {
        return;
    }
    const branch& last = all->branches[current_choice];
    if (last.chosen == clock_thread) {
        return; // everything depends on the clock's step, and it on everything
    }
    const uint64_t candidates = (last.asleep | last.done) & ~bit(last.chosen);
    for (int i = 0; i < clock_thread; ++i) {
        if ((candidates & bit(i)) != 0 && !depends_on_last_step(last.touches[i])) {
            fresh.asleep |= bit(i);
            fresh.touches[i] = last.touches[i];
        }
    }
}

branch* next_branch()
{
    if (all->depth == most_branches) {
        give_up(obstacle::size);
        return nullptr;
    }
    branch& fresh = all->branches[all->depth++];
    memset(&fresh, 0, sizeof fresh);
    fresh.kept_before = all->kept_touches;
    return &fresh;
}

// ---- from schedule to schedule

void restart()
{
    all->depth = 0;
    all->changed = 0;
    all->kept_touches = 1;
    all->distinct = 0;
    all->attempt += 2; // the last bit is always set
}

// On to what is still to be tried. False: nothing.
bool change_course()
{
    while (all->depth > 0) {
        branch& last = all->branches[all->depth - 1];
        if (last.of != 0) {
            if (last.taken + 1 < last.of) {
                int owner = all->depth - 1;
                while (owner >= 0 && all->branches[owner].of != 0) {
                    --owner;
                }
                if (owner >= 0) {
                    keep_touches(all->branches[owner]);
                }
                ++last.taken;
                all->changed = owner < 0 ? 0 : owner;
                return true;
            }
            --all->depth;
            continue;
        }
        keep_touches(last);
        last.done |= bit(last.chosen);
        if (const uint64_t left = last.wanted & ~last.done & ~last.asleep; left != 0) {
            last.chosen = static_cast<uint8_t>(__builtin_ctzll(left));
            last.touches[last.chosen] = 0;
            all->changed = all->depth - 1;
            return true;
        }
        all->kept_touches = last.kept_before;
        --all->depth;
    }
    return false;
}

int first_changed_step()
{
    return all->depth > 0 && all->changed < all->depth ? all->branches[all->changed].step : 0;
}

void begin()
{
    all = &book->reduced;
    if (all->kept_touches == 0) { // the search begins
        restart();
    }
    position = 0;
    on_course = true;
    current_choice = -1;
}

// What is to be chosen among; bit i of `able` stands for thread i. All of them are to be
// tried if `everything`. The fingerprint tells whether it is the same choice as before.
struct offer {
    uint64_t able;
    int thread[most_threads + 1];
    int count;
    bool everything;
    uint64_t fingerprint;
};

// The branch where this choice was met before; null: it is another one now.
branch* known_branch(const offer& who)
{
    branch& here = all->branches[position];
    if (here.of == 0 && here.able == who.able && here.fingerprint == who.fingerprint) {
        return &here;
    }
    leave_course();
    return nullptr;
}

// A new one, with the first thread that does not sleep; null: all that can follow was tried
// elsewhere, or there is no room.
branch* fresh_branch(const offer& who)
{
    branch* here = next_branch();
    if (here == nullptr) {
        return nullptr;
    }
    here->able = who.able;
    here->fingerprint = who.fingerprint;
    find_sleepers(*here);
    int taken = 0;
    while (taken < who.count && (here->asleep & bit(who.thread[taken])) != 0) {
        ++taken;
    }
    if (taken == who.count) {
        --all->depth;
        on_course = false;
        return nullptr;
    }
    here->chosen = static_cast<uint8_t>(who.thread[taken]);
    here->wanted = who.everything ? who.able : bit(here->chosen);
    return here;
}

int choose_among(const offer& who)
{
    if (on_course && !run.tracing) { // too long
        give_up(obstacle::size);
    }
    branch* here = nullptr;
    if (on_course) {
        here = position < all->depth ? known_branch(who) : fresh_branch(who);
    }
    if (here == nullptr) {
        run.tracing = false;
        return 0;
    }
    current_choice = position++;
    here->step = now_traced.steps;
    int taken = 0;
    while (who.thread[taken] != here->chosen) {
        ++taken;
    }
    begin_traced_step(here->chosen, current_choice);
    return taken;
}

int choose_one(int count, uint64_t)
{
    if (!on_course) {
        return 0;
    }
    branch* here = nullptr;
    if (position < all->depth) {
        here = &all->branches[position];
        if (here->of != count) {
            leave_course();
            return 0;
        }
    } else {
        here = next_branch();
        if (here == nullptr) {
            return 0;
        }
        here->of = static_cast<uint8_t>(count);
    }
    ++position;
    return here->taken;
}

uint64_t mixed(uint64_t state, uint64_t value)
{
    return (state ^ value) * 0x9e3779b97f4a7c15u ^ (state >> 29);
}

int choose(const candidates& who)
{
    offer made{};
    made.count = who.all;
    made.everything = who.thread[0] == &run.the_clock;
    for (int i = 0; i < who.all; ++i) {
        const thread_state& one = *who.thread[i];
        made.thread[i] = one.id;
        made.able |= bit(one.id);
        made.fingerprint = mixed(made.fingerprint, static_cast<uint64_t>(one.waits_in));
        made.fingerprint = mixed(made.fingerprint, one.on != nullptr ? one.on->address : 0);
        if (&one != &run.the_clock) {
            made.fingerprint = mixed(made.fingerprint, heap_position(one.id));
        }
    }
    return choose_among(made);
}

bool end()
{
    const bool complete = on_course && run.tracing;
    if (now_traced.too_long) {
        give_up(obstacle::size);
    }
    if (all->met != obstacle::none) {
        return false;
    }
    if (all->depth < 0) {
        restart();
        return true;
    }
    order_trace(first_changed_step(), look_for_pairs);
    if (complete) {
        count_trace();
    }
    return change_course() && all->met == obstacle::none;
}

} // namespace

void count_trace()
{
    reduced_search& found = book->reduced;
    const uint64_t digest = (digest_of_trace() + found.attempt) | 1;
    uint64_t at = digest >> 40;
    for (; found.trace[at % most_traces] != 0; ++at) {
        if (found.trace[at % most_traces] == digest) {
            return;
        }
    }
    if (found.distinct == most_traces - most_traces / 8) {
        found.met = obstacle::size;
        return;
    }
    found.trace[at % most_traces] = digest;
    found.distinct = found.distinct + 1;
}

void note_outside_relation(obstacle what)
{
    if (run.tracing) {
        give_up(what);
    }
}

const strategy reduced = {begin, choose, choose_one, nullptr, nullptr, end};

} // namespace explorer::runtime
