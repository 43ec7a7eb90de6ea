// EXPLORE_REQUIRE, from whichever thread.
//
// SPDX-License-Identifier: MIT
#include "explore/runtime.hpp"

#include <stdio.h>
#include <stdlib.h>

namespace explorer {

bool exploring()
{
    return runtime::self != nullptr;
}

namespace detail {

void require(bool holds, const char* condition, const char* file, int line)
{
    if (holds) {
        return;
    }
    if (!exploring()) {
        fprintf(stderr, "%s:%d: EXPLORE_REQUIRE( %s ) does not hold\n", file, line, condition);
        abort();
    }
    runtime::fail_at(runtime::note(op::required), 0, "wrong result",
                     "T%d: EXPLORE_REQUIRE( %s ) does not hold (%s:%d)", runtime::self->id,
                     condition, file, line);
}

} // namespace detail
} // namespace explorer
