// Names for the objects of a schedule: a global's from the symbol table, any other from the source
// text of the lines that use it. Where neither tells, "mutex A" and so on.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/ledger.hpp"
#include "explore/report/source_places.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace explorer {

/// True for operations that read or write memory, atomic or not.
bool is_memory(op what);

/// True when the access was made by library code on behalf of a line of ours: not the line's own
/// read or write of a variable, nor its own operation on an std::atomic.
bool is_inside_library(const event& one, const place& where);

class names {
public:
    /// places[i] is the place of book.log[i].
    names(const ledger& book, const std::vector<place>& places);

    /// The object or the memory that the event is about; empty when it is about none.
    std::string of(const event& one) const;
    std::string of(sort is, int object) const;

private:
    void choose(std::uint64_t address, const std::map<std::string, int>& those);
    static void
    leave_out_each_threads_own(const ledger& book, const std::vector<place>& places,
                               std::map<std::uint64_t, std::map<std::string, int>>& all);
    void number_elements(const ledger& book, const std::vector<place>& places);
    std::map<std::uint64_t, std::uint64_t>
    mutexes_in_conditions(const ledger& book, const std::vector<place>& places) const;
    void tell_apart(const ledger& book, const std::map<std::uint64_t, std::uint64_t>& inner);

    std::map<std::uint64_t, std::string> by_address_;
    std::map<int, std::uint64_t> address_of_object_;
};

} // namespace explorer
