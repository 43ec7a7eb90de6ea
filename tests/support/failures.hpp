// What work may throw. An answer that catches one kind of exception, or that copies what it caught
// into another, passes as long as a test throws that kind alone.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <new>
#include <stdexcept>

namespace support {

/// Knows the library's exceptions by their common base alone.
class failure_of_its_own : public std::exception {
public:
    const char* what() const noexcept override { return "a failure of its own kind"; }
};

/// No std::exception.
struct odd_failure {
    int code = 0;
};

/// How many kinds of std::exception there are for fail().
inline constexpr int std_failures = 4;
/// And with the kinds that are none.
inline constexpr int all_failures = 6;

/// Throws the `kind`th, from 0 to all_failures - 1.
[[noreturn]] inline void fail(int kind)
{
    switch (kind) {
    case 0:
        throw std::runtime_error{"no paper"};
    case 1:
        throw std::out_of_range{"no such page"}; // a std::logic_error
    case 2:
        throw std::bad_alloc{};
    case 3:
        throw failure_of_its_own{};
    case 4:
        throw 42;
    default:
        throw odd_failure{kind};
    }
}

} // namespace support
