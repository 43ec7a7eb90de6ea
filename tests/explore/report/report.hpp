// The report on a failing schedule, for people.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"
#include "explore/ledger.hpp"

#include <string>

namespace explorer {

/// Writes the report from what a recorded replay left in the ledger. Calls addr2line for the places
/// in the source; says so when it is missing. `planned`: how many schedules there were to be.
std::string write_report(const ledger& book, const result& outcome, long planned);

} // namespace explorer
