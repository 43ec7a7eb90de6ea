// Round robin: each thread in turn takes so many steps, one to four, the same all along. What needs
// two threads to take turns exactly, again and again, no dice will bring about. How many steps a
// thread's first slice has, and which way round it goes, is drawn, too. Now and then all is drawn
// anew: two who give their locks back to let each other pass would go on like that for ever.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/random.hpp"

namespace explorer::runtime {
namespace {

constexpr uint64_t most_steps = 4;
constexpr uint64_t least_choices = 64; // that are made alike

int slice;
int first_slice;
bool backward;
int left;              // of the current slice
uint64_t still_alike;  // choices
uint64_t have_had_one; // bit i: thread i

void draw()
{
    slice = static_cast<int>(1 + random_below(most_steps));
    first_slice = static_cast<int>(1 + random_below(static_cast<uint64_t>(slice)));
    backward = random_below(2) == 1;
    left = slice;
    have_had_one = 0;
    still_alike = least_choices * (1 + random_below(most_steps));
}

void begin()
{
    begin_random();
    draw();
}

int begin_slice(const candidates& who, int taken)
{
    const uint64_t bit = uint64_t{1} << who.thread[taken]->id;
    left = (have_had_one & bit) != 0 ? slice : first_slice;
    have_had_one |= bit;
    return taken;
}

int choose(const candidates& who)
{
    if (starts_all_first(who)) {
        return 0;
    }
    if (const int irregular = choose_irregular(who); irregular >= 0) {
        return irregular;
    }
    if (--still_alike == 0) {
        draw();
    }
    if (who.current_can && --left > 0) {
        return 0;
    }
    // The current one first, if it can go on; then those after it in the order of their numbers.
    const int next = who.current_can && who.regular > 1 ? 1 : 0;
    return begin_slice(who, backward ? who.regular - 1 : next);
}

} // namespace

const strategy round_robin = {begin,   choose,  choose_one_at_random,
                              nullptr, nullptr, there_is_always_more};

} // namespace explorer::runtime
