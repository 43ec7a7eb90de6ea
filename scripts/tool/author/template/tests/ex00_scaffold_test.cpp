// PLACEHOLDER: what ex00 promises, and how the tests look at it without waiting for luck.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "support/catch.hpp"

#include "scaffold.hpp"

#include <stdexcept>

// PLACEHOLDER: a case, with a sentence for its name, for each line of the contract.

TEST_CASE("fewer than one thread is refused", "[ex00][step1]")
{
    REQUIRE_THROWS_AS(sum_of_ones(0, 5), std::invalid_argument);
    REQUIRE_THROWS_AS(sum_of_ones(-3, 5), std::invalid_argument);
}

TEST_CASE("nothing that a thread adds is lost under any schedule", "[ex00][step1][explore]")
{
    explore([] { EXPLORE_REQUIRE(sum_of_ones(2, 2) == 4); });
}
