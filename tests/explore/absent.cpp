// The explorer's interface in builds that cannot have it: those with a real sanitizer, whose hooks
// it would need. Test binaries link; whoever explores nevertheless fails.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "explore/processes.hpp"
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

pid_t start_process(int (*)(process_body, int), process_body, int)
{
    return -1;
}

int own_channel()
{
    return -1;
}

bool kill_process(pid_t, int)
{
    return false;
}

process_end wait_for_process(pid_t)
{
    return {};
}

int processes_left()
{
    return 0;
}

int detail::thread_number(std::uint64_t)
{
    return -1;
}

void detail::remember(const char*) {}

void goes_on_as(const char*) {}

void detail::require(bool holds, const char*, const char* condition, const char* file, int line)
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

explorer::result explore_for(const char*, std::function<void()> body, explorer::options chosen)
{
    explorer::result none = explorer::search(std::move(body), chosen);
    FAIL(none.report);
    return none;
}
