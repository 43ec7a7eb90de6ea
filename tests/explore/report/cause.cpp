// SPDX-License-Identifier: MIT
#include "explore/report/cause.hpp"

#include "explore/report/kinds.hpp"
#include "explore/report/story.hpp"

#include <algorithm>
#include <iterator>

namespace explorer {

cause cause_of(const story& told)
{
    static constexpr struct {
        const char* kind;
        cause (*why)(const history& all);
    } kinds[] = {
        {"data race", cause_of_race},
        {"deadlock", cause_of_deadlock},
        {"wrong result", cause_of_wrong_result},
        {"use after free", cause_of_use_after_end},
        {"std::terminate", cause_of_terminate},
        {"livelock", cause_of_livelock},
        {"leak", cause_of_leak},
    };
    const auto* const known =
        std::find_if(std::begin(kinds), std::end(kinds),
                     [&](const auto& one) { return told.outcome().kind == one.kind; });
    const history all(told);
    cause found = cause_of_older_value(all);
    if (found.sentence.empty() && known != std::end(kinds)) {
        found = known->why(all);
    }
    std::erase(found.steps, 0);
    std::sort(found.steps.begin(), found.steps.end());
    return found;
}

} // namespace explorer
