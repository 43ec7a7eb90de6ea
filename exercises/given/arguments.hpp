// Command lines of the exercises' programs: plain arguments, --help, one clear line for a bad one.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace given {

/// A command line that cannot be used; what() names the argument, its value and what would do.
class usage_error : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// The decimal number in `text`. Throws usage_error, such as "workers: '0' is not a whole number
/// from 1 to 1000", when it is no number or lies outside least..most.
int whole_number(std::string_view text, std::string_view name, int least, int most);

/// Runs a program's `body` on its arguments (the program's name left out) and returns the exit
/// status for main: what body returns; 0 after --help, which prints `usage`; 2 for a usage_error;
/// 3 for a TODO that was reached; 1 for any other exception. Errors take one line on stderr.
int run_program(int argc, char** argv, const char* usage,
                const std::function<int(std::vector<std::string>)>& body);

} // namespace given
