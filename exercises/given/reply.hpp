// The servers' reply, `<N, took T ms>` and a newline, taken apart again. No threads.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace given {

struct reply {
    int number = 0;          // the client's number, as the server counted
    double milliseconds = 0; // how long the work took, one decimal
};

/// Reads exactly "<N, took T ms>\n" with T to one decimal; nothing for any other text.
std::optional<reply> parse_reply(std::string_view text);

} // namespace given
