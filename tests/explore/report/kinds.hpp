// The kinds of causes, each looked for in a file of its own. Every function gives an empty cause
// when the steps show none of its kind.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/report/cause.hpp"
#include "explore/report/history.hpp"

#include <string>

namespace explorer {

cause cause_of_race(const history& all);
cause cause_of_deadlock(const history& all);
cause cause_of_wrong_result(const history& all);
cause cause_of_use_after_end(const history& all);
cause cause_of_terminate(const history& all);
cause cause_of_livelock(const history& all);
cause cause_of_leak(const history& all);

/// An atomic that gave an older value than its newest, whatever came of it. Empty if none did.
/// Otherwise it was needed: the shortest schedule would have none.
cause cause_of_older_value(const history& all);

/// Of two accesses in a race, where neither thread holds a lock; `what` is the memory's name. Flags
/// that are packed into one word, and anything else.
cause cause_of_packed_flags(const history& all, int first, int second, const std::string& what);
cause cause_of_no_guard(const history& all, int first, int second, const std::string& what);

inline bool has(const std::string& text, const char* part)
{
    return text.find(part) != std::string::npos;
}

/// Whether it is that call to the system: "send", "close(5)".
inline bool is_call(const event& one, const char* call)
{
    return one.what == op::io && std::string(one.text).starts_with(call);
}

inline std::string part_of(const std::string& name, const char* otherwise)
{
    return name.empty() ? otherwise : name;
}

// What compares steps with steps takes too long of a very long schedule, and what one understands
// of it is little.
constexpr int most_steps_compared = 2500;

} // namespace explorer
