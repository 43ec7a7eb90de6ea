// What the text of a line says of the names of the objects that it uses.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/ledger.hpp"
#include "explore/report/source_places.hpp"

#include <map>
#include <set>
#include <string>

namespace explorer {

using votes = std::map<std::string, int>; // name -> how strongly lines speak for it

/// Adds what the line speaks for, of which the event is a part.
void vote(votes& out, const event& one, const place& where);

/// Whether it is a variable of the thread's own functions.
inline bool is_on_own_stack(const event& one)
{
    return one.stack_owner == one.thread + 1;
}

/// The names that the text declares.
std::set<std::string> declared_in(const std::string& text);
/// The names that the text assigns to and mentions nowhere else: it does not read those.
std::set<std::string> only_assigned_in(const std::string& text);

} // namespace explorer
