// Waits for a notification or for a change of an atomic, with what came before and after them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/report/kinds.hpp"

namespace explorer {

/// Why the last wait that came to nothing did; `ended`: of those alone that came to an end.
cause wait_in_vain(const history& all, bool ended = false);

/// Of the last wait after which a thread went on without looking.
cause not_looked_again(const history& all);

/// By which somebody asks this thread to stop, in [from, to): it changes what the thread looks at
/// to learn of that. 0: nobody does.
int stop_request(const history& all, int thread, int from, int to);

/// Whether that look and that change are about a stop that is asked for.
bool asks_to_stop(const history& all, int look, int changed);

/// Of a notification that came between a thread's look and its wait.
std::string advice_on_lost(const history& all, bool stop, int changed, int notified);

} // namespace explorer
