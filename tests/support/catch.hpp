// The tests' one Catch2 include: Catch2 2.13 (Debian 12) and Catch2 3 both. The tests keep to what
// the two have in common: REQUIRE, CHECK, REQUIRE_THROWS_AS, REQUIRE_THROWS_WITH, GENERATE and the
// matchers Equals, StartsWith and Message.
//
// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#else
#include <catch2/catch.hpp>
#endif
