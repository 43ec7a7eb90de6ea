// A random walk: at each step anybody who can go on, with the same chance.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/random.hpp"

namespace explorer::runtime {
namespace {

constexpr uint64_t plain_steps_per_switch = 4;

int choose(const candidates& who)
{
    if (starts_all_first(who)) {
        return 0;
    }
    if (const int irregular = choose_irregular(who); irregular >= 0) {
        return irregular;
    }
    // Plain accesses are many: stay with the current thread most of the time.
    if (who.plain && who.current_can && random_below(plain_steps_per_switch) != 0) {
        return 0;
    }
    return static_cast<int>(random_below(static_cast<uint64_t>(who.regular)));
}

} // namespace

const strategy random_walk = {begin_random, choose,  choose_one_at_random,
                              nullptr,      nullptr, there_is_always_more};

} // namespace explorer::runtime
