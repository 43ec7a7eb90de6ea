// After a failure: looking for a shorter schedule that fails in the same way.
//
// SPDX-License-Identifier: MIT
#include "explore/search/replaying.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace explorer {
namespace {

constexpr long shortest_schedules = 2000; // tried in search of a shorter failing one ...
constexpr int shortest_children = 40;     // ... and so many failures
constexpr int most_simplifications = 60;
constexpr int most_preemptions = 2;
constexpr int most_older_values = 2;

bool is_shorter(const chosen_schedule& a, const chosen_schedule& b)
{
    return a.steps + 4 * a.switches < b.steps + 4 * b.switches;
}

// After a failure: on to the next branch of the systematic search. False: there is none.
bool go_to_next_branch(ledger& book)
{
    book.done = book.done + 1;
    while (book.depth > 0) {
        node& last = book.path[book.depth - 1];
        if (last.taken + 1 < last.of) {
            ++last.taken;
            return book.done < book.plan.limit;
        }
        --book.depth;
    }
    return false;
}

// The shortest one with so many preemptions and older values, and no spurious wakeup. False: there
// is none.
bool find_shortest(exploring_child& child, const options& chosen, const std::string& kind,
                   int preemptions, int older_values, chosen_schedule& best)
{
    ledger& book = child.book();
    search_plan within = plan_for(chosen, search_kind::depth_first, shortest_schedules);
    within.unlock_points = best.unlock_points;
    within.real_threads = child.has_real_threads();
    within.preemption_bound = preemptions;
    within.older_values = older_values;
    within.spurious = 0;
    child.begin(within);
    bool any = false;
    for (int i = 0; i < shortest_children && child.run() == ending::failed; ++i) {
        if (kind == book.kind) {
            const chosen_schedule one = last_schedule(book);
            if (!any || is_shorter(one, best)) {
                best = one;
            }
            any = true;
        }
        if (!go_to_next_branch(book)) {
            break;
        }
    }
    return any;
}

// Choice 0 goes the plain course: on with the same thread. Puts it wherever the failure stays.
chosen_schedule simplified(exploring_child& child, const options& chosen, const std::string& kind,
                           chosen_schedule best)
{
    int tries = most_simplifications;
    for (std::size_t i = best.choices.size(); i-- > 0 && tries > 0;) {
        if (i >= best.choices.size() || best.choices[i] == 0) {
            continue;
        }
        --tries;
        chosen_schedule simpler = best;
        simpler.choices[i] = 0;
        if (replay(child, chosen, simpler, false, child.has_real_threads()) == ending::failed &&
            kind == child.book().kind) {
            if (const chosen_schedule one = last_schedule(child.book()); !is_shorter(best, one)) {
                best = one;
            }
        }
    }
    return best;
}

} // namespace

chosen_schedule shortest(exploring_child& child, const options& chosen,
                         const chosen_schedule& found)
{
    const std::string kind = child.book().kind;
    chosen_schedule best = found;
    for (int older = 0; older <= std::min(found.older_taken, most_older_values); ++older) {
        for (int preemptions = 0; preemptions <= most_preemptions; ++preemptions) {
            if (find_shortest(child, chosen, kind, preemptions, older, best)) {
                return best;
            }
        }
    }
    return simplified(child, chosen, kind, best);
}

} // namespace explorer
