// What goes round in circles.
//
// SPDX-License-Identifier: MIT
#include "explore/report/kinds.hpp"

#include <algorithm>
#include <string>

namespace explorer {
namespace {

// Whether all that the thread has done for a while is to look: then a wait would do instead.
bool only_looks(const history& all, int thread)
{
    constexpr int rounds = 30;
    int looked = 0;
    for (int i = all.end() - 1; i > 0 && looked < rounds; --i) {
        const event& one = all.at(i);
        if (one.thread != thread || !one.shown) {
            continue;
        }
        if (is_memory(one.what) && !all.reads(one)) {
            return false;
        }
        ++looked;
    }
    return true;
}

// By whom the newest of the things was made that this thread looks at again and again; 0: unknown.
int newest_of_what_is_looked_at(const history& all, int last)
{
    constexpr int far_enough = 200;
    const int thread = all.at(last).thread;
    const int begin = std::max(1, last - far_enough);
    const int started = all.first(1, begin, [](const event& one) { return one.what == op::start; });
    int newest = 0;
    for (int i = begin; i <= last; ++i) {
        const event& look = all.at(i);
        if (look.thread != thread || !all.reads(look)) {
            continue;
        }
        newest = std::max(newest, all.last(started, begin, [&](const event& one) {
            return all.writes(one) && one.address == look.address;
        }));
    }
    return newest;
}

} // namespace

cause cause_of_livelock(const history& all)
{
    int last = all.end() - 1;
    while (last > 0 && (!all.at(last).shown || all.in_library(last))) {
        --last;
    }
    if (last <= 0) {
        return {};
    }
    const int newest = newest_of_what_is_looked_at(all, last);
    const std::string changed = newest != 0 && !all.where(newest).empty()
                                    ? " What it looks at was changed last by " +
                                          all.thread(newest) + " (" + all.where(newest) + ")."
                                    : "";
    return {all.thread(last) + " does the same again and again (" + all.where(last) +
                "), and nothing changes that would end it." + changed,
            only_looks(all, all.at(last).thread)
                ? "Do not ask again and again: wait on a condition variable that somebody notifies."
                : "",
            {newest}};
}

} // namespace explorer
