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

// One older value less: choice `at` takes the newest. Once a schedule may take no more it chooses
// among no stores either.
chosen_schedule with_newest(const chosen_schedule& one, std::size_t at)
{
    chosen_schedule other = one;
    other.older_values = one.older_values - 1;
    other.choices.clear();
    int left = other.older_values;
    for (std::size_t i = 0; i < one.choices.size(); ++i) {
        const std::uint8_t choice = i == at ? 0 : one.choices[i];
        if (!one.chose_older[i]) {
            other.choices.push_back(choice);
        } else if (left > 0) {
            other.choices.push_back(choice);
            left -= choice > 0;
        }
    }
    return other;
}

// What is left is needed: a report blames it.
chosen_schedule without_idle_older(exploring_child& child, const options& chosen,
                                   const std::string& kind, chosen_schedule best)
{
    int tries = most_simplifications;
    for (std::size_t i = best.choices.size(); i-- > 0 && tries > 0;) {
        if (i >= best.choices.size() || !best.chose_older[i] || best.choices[i] == 0) {
            continue;
        }
        --tries;
        const chosen_schedule fewer = with_newest(best, i);
        if (replay(child, chosen, fewer, false, child.has_real_threads()) == ending::failed &&
            kind == child.book().kind) {
            best = last_schedule(child.book());
        }
    }
    return best;
}

// It fails in the same way without any older value, if chance finds how.
bool fails_with_newest(exploring_child& child, const options& chosen, const std::string& kind,
                       chosen_schedule& best)
{
    search_plan plain =
        plan_for(chosen, search_kind::random, std::min(shortest_schedules, chosen.schedules));
    plain.unlock_points = best.unlock_points;
    plain.real_threads = child.has_real_threads();
    plain.older_values = 0;
    child.begin(plain);
    const bool fails = child.run() == ending::failed && kind == child.book().kind;
    if (fails) {
        best = last_schedule(child.book());
    }
    return fails;
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
                return without_idle_older(child, chosen, kind, best);
            }
        }
        if (older == 0 && found.older_taken > 0 && fails_with_newest(child, chosen, kind, best)) {
            break;
        }
    }
    best = without_idle_older(child, chosen, kind, best);
    return without_idle_older(child, chosen, kind, simplified(child, chosen, kind, best));
}

} // namespace explorer
