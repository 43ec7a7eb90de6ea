// What the text of a line says of the names of the objects that it uses.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/ledger.hpp"
#include "explore/report/source_places.hpp"

#include <map>
#include <string>

namespace explorer {

using votes = std::map<std::string, int>; // name -> how strongly lines speak for it

/// Adds what the line speaks for, of which the event is a part.
void vote(votes& out, const event& one, const place& where);

} // namespace explorer
