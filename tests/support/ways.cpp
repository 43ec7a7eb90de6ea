// SPDX-License-Identifier: MIT
#include "support/ways.hpp"

#include <algorithm>

namespace support {
namespace {

constexpr std::size_t most_lines = 5;

int frames_of(const trace& one)
{
    return std::clamp(one.frames, 0, trace::most_frames);
}

} // namespace

std::set<void*> addresses_in(const std::vector<const trace*>& traces)
{
    std::set<void*> all;
    for (const trace* one : traces) {
        all.insert(one->frame, one->frame + frames_of(*one));
    }
    return all;
}

bool is_of_the_answer(const explorer::place& where)
{
    return !where.file.starts_with("tests/") && !where.file.starts_with("exercises/given/") &&
           !where.file.starts_with("solutions/"); // what the exercise uses of others
}

bool leads_to_the_answer(const std::vector<explorer::place>& way)
{
    return !way.empty() && is_of_the_answer(way.front());
}

namespace {

bool same_line(const explorer::place& one, const explorer::place& other)
{
    return one.file == other.file && one.line == other.line;
}

} // namespace

bool goes_round(const explorer::source_places& source, const trace& one)
{
    constexpr std::ptrdiff_t often = 8;
    const auto all = source.all(one.frame, frames_of(one));
    return std::any_of(all.begin(), all.end(), [&](const auto& here) {
        return std::count_if(all.begin(), all.end(),
                             [&](const auto& other) { return same_line(here, other); }) >= often;
    });
}

std::vector<explorer::place> whole_way(const explorer::source_places& source, const trace& one)
{
    auto all = source.all(one.frame, frames_of(one));
    all.erase(std::unique(all.begin(), all.end(), same_line), all.end());
    while (all.size() > 1 && explorer::is_of_class(all.front())) {
        all.erase(all.begin());
    }
    return all;
}

std::vector<explorer::place> way_of(const explorer::source_places& source, const trace& one)
{
    auto all = whole_way(source, one);
    if (std::any_of(all.begin(), all.end(), is_of_the_answer)) {
        std::erase_if(all, [](const auto& where) { return !is_of_the_answer(where); });
    }
    return all;
}

std::string shown(const explorer::place& where)
{
    return where.file + ":" + std::to_string(where.line) + "   " + where.text;
}

void write_way(explorer::page& out, const std::vector<explorer::place>& way)
{
    const char* from = "at ";
    for (std::size_t i = 0; i < way.size() && i < most_lines; ++i) {
        out.wrapped(from + shown(way[i]), "    ", "        ");
        from = "called at ";
    }
}

} // namespace support
