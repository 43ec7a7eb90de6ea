// The explorer's interface in builds that cannot have it: those with a real sanitizer, whose hooks
// it would need. Test binaries link; whoever explores nevertheless fails.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <cstdlib>

namespace explorer {

bool in_this_process = false;

result search(std::function<void()>, const options&)
{
    result none;
    none.failed = true;
    none.kind = "misuse";
    none.report = "explorer not in this build";
    return none;
}

bool exploring()
{
    return false;
}

void detail::require(bool holds, const char* condition, const char* file, int line)
{
    if (!holds) {
        std::fprintf(stderr, "%s:%d: EXPLORE_REQUIRE( %s ) does not hold\n", file, line, condition);
        std::abort();
    }
}

} // namespace explorer

void explore(std::function<void()> body, const explorer::options& chosen)
{
    FAIL(explorer::search(std::move(body), chosen).report);
}
