// The lines through which a thread came to where a trace was taken.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/report/page.hpp"
#include "explore/report/source_places.hpp"
#include "support/watch_page.hpp"

#include <set>
#include <string>
#include <vector>

namespace support {

std::set<void*> addresses_in(const std::vector<const trace*>& traces);

/// Neither a test's nor given code.
bool is_of_the_answer(const explorer::place& where);

/// Whether its innermost line is.
bool leads_to_the_answer(const std::vector<explorer::place>& way);

/// All lines of ours, from the innermost.
std::vector<explorer::place> whole_way(const explorer::source_places& source, const trace& one);

/// Whether the same lines come again and again on that way: one calls itself.
bool goes_round(const explorer::source_places& source, const trace& one);

/// Those of the answer; if there are none, all.
std::vector<explorer::place> way_of(const explorer::source_places& source, const trace& one);

/// "pool.cpp:12   worker.join();", with the file's folder.
std::string shown(const explorer::place& where);

/// The first few, one a line.
void write_way(explorer::page& out, const std::vector<explorer::place>& way);

} // namespace support
