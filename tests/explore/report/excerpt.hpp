// Which steps of a failing schedule a report shows: those from the first one of the story to the
// last one that decides it, and of many those that have to do with it.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/report/story.hpp"

#include <set>
#include <string>
#include <vector>

namespace explorer {

struct row {
    int thread = 0;
    std::string actor; // whose turn it was in the thread; empty: its own
    std::string what;
    place where;
    std::vector<int> events; // usually one: a step that comes several times in a row is shown once
    bool decides = false;
    bool fails = false;  // the step at which the schedule failed
    bool mishap = false; // something went wrong by itself
    int left_out = 0;    // no step, but stands for so many

    bool operator==(const row& other) const
    {
        return thread == other.thread && actor == other.actor && what == other.what &&
               where.file == other.where.file && where.line == other.where.line;
    }
};

class excerpt {
public:
    /// All steps: the whole schedule.
    explicit excerpt(const story& told);

    /// Leaves out what tells least, until it has no more than `most` rows; those that decide stay.
    void shorten(int most);

    const std::vector<row>& rows() const { return rows_; }
    int before() const { return before_; }   // steps left out before the first one shown
    int between() const { return between_; } // in between
    int after() const { return after_; }
    int folded() const { return folded_; } // rounds of loops that are like the one shown

private:
    void fold_loops();
    void mark_decisive();
    void find_focus();
    int weight(const row& one) const;
    int first_of_story() const;
    int last_of_story() const;
    int last_of_cause() const; // -1: none
    bool is_same_deed(const row& last, const row& fresh) const;
    bool is_start_of_involved(const event& one) const;
    void keep(const std::vector<bool>& kept);

    const story& told_;
    std::vector<row> rows_;
    std::set<std::uint64_t> focus_; // addresses of what it is about
    std::set<int> involved_;        // threads
    int before_ = 0;
    int between_ = 0;
    int after_ = 0;
    int folded_ = 0;
};

} // namespace explorer
