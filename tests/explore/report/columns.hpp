// The table of a failing schedule: a column for each thread, and for each greenlet or coroutine in
// it; beside them the place in the source, and its code.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/report/excerpt.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace explorer {

class columns {
public:
    /// For a page of that width.
    columns(const std::vector<row>& rows, std::size_t page);

    const std::string& head() const { return head_; }
    std::string text_of(const row& one) const;

private:
    // Who does something: a thread, or a greenlet or coroutine in it.
    using actor = std::pair<int, std::string>;
    using widths = std::vector<std::size_t>;

    static std::string name_of(const actor& one);
    static std::size_t needed_by(const row& one);
    std::size_t column_of(const row& one) const;
    void find_actors(const std::vector<row>& rows);
    widths as_wide_as_needed(const std::vector<row>& rows) const;
    widths no_wider_than(std::size_t most, widths all) const;
    widths names_alone() const;
    std::size_t widest_of(const std::vector<row>& rows, const widths& begins) const;
    void use(const widths& chosen, std::size_t all, std::size_t operation = 0);

    std::vector<actor> actors_;
    widths width_;
    std::size_t operation_ = 0; // width of the operations' own column; 0: there is none
    std::size_t all_ = 0;       // of all columns
    std::size_t place_ = 0;
    std::string head_;
};

} // namespace explorer
