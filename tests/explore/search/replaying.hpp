// Plans for the exploring child, and running one schedule again.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"
#include "explore/search/child.hpp"
#include "explore/search/replay_line.hpp"

namespace explorer {

/// At most so many schedules, as the options say.
search_plan plan_for(const options& chosen, search_kind kind, long limit);

/// A report was written: by now copies of addresses in the schedule's heap may lie anywhere in this
/// process. From the next plan on that heap lies elsewhere, so that nothing seems to lead there.
void note_report();

chosen_schedule last_schedule(const ledger& book);

/// Makes the ledger ready for running that schedule again.
void prepare_replay(exploring_child& child, const options& chosen, const chosen_schedule& what,
                    bool recording, bool real_threads);
ending replay(exploring_child& child, const options& chosen, const chosen_schedule& what,
              bool recording, bool real_threads);

/// A shorter schedule that fails in the same way, or the one given.
chosen_schedule shortest(exploring_child& child, const options& chosen,
                         const chosen_schedule& found);

} // namespace explorer
