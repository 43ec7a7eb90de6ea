// Spending the budget of schedules: which strategy gets how many.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"
#include "explore/search/child.hpp"

#include <string>

namespace explorer {

class budget {
public:
    /// `chosen` with its number of schedules and its seed; both must outlive this object. `proof`:
    /// to be spent on nothing but the search for a proof, so many schedules at most; 0: no.
    budget(exploring_child& child, const options& chosen, long proof)
        : child_(child), chosen_(chosen), proof_(proof)
    {}

    /// All of it, or up to the first failure.
    ending spend();
    /// Up to the plan's limit of schedules; these count.
    ending explore(const search_plan& what);
    search_plan planned(search_kind kind, long limit) const;
    void use_unlock_points(bool use) { unlock_points_ = use; }

    /// How many schedules, and whether that were all.
    const result& spent() const { return spent_; }
    /// The same in words, of a pass.
    std::string in_words() const;

private:
    ending spend_with(bool unlock_points);
    ending try_few_preemptions(long limit);
    obstacle obstacle_met() const;
    std::string what_is_in_the_way() const;
    ending try_at_random(long limit);
    ending try_older_values(long share);

    exploring_child& child_;
    const options& chosen_;
    const long proof_;
    result spent_;
    int exhausted_bound_ = -1;     // all schedules with at most so many preemptions were tried: ...
    long exhausted_schedules_ = 0; // ... these
    bool newest_only_ = false; // a proof: of the newest values, and atomics could give older ones
    bool unlock_points_ = false;
    bool out_of_time_ = false;
    bool diverged_ = false; // the same choices led elsewhere
};

} // namespace explorer
