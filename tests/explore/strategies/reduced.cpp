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
#include "explore/strategies/dependence.hpp"
#include "explore/runtime.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

reduced_search* all; // in the ledger: it lives on in the next child

int position;       // on the way
bool on_course;     // false: nothing new can come of this schedule, or the search was given up
int current_choice; // the branch at which the current step was chosen; -1: none

uint64_t bit(int thread)
{
    return uint64_t{1} << thread;
}

void give_up()
{
    all->given_up = true;
    on_course = false;
}

// The way leads elsewhere than before. Once that is forgiven: a library may have made a buffer in
// the very first schedule.
void leave_course()
{
    on_course = false;
    if (all->restarted) {
        all->given_up = true;
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
        give_up();
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
    const branch& last = all->way[current_choice];
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
        give_up();
        return nullptr;
    }
    branch& fresh = all->way[all->depth++];
    memset(&fresh, 0, sizeof fresh);
    fresh.kept_before = all->kept_touches;
    return &fresh;
}

// ---- turning pairs round

enum class possible : uint8_t { no, perhaps, yes };

// If it waits already when the earlier step is chosen, then that choice knows.
possible could_go_on(const traced_step& later, int earlier)
{
    if (later.before >= earlier) {
        return possible::perhaps;
    }
    const uint64_t able = all->way[now_traced.step[earlier].branch].able;
    return (able & bit(later.thread)) != 0 ? possible::yes : possible::no;
}

// Whether a unit is left for the later step without the earlier one and what comes after that.
bool is_unit_left(const traced_step& later, int earlier, int number)
{
    int units = later.available;
    const traced_step& first = now_traced.step[earlier];
    bool shares = false;
    for (int t = later.first_touch; t < later.end_of_touches; ++t) {
        shares |= now_traced.touches[t].key == later.blocks_on &&
                  now_traced.touches[t].how == touching::adds;
    }
    for (int i = earlier; i < number; ++i) {
        const traced_step& left_out = now_traced.step[i];
        if (i != earlier && !comes_before(first, left_out)) {
            continue;
        }
        for (int t = left_out.first_touch; t < left_out.end_of_touches; ++t) {
            const touch& what = now_traced.touches[t];
            // Those who share a lock take no unit from each other.
            if (what.key == later.blocks_on && !(shares && what.how == touching::adds)) {
                units += what.units;
            }
        }
    }
    return units > 0;
}

possible could_come_first(const traced_step& later, int earlier, int number)
{
    if (now_traced.step[earlier].branch < 0) {
        return possible::no;
    }
    if (later.resumes) {
        return could_go_on(later, earlier);
    }
    if (later.blocks_on == 0 || is_unit_left(later, earlier, number)) {
        return possible::yes;
    }
    return later.timed ? could_go_on(later, earlier) : possible::no;
}

// Whether the later step depends on one of those between, directly.
bool depends_on_one_between(int earlier, const int* on, int count)
{
    for (int i = 0; i < count; ++i) {
        if (on[i] > earlier && !comes_before(now_traced.step[earlier], now_traced.step[on[i]])) {
            return true;
        }
    }
    return false;
}

// Whose step could come first if the later of two came before the earlier one: who begins, of the
// steps between them that do not come after the earlier one, and the later one itself.
uint64_t initials(int earlier, int number, const int* on, int count)
{
    const traced_step& first = now_traced.step[earlier];
    uint64_t begun = 0;
    uint64_t found = 0;
    int first_of[most_tracked];
    for (int i = earlier + 1; i <= number; ++i) {
        const traced_step& here = now_traced.step[i];
        if ((i < number && comes_before(first, here)) || (begun & bit(here.thread)) != 0) {
            continue;
        }
        bool free = i < number || !depends_on_one_between(earlier, on, count);
        for (int k = 0; k < most_tracked && free; ++k) {
            if ((begun & bit(k)) != 0) {
                free = !comes_before(now_traced.step[first_of[k]], here);
            }
        }
        begun |= bit(here.thread);
        first_of[here.thread] = i;
        if (free) {
            found |= bit(here.thread);
        }
    }
    return found;
}

