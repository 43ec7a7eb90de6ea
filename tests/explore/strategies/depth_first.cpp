// Every schedule within a preemption bound (Musuvathi and Qadeer, "Iterative Context Bounding for
// Systematic Testing of Multithreaded Programs", PLDI 2007), depth first: a preemption takes the
// turn from a thread that could have gone on, and most mistakes need few of them.
//
// SPDX-License-Identifier: MIT
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

namespace explorer::runtime {
namespace {

int position; // on the path
int preemptions;

void begin()
{
    position = 0;
    preemptions = 0;
}

// Follows the path as far as it goes, then takes the first branch.
int descend(int count, uint64_t)
{
    if (position == book->depth) {
        if (book->depth == most_choices) {
            fail("too big", "more than %d choices in one schedule: make the body smaller",
                 most_choices);
        }
        book->path[book->depth++] = {0, static_cast<uint8_t>(count)};
    }
    node& here = book->path[position++];
    if (here.of != count) {
        book->diverged = true;
        here.of = static_cast<uint8_t>(count);
        if (here.taken >= count) {
            here.taken = static_cast<uint8_t>(count - 1);
        }
    }
    return here.taken;
}

int choose(const candidates& who)
{
    int open = who.all;
    if (preemptions >= book->plan.preemption_bound) {
        open = who.current_can ? 1 : who.regular;
        if (open < who.all) {
            book->bounded = true;
        }
    }
    const int taken = open > 1 ? descend(open, 0) : 0;
    if ((who.current_can && taken > 0) || taken >= who.regular) {
        ++preemptions;
    }
    return taken;
}

// On to the next branch.
bool end()
{
    if (book->plan.count_traces) {
        order_trace(0, nullptr);
        count_trace();
    }
    while (book->depth > 0) {
        node& last = book->path[book->depth - 1];
        if (last.taken + 1 < last.of) {
            ++last.taken;
            return true;
        }
        --book->depth;
    }
    return false;
}

} // namespace

const strategy depth_first = {begin, choose, descend, nullptr, nullptr, end};

} // namespace explorer::runtime
