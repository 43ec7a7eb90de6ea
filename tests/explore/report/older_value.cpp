// SPDX-License-Identifier: MIT
#include "explore/report/kinds.hpp"

namespace explorer {

cause cause_of_older_value(const history& all)
{
    const int older = all.last(1, all.end(), [](const event& one) { return one.older; });
    if (older == 0) {
        return {};
    }
    const event& one = all.at(older);
    const int newer = all.last(1, older, [&](const event& other) {
        return all.writes(other) && !other.older && other.address == one.address &&
               other.value == one.newest;
    });
    const bool reads = all.reads(one);
    const std::string name = all.name(older);
    const bool tells = all.told().has_telling_value(one);
    std::string text = all.thread(older) + (reads ? " reads " : " writes ") +
                       (name.empty() ? "an atomic" : name) +
                       (tells ? " = " + all.told().value_of(one) : "") + " (" + all.where(older) +
                       ")" + (reads ? ", an older value" : ", behind the newest value") +
                       (tells ? " (newest " + all.told().newest_of(one) + ")" : "") + ": " +
                       order_name(one.memory_order) + " allows it.";
    if (reads && one.source != 0) {
        text +=
            " It is what " + all.thread(one.source) + " stored (" + all.where(one.source) + ").";
    }
    if (newer != 0) {
        text += " " + all.thread(newer) + " had stored the newest (" + all.where(newer) +
                "), and nothing orders that before.";
    }
    return {
        text,
        "Leave the memory orders out (std::memory_order_seq_cst is the default), or put a fence "
        "of that order between a thread's store and its load. If it is only what was written "
        "before a flag that must be seen: set the flag with std::memory_order_release, and read "
        "it with std::memory_order_acquire.",
        {newer, one.source, older, all.told().book().before, all.told().book().at}};
}

} // namespace explorer
