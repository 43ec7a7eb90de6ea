// The tests' one Catch2 include: Catch2 2.13 (Debian 12) and Catch2 3 both. The tests keep to what
// the two have in common: REQUIRE, CHECK, REQUIRE_THROWS_AS, REQUIRE_THROWS_WITH, GENERATE and the
// matchers Equals, StartsWith and Message.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <system_error>
#include <type_traits>

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

// A failed assertion tells errors in words, and none as none: "system:0 == 90" says little.
namespace support {

template <class Error>
std::string error_in_words(const Error& error)
{
    return error ? error.message() + " (" + error.category().name() + ":" +
                       std::to_string(error.value()) + ")"
                 : "no error";
}

} // namespace support

template <>
struct Catch::StringMaker<std::error_code> {
    static std::string convert(const std::error_code& error)
    {
        return support::error_in_words(error);
    }
};

template <class Enum>
struct Catch::StringMaker<Enum, std::enable_if_t<std::is_error_code_enum_v<Enum>>> {
    static std::string convert(Enum error)
    {
        return support::error_in_words(std::error_code(error));
    }
};

template <class Enum>
struct Catch::StringMaker<Enum, std::enable_if_t<std::is_error_condition_enum_v<Enum>>> {
    static std::string convert(Enum error)
    {
        return support::error_in_words(std::error_condition(error));
    }
};
