// Names for the objects of a schedule: a global's from the symbol table, any other from the source
// text of the lines that use it. Where neither tells, "mutex A" and so on.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/ledger.hpp"
#include "explore/source_places.hpp"

#include <map>
#include <set>
#include <string>

namespace explorer {

class names {
public:
    names(const ledger& book, const source_places& places);

    /// The object or the memory that the event is about; empty when it is about none.
    std::string of(const event& one) const;
    std::string of(sort is, int object) const;

private:
    void suggest(const event& one, const place& where);

    std::map<std::uint64_t, std::string> by_address_;
    std::map<int, std::uint64_t> address_of_object_;
};

/// The expression in a line of source that the operation is applied to: "mutex_" in
/// "std::lock_guard lock{mutex_};". Empty when the line does not tell.
std::string operand_in(const std::string& text, const event& one);

} // namespace explorer
