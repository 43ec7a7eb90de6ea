// Why a schedule failed, by kind: what the steps show of it, in a sentence, and what would mend
// that kind. Where the steps show none, there is none: a wrong advice is worse than no advice.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace explorer {

class story;

struct cause {
    std::string sentence;   // empty: not known
    std::string advice;     // empty: none that would mend it
    std::vector<int> steps; // the events that show it
    int gap = 0;            // after this event: has looked, and does not wait yet; 0: there is none
};

cause cause_of(const story& told);

} // namespace explorer