void turn_round(int earlier, int number, const int* on, int count)
{
    branch& there = all->way[now_traced.step[earlier].branch];
    uint64_t could = initials(earlier, number, on, count);
    if ((could & (there.wanted | there.asleep)) != 0) {
        return; // that is tried, or was tried elsewhere
    }
    could &= there.able;
    const uint64_t own = bit(now_traced.step[number].thread);
    if (could != 0) {
        there.wanted |= (could & own) != 0 ? own : could & -could;
    }
}

void look_for_pairs(int number, const int* on, int count)
{
    const traced_step& later = now_traced.step[number];
    int turned[most_traced];
    int turns = 0;
    for (int i = 0; i < count; ++i) {
        bool hidden = false; // another pair is to be turned round before it
        for (int k = 0; k < turns && !hidden; ++k) {
            hidden = comes_before(now_traced.step[on[i]], now_traced.step[turned[k]]);
        }
        const possible could = hidden ? possible::no : could_come_first(later, on[i], number);
        if (could != possible::no) {
            turn_round(on[i], number, on, count);
        }
        if (could == possible::yes) { // one that is doubtful hides none
            turned[turns++] = on[i];
        }
    }
    if (!later.resumes || later.resumes_spuriously) {
        return;
    }
    // It might have been this thread that woke by itself, instead of another one that did.
    for (int i = 0; i < number; ++i) {
        const traced_step& other = now_traced.step[i];
        if (other.resumes_spuriously && other.branch >= 0 && other.thread != later.thread &&
            !comes_before(other, later)) {
            turn_round(i, number, on, count);
        }
    }
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
        branch& last = all->way[all->depth - 1];
        if (last.of != 0) {
            if (last.taken + 1 < last.of) {
                int owner = all->depth - 1;
                while (owner >= 0 && all->way[owner].of != 0) {
                    --owner;
                }
                if (owner >= 0) {
                    keep_touches(all->way[owner]);
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
    return all->depth > 0 && all->changed < all->depth ? all->way[all->changed].step : 0;
}

} // namespace

void begin_reduced()
{
    all = &book->reduced;
    if (all->kept_touches == 0) { // the search begins
        restart();
    }
    position = 0;
    on_course = true;
    current_choice = -1;
}

int choose_thread_reduced(uint64_t able, const int* thread, int count, bool everything,
                          uint64_t fingerprint)
{
    if (on_course && !tracing) { // too long
        give_up();
    }
    int taken = 0;
    branch* here = nullptr;
    if (on_course && position < all->depth) {
        here = &all->way[position];
        if (here->of != 0 || here->able != able || here->fingerprint != fingerprint) {
            leave_course();
            here = nullptr;
        }
    } else if (on_course) {
        here = next_branch();
        if (here != nullptr) {
            here->able = able;
            here->fingerprint = fingerprint;
            find_sleepers(*here);
            while (taken < count && (here->asleep & bit(thread[taken])) != 0) {
                ++taken;
            }
            if (taken == count) { // all that can follow was tried elsewhere
                --all->depth;
                on_course = false;
                here = nullptr;
                taken = 0;
            } else {
                here->chosen = static_cast<uint8_t>(thread[taken]);
                here->wanted = everything ? able : bit(here->chosen);
            }
        }
    }
    if (here == nullptr) {
        tracing = false;
        return taken;
    }
    current_choice = position++;
    here->step = now_traced.steps;
    for (taken = 0; thread[taken] != here->chosen;) {
        ++taken;
    }
    begin_traced_step(here->chosen, current_choice);
    return taken;
}

int choose_one_reduced(int count)
{
    if (!on_course) {
        return 0;
    }
    branch* here = nullptr;
    if (position < all->depth) {
        here = &all->way[position];
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
        found.given_up = true;
        return;
    }
    found.trace[at % most_traces] = digest;
    found.distinct = found.distinct + 1;
}

void note_outside_relation()
{
    if (tracing) {
        book->reduced.given_up = true;
        on_course = false;
    }
}

bool end_reduced()
{
    const bool complete = on_course && tracing;
    if (now_traced.too_long) {
        give_up();
    }
    if (all->given_up) {
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
    return change_course() && !all->given_up;
}

} // namespace explorer::runtime
