// Reading the reply piece by piece, strictly: a test that accepts "almost" a reply proves little.
//
// SPDX-License-Identifier: MIT
#include "given/reply.hpp"

#include <charconv>

namespace given {

namespace {

bool skip(std::string_view& text, std::string_view expected)
{
    const bool found = text.starts_with(expected);
    text.remove_prefix(found ? expected.size() : 0);
    return found;
}

std::optional<long> skip_digits(std::string_view& text)
{
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || text.front() == '-') {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

} // namespace

std::optional<reply> parse_reply(std::string_view text)
{
    if (!skip(text, "<")) {
        return std::nullopt;
    }
    const auto number = skip_digits(text);
    if (!number || !skip(text, ", took ")) {
        return std::nullopt;
    }
    const auto whole = skip_digits(text);
    if (!whole || !skip(text, ".") || text.empty() || text[0] < '0' || text[0] > '9') {
        return std::nullopt;
    }
    const double tenths = text[0] - '0';
    text.remove_prefix(1);
    if (text != " ms>\n") {
        return std::nullopt;
    }
    return reply{static_cast<int>(*number), static_cast<double>(*whole) + tenths / 10};
}

} // namespace given
