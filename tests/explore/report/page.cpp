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
    const std::string cut = shortened(text, width_);
    out_ += colored_ ? "\033[1;31m" + cut + "\033[0m\n" : cut + "\n";
}

void page::wrapped(const std::string& text, const std::string& indent,
                   const std::string& rest_indent)
{
    std::string rest = text;
    std::string margin = indent;
    while (margin.size() + rest.size() > width_) {
        auto cut = rest.rfind(' ', width_ - margin.size());
        if (cut == std::string::npos || cut == 0) {
            cut = rest.find(' ', 1);
        }
        if (cut == std::string::npos) {
            break;
        }
        const std::string before = rest.substr(0, cut);
        out_ += margin + before.substr(0, before.find_last_not_of(' ') + 1) + "\n";
        rest.erase(0, cut + 1);
        margin = rest_indent;
    }
    out_ += margin + rest + "\n";
}

std::string page::taken()
{
    return std::exchange(out_, {});
}

} // namespace explorer
