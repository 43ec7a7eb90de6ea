// The explorer as a step of a Catch2 test case.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <utility>

void explore(std::function<void()> body, const explorer::options& chosen)
{
    const explorer::result result = explorer::search(std::move(body), chosen);
    if (result.failed || result.out_of_time || result.unproved) {
        FAIL(result.report);
    }
    std::puts(result.report.c_str()); // the checker's --show shows it
    REQUIRE_FALSE(result.failed);     // an expectation as others are
}

explorer::result explore_for(const char* kind, std::function<void()> body, explorer::options chosen)
{
    chosen.wanted = kind;
    explorer::result result = explorer::search(std::move(body), chosen);
    const bool otherwise = result.failed && result.kind != kind;
    if (otherwise || result.out_of_time || result.unproved) {
        FAIL(result.report);
    }
    std::puts(result.report.c_str()); // the checker's --show shows it
    return result;
}
