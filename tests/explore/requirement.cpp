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

// Both for the header, whose words are those of the standard library.
int thread_number(uint64_t handle);
void remember(const char* was);
void require(bool holds, const char* was, const char* condition, const char* file, int line);

int thread_number(uint64_t handle)
{
    for (int i = 0; i < runtime::thread_count; ++i) {
        if (static_cast<uint64_t>(runtime::threads[i].handle) == handle) {
            return i;
        }
    }
    return -1;
}

// Of the condition that is being looked at. One for all: nobody else gets a turn meanwhile.
static char part[300];

void remember(const char* was)
{
    snprintf(part, sizeof part, "%s", was);
}

void require(bool holds, const char* was, const char* condition, const char* file, int line)
{
    if (holds) {
        part[0] = '\0';
        return;
    }
    if (was[0] == '\0') {
        was = part;
    }
    if (!exploring()) {
        fprintf(stderr, "%s:%d: EXPLORE_REQUIRE( %s ) does not hold\n", file, line, condition);
        abort();
    }
    runtime::fail_at(runtime::note(op::required), 0, "wrong result",
                     "T%d: EXPLORE_REQUIRE( %s ) does not hold%s%.300s (%s:%d)", runtime::self->id,
                     condition, was[0] != '\0' ? ": " : "", was, file, line);
}

} // namespace detail
} // namespace explorer
