// The reduced search's pairs of steps: which ones of an execution could have come the other way
// round, and at which choice that is to be asked for.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/pairs.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

namespace explorer::runtime {
namespace {

enum class possible : uint8_t { no, perhaps, yes };

// If it waits already when the earlier step is chosen, then that choice knows.
possible could_go_on(const traced_step& later, int earlier)
{
    if (later.before >= earlier) {
        return possible::perhaps;
    }
    const uint64_t able = book->reduced.branches[now_traced.step[earlier].branch].able;
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
    branch& there = book->reduced.branches[now_traced.step[earlier].branch];
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

} // namespace

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

} // namespace explorer::runtime
