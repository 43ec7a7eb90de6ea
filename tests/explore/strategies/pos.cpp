// POS, partial order sampling (Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling", CAV
// 2018): each step that a thread is about to take has a random priority, and the highest that can
// be taken is. Then the thread's next step draws one, and so do the steps that compete with the one
// taken, because they touch the same object: their order is drawn anew each time, while steps that
// have nothing to do with each other do not disturb that. Now and then all draw anew: a step of
// very low priority would wait as long as two others go round in circles.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/random.hpp"

#include <algorithm>

namespace explorer::runtime {
namespace {

constexpr int steps_alike = 300; // until all draw anew

void draw(thread_state& current)
{
    current.priority = starting_priority(); // like that of a thread that has yet to begin
}

void come_to_a_step(thread_state& current)
{
    draw(current);
    if (run.steps % steps_alike == 0) {
        std::for_each_n(run.threads, run.thread_count, draw);
    }
}

int choose(const candidates& who)
{
    if (starts_all_first(who)) {
        return 0;
    }
    if (const int irregular = choose_irregular(who); irregular >= 0) {
        return irregular;
    }
    const int taken = choose_by_priority(who);
    const object* touched = who.thread[taken]->on;
    for (int i = 0; i < run.thread_count && touched != nullptr; ++i) {
        if (run.threads[i].on == touched) {
            draw(run.threads[i]);
        }
    }
    return taken;
}

} // namespace

const strategy pos = {begin_random,   choose,  choose_one_at_random,
                      come_to_a_step, nullptr, there_is_always_more};

} // namespace explorer::runtime
