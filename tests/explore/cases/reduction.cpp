// The reduced search against the plain one: small random programs, each searched both ways. Every
// final state that some schedule leads to must be found, and hardly any schedule run twice.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/reduction.hpp"

#include "explore/cases/machine.hpp"
#include "explore/cases/outcomes.hpp"
#include "explore/cases/random_program.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <string>

namespace cases {
namespace {

// Besides one of each kind the reduced search runs some more: it asked for an order, and whoever
// was to go first had to wait; or it forgot that a step sleeps, because only with the other outcome
// of a mishap it depends on what came. A fifth and three of them, or as many as there are kinds.
long most_schedules(const program& what, long kinds)
{
    constexpr long cut_short = 3;
    return kinds + cut_short + (what.has_mishaps ? kinds : kinds / 5);
}

struct searched {
    explorer::detail::census census;
    std::set<std::uint64_t> states;
};

searched search(const program& what, bool reduced, outcomes& found)
{
    explorer::options chosen = what.options;
    chosen.schedules = 5'000;
    const auto body = [&] {
        machine fresh;
        const std::uint64_t state = fresh.run(what);
        found.add(state);
    };
    searched result;
    result.census = explorer::detail::every_schedule(body, chosen, reduced, what.tries_locks);
    result.states = found.take();
    return result;
}

} // namespace

int compare_searches(long programs, long first, bool talkative)
{
    int wrong = 0;
    long compared = 0;
    long plain = 0;
    long kinds = 0;
    long reduced_schedules = 0;
    long failing = 0;
    outcomes found;
    for (long seed = first; compared < programs; ++seed) {
        const program what = random_program(static_cast<unsigned>(seed));
        const searched every = search(what, false, found);
        if (!every.census.complete && every.census.failure.empty()) {
            continue; // too many
        }
        const searched reduced = search(what, true, found);
        if (!every.census.in_relation) { // then no proof may be claimed unless it is one
            const bool claims = reduced.census.complete && reduced.census.in_relation;
            const bool false_claim =
                claims && (reduced.states != every.states || !every.census.failure.empty());
            if (false_claim) {
                std::printf("program %ld: a proof that is none\n", seed);
                print(what);
            }
            wrong += false_claim;
            continue;
        }
        std::string why;
        if (talkative && !every.census.failure.empty()) {
            print(what);
        }
        if (every.census.failure.empty() != reduced.census.failure.empty()) {
            why = "'" + every.census.failure + "' against '" + reduced.census.failure + "'";
        } else if (!every.census.failure.empty()) {
            ++failing;
            continue;
        } else if (!reduced.census.complete || !reduced.census.in_relation) {
            why = "the reduced search did not come to its end";
        } else if (every.states != reduced.states) {
            why = std::to_string(every.states.size()) + " final states against " +
                  std::to_string(reduced.states.size());
        } else if (every.census.kinds != reduced.census.kinds) {
            why = "the kinds";
        } else if (reduced.census.schedules > most_schedules(what, reduced.census.kinds)) {
            why = "too many schedules";
        }
        ++compared;
        plain += every.census.schedules;
        kinds += every.census.kinds;
        reduced_schedules += reduced.census.schedules;
        wrong += !why.empty();
        if (!why.empty() || talkative) {
            print(what);
            std::printf("program %-5ld %6ld schedules, %5ld kinds; reduced %5ld, %5ld kinds; %3zu "
                        "states %s\n",
                        seed, every.census.schedules, every.census.kinds, reduced.census.schedules,
                        reduced.census.kinds, every.states.size(), why.c_str());
            std::fflush(stdout);
        }
    }
    std::printf(
        "%ld programs: %ld schedules of %ld kinds, reduced to %ld; %ld more fail both ways; "
        "%d differ\n",
        compared, plain, kinds, reduced_schedules, failing, wrong);
    if (5 * reduced_schedules > 6 * kinds) {
        std::printf("the reduced search runs too many schedules twice\n");
        ++wrong;
    }
    return wrong;
}

} // namespace cases
