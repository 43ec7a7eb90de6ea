// Two accesses that nothing puts in order, where neither thread holds a lock.
//
// SPDX-License-Identifier: MIT
#include "explore/report/kinds.hpp"
#include "explore/report/votes.hpp"

namespace explorer {
namespace {

// What the thread does first with the variable since it last started another one: whoever reads
// it first wants what somebody else has left there.
bool begins_with_a_read(const history& all, int number)
{
    const event& here = all.at(number);
    const int start = all.last(1, number, [&](const event& one) {
        return one.thread == here.thread && one.what == op::start;
    });
    return all.reads(all.at(all.first(start + 1, number + 1, [&](const event& one) {
        return one.thread == here.thread && one.shown && is_memory(one.what) &&
               one.address == here.address;
    })));
}

// Where a file cannot be changed by whoever reads the report, no advice is for it.
bool is_given(const std::string& file)
{
    return file.starts_with("exercises/given/") || is_of_a_test(file);
}

// What would mend it, of a variable that could be an atomic.
std::string advice_on_a_word(const history& all, int first, int second)
{
    const std::string both = "Guard both accesses with one mutex, ";
    // Updates are to be lost: whoever makes it one step, or locks around both, mends too much.
    if (all.told().outcome().wanted == "wrong result") {
        return "Declare the variable as an atomic, and change nothing else: that ends the data "
               "race. That a change gets lost is wanted here.";
    }
    if (!begins_with_a_read(all, first) && !begins_with_a_read(all, second)) {
        return both + "make the variable atomic, or give each thread one of its own.";
    }
    const int writer = all.writes(all.at(second)) ? second : first;
    return both + "or make the variable atomic" +
           (begins_with_a_read(all, writer) ? " and change it in one step." : ".");
}

} // namespace

cause cause_of_packed_flags(const history& all, int first, int second, const std::string& what)
{
    if (!all.in_header(first, "stl_bvector.h") || !all.in_header(second, "stl_bvector.h")) {
        return {};
    }
    return {what + " is a std::vector<bool>, which packs the flags of many neighbors into " +
                "one word: " + all.thread(first) + " (" + all.where(first) + ") and " +
                all.thread(second) + " (" + all.where(second) +
                ") use the same word, even where each has flags of its own.",
            "Use a std::vector<char>, whose elements lie apart, or a container for each thread; "
            "where both use the same flag, or change the size, lock a mutex.",
            {first, second}};
}

cause cause_of_no_guard(const history& all, int first, int second, const std::string& what)
{
    const bool given = is_given(all.file(first)) && is_given(all.file(second));
    const bool one_word =
        !all.in_library(first) && !all.in_library(second) && all.at(first).size <= 8;
    return {"Neither " + all.thread(first) + " nor " + all.thread(second) +
                " holds a lock when it uses " + what +
                ", and nothing makes one wait for the other.",
            given      ? ""
            : one_word ? advice_on_a_word(all, first, second)
                       : "Guard both accesses with one mutex, or give each thread an object of "
                         "its own.",
            {first, second}};
}

} // namespace explorer
