// A regular expression that finds names in a line of source text.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include <regex.h>

namespace explorer {

// Of the C library: std::regex takes seconds to compile.
class pattern {
public:
    // The group is that of the name.
    explicit pattern(const char* text, int group = 1) : group_(group)
    {
        regcomp(&compiled_, text, REG_EXTENDED);
    }
    pattern(const pattern&) = delete;
    pattern& operator=(const pattern&) = delete;

    struct found {
        std::size_t begin;  // of the match
        std::string before; // between the last match and this one
        std::string match;
        std::string name;
        std::size_t name_end;
    };

    // Calls action(found) for each place in the text that matches.
    template <class Action>
    void for_each(const std::string& text, const Action& action) const
    {
        regmatch_t groups[8];
        for (std::size_t at = 0; at <= text.size();) {
            const int flags = at == 0 ? 0 : REG_NOTBOL;
            if (regexec(&compiled_, text.c_str() + at, std::size(groups), groups, flags) != 0) {
                return;
            }
            const auto part = [&](const regmatch_t& one) {
                return text.substr(at + static_cast<std::size_t>(one.rm_so),
                                   static_cast<std::size_t>(one.rm_eo - one.rm_so));
            };
            const regmatch_t& name = groups[group_];
            const auto begin = at + static_cast<std::size_t>(groups[0].rm_so);
            action(found{begin, text.substr(at, begin - at), part(groups[0]), part(name),
                         at + static_cast<std::size_t>(name.rm_eo)});
            at += std::max<std::size_t>(1, static_cast<std::size_t>(groups[0].rm_eo));
        }
    }

private:
    regex_t compiled_{};
    int group_;
};

} // namespace explorer
