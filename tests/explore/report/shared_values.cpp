// The memory that threads share: which it is, and what each did with it last.
//
// SPDX-License-Identifier: MIT
#include "explore/report/story.hpp"

#include <map>
#include <string>
#include <vector>

namespace explorer {

void story::find_contended()
{
    std::map<std::uint64_t, std::uint32_t> seen; // word -> threads
    std::map<std::uint64_t, int> written;        // word -> by which event, last
    std::vector<int> started(most_threads, 0); // after a sudden end nobody knows how many there are
    for (int i = 1; i < book_.events; ++i) {
        const event& one = book_.log[i];
        if (one.what == op::start && one.other >= 0 && one.other < most_threads) {
            started[static_cast<std::size_t>(one.other)] = i;
        }
        if (!one.shown || !is_memory(one.what)) {
            continue;
        }
        // A flag: set by one while the other, which looks at it afterwards, was there already.
        const auto set = written.find(one.address);
        if (set != written.end() && book_.log[set->second].thread != one.thread &&
            set->second > started[static_cast<std::size_t>(one.thread)] && one.thread != 0) {
            contended_.insert(one.address);
        }
        std::uint32_t& by = seen[one.address];
        const bool writes = one.what == op::write || one.what == op::store ||
                            (one.what == op::exchange && one.old != one.value);
        if (writes && (by & ~(1u << one.thread)) != 0) {
            contended_.insert(one.address);
        }
        if (writes) {
            written[one.address] = i;
        }
        by |= 1u << one.thread;
    }
    for (const int number : {book_.before, book_.at}) {
        if (number > 0) {
            contended_.insert(book_.log[number].address);
        }
    }
}

std::map<std::string, std::string> story::last_values() const
{
    std::map<std::string, std::map<std::string, std::string>> last; // variable -> who did -> value
    std::map<std::string, std::vector<std::string>> order;
    for (int i = 1; i < book_.events; ++i) {
        const event& one = book_.log[i];
        const std::string name = names_.of(one);
        if (!one.shown || !is_memory(one.what) || !contended_.contains(one.address) ||
            !has_telling_value(one) || is_inside_library(one, place_of(i)) || name.empty() ||
            (outcome_.kind == "data race" && one.address != book_.log[book_.at].address)) {
            continue;
        }
        const bool changes = one.has_old && one.old != one.value;
        const bool reads =
            one.what == op::read || one.what == op::load || (one.has_old && !changes);
        const std::string who = thread_name(one.thread) + (reads ? " read " : " wrote ");
        if (last[name].count(who) == 0) {
            order[name].push_back(who);
        }
        last[name][who] = value_of(one);
    }
    std::map<std::string, std::string> said;
    for (const auto& [name, deeds] : order) {
        std::string& text = said[name];
        for (const std::string& who : deeds) {
            text += (text.empty() ? "" : ", ") + who + last[name][who];
        }
    }
    return said;
}

} // namespace explorer
