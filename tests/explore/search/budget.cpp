// SPDX-License-Identifier: MIT
#include "explore/search/budget.hpp"

#include "explore/search/replaying.hpp"

#include <algorithm>

namespace explorer {
namespace {

constexpr int systematic_share = 4; // a fourth of the schedules, for each of two ways

} // namespace

ending budget::spend()
{
    const ending end = spend_with(false);
    const bool is_no_proof = proof_ > 0 && !spent_.proof; // nor would it be with more steps
    if (end != ending::passed || !child_.book().tried_lock || is_no_proof) {
        return end;
    }
    // A try_lock() tells whether another thread is between lock() and unlock(): once more, with
    // steps there.
    return spend_with(true);
}

// First one schedule of each kind that differs: if that comes to an end, it is a proof. Else
// all with no preemption, one, two ...: most mistakes need few. Then at random.
ending budget::spend_with(bool unlock_points)
{
    spent_ = {};
    exhausted_bound_ = -1;
    unlock_points_ = unlock_points;
    child_.book().weak_orders = false;
    child_.book().could_be_older = false;
    const long share = std::max(1L, chosen_.schedules / systematic_share);
    ending end = explore(planned(search_kind::reduced, proof_ > 0 ? proof_ : share));
    diverged_ = child_.book().diverged;
    if (end == ending::passed && child_.book().exhausted && obstacle_met() == obstacle::none) {
        spent_.exhausted = true;
        spent_.proof = true;
        spent_.distinct = child_.book().reduced.distinct;
    }
    newest_only_ = child_.book().weak_orders && child_.book().could_be_older;
    if (proof_ > 0) {
        out_of_time_ = end == ending::out_of_time; // which is no failure here
        return end == ending::failed ? end : ending::passed;
    }
    if (end == ending::passed && spent_.proof) {
        return try_older_values(share);
    }
    if (end == ending::passed && !diverged_) {
        end = try_few_preemptions(2 * share);
    }
    return end == ending::passed ? try_at_random(chosen_.schedules) : end;
}

// A proof is one for sequential consistency where atomics could give older values: those come at
// random. If there is no time for that, what is proved stays so.
ending budget::try_older_values(long share)
{
    const bool comes_again = child_.book().tried_lock && !unlock_points_;
    if (!newest_only_ || chosen_.older_values == 0 || comes_again) {
        return ending::passed;
    }
    const ending end = try_at_random(std::min(spent_.schedules + share, chosen_.schedules));
    return end == ending::out_of_time ? ending::passed : end;
}

// Until so many schedules were run in all.
ending budget::try_at_random(long limit)
{
    const long before = spent_.schedules;
    if (limit <= before) {
        return ending::passed;
    }
    child_.book().could_be_older = false;
    const ending end = explore(planned(search_kind::random, limit - before));
    if (child_.book().could_be_older) {
        spent_.older_values += spent_.schedules - before;
    }
    return end;
}

// Until so many schedules were run in all.
ending budget::try_few_preemptions(long limit)
{
    for (int bound = 0; bound <= chosen_.preemptions; ++bound) {
        const long left = limit - spent_.schedules;
        if (left <= 0) {
            break;
        }
        search_plan within = planned(search_kind::depth_first, left);
        within.preemption_bound = bound;
        const long before = spent_.schedules;
        if (const ending end = explore(within); end != ending::passed) {
            return end;
        }
        diverged_ = child_.book().diverged; // then there is no telling what was tried
        if (diverged_ || !child_.book().exhausted) {
            break;
        }
        exhausted_bound_ = bound;
        exhausted_schedules_ = spent_.schedules - before;
        if (!child_.book().bounded) {
            break; // there are no others
        }
    }
    spent_.exhausted = exhausted_bound_ >= chosen_.preemptions;
    return ending::passed;
}

search_plan budget::planned(search_kind kind, long limit) const
{
    search_plan made = plan_for(chosen_, kind, limit);
    made.unlock_points = unlock_points_;
    made.real_threads = child_.has_real_threads();
    return made;
}

// Runs up to the plan's limit of schedules; counts them in the outcome.
ending budget::explore(const search_plan& what)
{
    child_.begin(what);
    const ending end = child_.run();
    spent_.schedules += child_.book().done + (end == ending::failed);
    return end;
}

obstacle budget::obstacle_met() const
{
    return child_.book().reduced.met;
}

std::string budget::what_is_in_the_way() const
{
    switch (obstacle_met()) {
    case obstacle::giving_way:
        return "a thread asks again and again";
    case obstacle::time:
        return "threads only ask until time moves on";
    case obstacle::timers:
        return "a timer of the simulated network's";
    case obstacle::processes:
        return "the workers are processes";
    case obstacle::size:
        return "a schedule is too long";
    case obstacle::difference:
        return "the body does not do the same each time";
    case obstacle::none:
        break;
    }
    return out_of_time_ ? "there was no more time" : "there are more";
}

std::string budget::in_words() const
{
    const std::string older = std::to_string(spent_.older_values);
    if (spent_.proof) {
        const std::string model = newest_only_ ? " with sequential consistency" : "";
        const bool also_older = spent_.older_values > 0;
        const std::string begin =
            "passed: " + (also_older
                              ? older + " schedules in which atomics may give older values, and "
                              : std::string());
        return spent_.distinct == 1
                   ? begin + "the only schedule" + model + "; a proof"
                   : begin + "all " + std::to_string(spent_.distinct) +
                         (also_older ? "" : " schedules") + " that differ" + model + ": a proof";
    }
    if (proof_ > 0) {
        return "no proof after " + std::to_string(spent_.schedules) + " schedules, " +
               std::to_string(child_.book().reduced.distinct) +
               " of them different: " + what_is_in_the_way();
    }
    std::string line = "passed: " + std::to_string(spent_.schedules) + " schedules";
    if (diverged_) {
        return line + ", at random: the body does not do the same each time";
    }
    if (exhausted_bound_ >= 0) {
        line += ", among them all " + std::to_string(exhausted_schedules_) + " with at most " +
                std::to_string(exhausted_bound_) +
                (exhausted_bound_ == 1 ? " preemption" : " preemptions");
    }
    if (spent_.older_values > 0) {
        line += "; in " + older + " of them atomics may give older values";
    }
    return line;
}

} // namespace explorer
