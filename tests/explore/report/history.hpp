// Questions about the steps of a failing schedule, for those who look for its cause.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/report/story.hpp"

#include <set>
#include <string>
#include <vector>

namespace explorer {

class history {
public:
    explicit history(const story& told);

    const story& told() const { return told_; }
    const event& at(int number) const { return told_.book().log[number]; }
    int end() const { return told_.book().events; }
    int number_of(const event& one) const { return static_cast<int>(&one - told_.book().log); }

    /// The last event in [from, to) of which it holds, or the first one; 0: there is none.
    template <class Question>
    int last(int from, int to, const Question& holds) const
    {
        for (int i = to - 1; i >= from && i > 0; --i) {
            if (holds(at(i))) {
                return i;
            }
        }
        return 0;
    }
    template <class Question>
    int first(int from, int to, const Question& holds) const
    {
        for (int i = from > 0 ? from : 1; i < to; ++i) {
            if (holds(at(i))) {
                return i;
            }
        }
        return 0;
    }

    /// The mutexes, by their numbers, that its thread holds when it does this; without those that
    /// the library keeps for itself.
    const std::set<int>& held(int number) const { return held_[static_cast<std::size_t>(number)]; }

    /// The event by which its thread took the mutex that it holds there; 0: unknown.
    int taken(int number, int mutex) const;
    /// The last one before that event by which the thread took the mutex, or has it.
    int taken_by(int thread, int mutex, int before) const;
    std::string mutex_name(int mutex) const;

    bool reads(const event& one) const;
    bool writes(const event& one) const;

    std::string name(int number) const;        // of what the event is about
    std::string where(int number) const;       // "queue.cpp:12"
    const std::string& file(int number) const; // with its folder
    std::string thread(int number) const;      // "T1"
    const std::string& text(int number) const; // of its line
    bool same_line(int one, int other) const;
    bool in_tests(int number) const; // done by a line of a test's
    bool in_library(int number) const;
    /// Whether the line went through that header of the library's, such as "future".
    bool in_header(int number, const char* header) const;

    /// What would mend that something is destroyed there too early.
    std::string advice_on_end(int number) const;

private:
    void find_held();

    const story& told_;
    std::vector<std::set<int>> held_; // [i]: at event i
    std::vector<place> places_;
};

} // namespace explorer
