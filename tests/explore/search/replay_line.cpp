// SPDX-License-Identifier: MIT
#include "explore/search/replay_line.hpp"

#include "explore/ledger.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>

namespace explorer {

std::string format_replay(int search, const chosen_schedule& one)
{
    auto last = one.choices.end();
    while (last != one.choices.begin() && *(last - 1) == 0) {
        --last; // what follows the given choices is always choice 0
    }
    std::string text = std::to_string(search) + ":" + std::to_string(one.spurious) +
                       (one.unlock_points ? "u" : "") +
                       (one.older_values > 0 ? "o" + std::to_string(one.older_values) : "") + ":";
    for (auto at = one.choices.begin(); at != last;) {
        auto next = std::find_if(at, last, [&](auto choice) { return choice != *at; });
        if (at != one.choices.begin()) {
            text += '.';
        }
        text += std::to_string(*at);
        if (next - at > 1) {
            text += "x" + std::to_string(next - at);
        }
        at = next;
    }
    return text;
}

replay_line parse_replay(const std::string& text)
{
    const std::invalid_argument bad("WORKBOOK_REPLAY: '" + text +
                                    "' is not a replay line such as 1:0:0x3.1");
    const char* at = text.c_str();
    const auto number = [&](long most) {
        char* end = nullptr;
        if (*at < '0' || *at > '9') {
            throw bad;
        }
        const long value = std::strtol(at, &end, 10);
        if (value > most) {
            throw bad;
        }
        at = end;
        return value;
    };
    const auto expect = [&](char wanted) {
        if (*at++ != wanted) {
            throw bad;
        }
    };
    replay_line asked;
    asked.search = static_cast<int>(number(1'000'000));
    expect(':');
    asked.what.spurious = static_cast<int>(number(1000));
    asked.what.unlock_points = *at == 'u';
    at += asked.what.unlock_points;
    if (*at == 'o') {
        ++at;
        asked.what.older_values = static_cast<int>(number(1000));
    }
    expect(':');
    while (*at != '\0') {
        const long choice = number(2 * most_threads);
        long times = 1;
        if (*at == 'x') {
            ++at;
            times = number(most_choices);
        }
        if (asked.what.choices.size() + static_cast<std::size_t>(times) > most_choices) {
            throw bad;
        }
        asked.what.choices.insert(asked.what.choices.end(), static_cast<std::size_t>(times),
                                  static_cast<std::uint8_t>(choice));
        if (*at == '.') {
            ++at;
        } else if (*at != '\0') {
            throw bad;
        }
    }
    return asked;
}

} // namespace explorer
