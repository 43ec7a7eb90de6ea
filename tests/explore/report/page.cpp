// SPDX-License-Identifier: MIT
#include "explore/report/page.hpp"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace explorer {
namespace {

constexpr std::size_t widest_page = 100;
constexpr std::size_t narrowest_page = 20;

// As the environment says, for a terminal that is narrower.
std::size_t width_of_page()
{
    const char* said = std::getenv("COLUMNS");
    const long columns = said != nullptr ? std::strtol(said, nullptr, 10) : 0;
    return columns <= 0
               ? widest_page
               : std::clamp(static_cast<std::size_t>(columns), narrowest_page, widest_page);
}

} // namespace

std::string shortened(std::string text, std::size_t width)
{
    if (text.size() > width) {
        text.resize(width > 2 ? width - 2 : width);
        text += "..";
    }
    return text;
}

std::string padded(const std::string& text, std::size_t width)
{
    std::string out = shortened(text, width - 1);
    out.resize(width, ' ');
    return out;
}

page::page()
    : width_(width_of_page()),
      colored_(isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr)
{}

void page::line(const std::string& text)
{
    std::string whole = shortened(text, width_);
    whole.erase(whole.find_last_not_of(' ') + 1);
    out_ += whole + "\n";
}

void page::emphasized(const std::string& text)
{
    in_red(shortened(text, width_));
}

void page::headline(const std::string& text)
{
    for (const std::string& line : broken(text, {}, {})) {
        in_red(line);
    }
}

void page::in_red(const std::string& text)
{
    out_ += colored_ ? "\033[1;31m" + text + "\033[0m\n" : text + "\n";
}

void page::wrapped(const std::string& text, const std::string& indent,
                   const std::string& rest_indent)
{
    for (const std::string& line : broken(text, indent, rest_indent)) {
        out_ += line + "\n";
    }
}

std::vector<std::string> page::broken(std::string text, std::string indent,
                                      const std::string& rest_indent) const
{
    std::vector<std::string> lines;
    while (indent.size() + text.size() > width_) {
        auto cut = text.rfind(' ', width_ - indent.size());
        if (cut == std::string::npos || cut == 0) {
            cut = text.find(' ', 1);
        }
        if (cut == std::string::npos) {
            break;
        }
        const std::string before = text.substr(0, cut);
        lines.push_back(indent + before.substr(0, before.find_last_not_of(' ') + 1));
        text.erase(0, cut + 1);
        indent = rest_indent;
    }
    lines.push_back(indent + text);
    return lines;
}

std::string page::taken()
{
    return std::exchange(out_, {});
}

} // namespace explorer
