// Command lines of the exercises' programs. What a program takes is declared in its usage text and
// nowhere else: the program is checked by it here, and scripts/workbook reads it before it builds.
//
//     usage: ex06_racy_server [WORK_MS]                  three clients at once
//            ex06_racy_server --serve [PORT] [WORK_MS]   serve until Ctrl+C
//     PORT: 0 to 65535, 5000 if not given
//     WORK_MS: 0 to 10000, 17 if not given; milliseconds of work for each client
//
// A form ends at two spaces. A name in capitals stands for a number, of which a line of its own
// says the least, the most and the default; any other word for itself. [...] may be left out,
// [NAME...] also be repeated; options in brackets, [--gil], may come in any order.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace given {

/// Arguments that do not fit; what() names the one and what would do.
class usage_error : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// What was typed behind the program's name, and fits its usage.
class arguments {
public:
    /// Throws usage_error, such as "WORKERS: '0' is not a whole number from 1 to 1000", when
    /// `typed` does not fit.
    arguments(std::string_view usage, const std::vector<std::string>& typed);

    /// Whether this word (--serve), or a number for this name (PORT), was given.
    bool has(std::string_view word) const;

    /// The number that was given for this name, or its default.
    int number(std::string_view name) const { return numbers(name).at(0); }

    /// All that were given for it, or its defaults. Throws std::out_of_range for a name that the
    /// usage does not declare.
    const std::vector<int>& numbers(std::string_view name) const
    {
        return numbers_.at(std::string(name));
    }

private:
    friend class command_line;

    std::vector<std::string> given_;
    std::map<std::string, std::vector<int>> numbers_;
};

/// Runs a program's `body` on its arguments and returns the exit status for main: what body
/// returns; 0 after --help, which prints `usage`; 2 for arguments that do not fit; 3 for a TODO
/// that was reached; 1 for any other exception. Errors take one line on stderr.
int run_program(int argc, char** argv, const char* usage,
                const std::function<int(const arguments&)>& body);

} // namespace given
