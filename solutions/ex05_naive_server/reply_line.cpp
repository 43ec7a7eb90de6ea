// The reply, in the lecture's words. std::chrono does the conversion, fmt the rounding.
//
// SPDX-License-Identifier: MIT
#include "reply_line.hpp"

#include <fmt/format.h>

std::string reply_line(int number, std::chrono::nanoseconds took)
{
    const std::chrono::duration<double, std::milli> milliseconds = took;
    return fmt::format("<{}, took {:.1f} ms>\n", number, milliseconds.count());
}
