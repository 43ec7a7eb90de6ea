// SPDX-License-Identifier: MIT
#include "explore/search/replaying.hpp"

#include "explore/search/settings.hpp"

#include <algorithm>
#include <iterator>

namespace explorer {

namespace {

// The others are sequentially consistent.
bool is_random(search_kind kind)
{
    return kind == search_kind::random || kind == search_kind::random_walk ||
           kind == search_kind::pct || kind == search_kind::pos || kind == search_kind::round_robin;
}

int reports = 0; // that this process has written

} // namespace

search_plan plan_for(const options& chosen, search_kind kind, long limit)
{
    search_plan made{};
    made.kind = kind;
    made.races = chosen.races;
    made.leaks = chosen.leaks;
    made.plain_points = chosen.plain_points;
    made.eager_time = chosen.eager_time;
    made.isolate = chosen.isolate;
    made.preemption_bound = chosen.preemptions;
    made.spurious = chosen.spurious;
    made.older_values = is_random(kind) ? chosen.older_values : 0;
    made.watches_older = kind == search_kind::reduced;
    const int mishaps[] = {chosen.short_transfers, chosen.interruptions,   chosen.resets,
                           chosen.refusals,        chosen.accept_failures, chosen.deaths,
                           chosen.hangs,           chosen.silences,        chosen.socket_failures,
                           chosen.fork_failures};
    static_assert(std::size(mishaps) == mishap_kinds);
    std::copy(std::begin(mishaps), std::end(mishaps), made.mishaps);
    made.max_steps = chosen.max_steps;
    made.seed = chosen.seed;
    made.limit = limit;
    made.heap = reports;
    return made;
}

void note_report()
{
    ++reports;
}

chosen_schedule last_schedule(const ledger& book)
{
    return {{book.choice, book.choice + book.chosen},
            book.plan.spurious,
            book.plan.older_values,
            book.older_taken,
            std::vector<bool>(book.chose_older, book.chose_older + book.chosen),
            book.plan.unlock_points,
            book.steps,
            book.switches};
}

void prepare_replay(exploring_child& child, const options& chosen, const chosen_schedule& what,
                    bool recording, bool real_threads)
{
    search_plan again = plan_for(chosen, search_kind::replay, 1);
    again.spurious = what.spurious;
    again.older_values = what.older_values;
    again.unlock_points = what.unlock_points;
    again.record = recording;
    again.stop = is_set("WORKBOOK_STOP");
    again.real_threads = real_threads;
    child.begin(again);
    ledger& book = child.book();
    book.given = static_cast<int>(what.choices.size());
    std::copy(what.choices.begin(), what.choices.end(), book.replay);
}

ending replay(exploring_child& child, const options& chosen, const chosen_schedule& what,
              bool recording, bool real_threads)
{
    prepare_replay(child, chosen, what, recording, real_threads);
    return child.run();
}

} // namespace explorer
