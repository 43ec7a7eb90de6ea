// The explorer's memory model held to the axioms, see oracle.cpp.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace litmus {

/// The tests of the literature: the oracle gives the known verdicts, and the schedules show exactly
/// the outcomes that it allows. `name`: that test alone, with all of its outcomes; empty: all.
/// Returns how many went wrong.
int check_standard_tests(const std::string& name);

/// Random programs, from `first` on: their schedules show only outcomes that the oracle allows.
int check_random_programs(long programs, long first, bool talkative);

} // namespace litmus
