// What a failing schedule tells, read from what its recorded replay left in the ledger: each step
// in words, with its place in the source; which steps matter; who waits for whom in the end.
// Whoever shows it to people (report.cpp) or to programs (story_json.cpp) begins here.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"
#include "explore/ledger.hpp"
#include "explore/report/cause.hpp"
#include "explore/report/names.hpp"
#include "explore/report/source_places.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace explorer {

std::string thread_name(int id);
/// The file of a test of the course, or what tests share: nobody is to change it.
bool is_of_a_test(const std::string& file);

class story {
public:
    /// Calls addr2line for the places in the source; problem() says so when that is missing.
    story(const ledger& book, const result& outcome);

    const ledger& book() const { return book_; }
    const result& outcome() const { return outcome_; }
    const names& objects() const { return names_; }
    const std::string& problem() const { return source_.problem(); }

    /// Of an event, by its number in the ledger: where it was done, and what, in few words.
    place place_of(int number) const;
    std::string description(int number) const;
    /// All its lines of ours, from the innermost.
    std::vector<place> way_to(int number) const;
    /// The line that called the given helper which did it; unknown where none did.
    place caller_of(int number) const;
    /// The lines of the answer's that called the functions in which it was done, from the
    /// innermost: of a given helper or of the answer's own. They end where the library or a test
    /// called; what a test does itself has none.
    std::vector<place> calls_of(int number) const;
    /// "channel.cpp:31, called at process_pool.cpp:176"; the second half only where it is known,
    /// and with at most so many lines.
    std::string where_called(int number, std::size_t most = 1) const;

    /// The events that tell something, in their order: without memory that one thread set up and
    /// others only read.
    const std::vector<int>& steps() const { return steps_; }

    /// What a thread that has not ended waits for.
    std::string wait_text(const standing& one) const;

    /// "T0 wrote 1, T1 read 0", for each of the variables that the threads share.
    std::map<std::string, std::string> last_values() const;

    const cause& why() const { return why_; }
    /// Whether the event is the failure, or one of those that show its cause.
    bool is_decisive(int number) const;

    /// The value of an event, if people can make something of it: a pointer differs from run to
    /// run. A thread's id is its name.
    bool has_telling_value(const event& one) const;
    std::string value_of(const event& one) const;
    std::string old_value_of(const event& one) const;
    std::string newest_of(const event& one) const; // of one that took an older value
    /// Whether the value is a thread's id.
    bool is_thread(const event& one) const;

private:
    std::vector<place> all_places() const;
    place first_outside_helpers(const event& one) const;
    void find_contended();
    bool is_worth_a_step(int number, bool started) const;
    void collect_steps();
    void find_ids();
    int thread_with(std::uint64_t handle) const; // -1: none
    std::string value_text(const event& one, std::uint64_t value) const;
    std::string older_text(const event& one) const;

    const ledger& book_;
    const result& outcome_;
    const source_places source_;
    const std::vector<place> places_; // [i]: of event i
    const names names_;
    std::set<std::uint64_t> contended_; // memory that one thread changes and others use
    std::vector<int> steps_;
    std::set<std::uint64_t> ids_;   // memory that holds threads' ids
    bool has_older_values_ = false; // among them what an atomic gave
    cause why_;
};

const char* order_name(int memory_order); // as an event has it

} // namespace explorer
