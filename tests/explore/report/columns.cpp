// SPDX-License-Identifier: MIT
#include "explore/report/columns.hpp"

#include "explore/report/page.hpp"

#include <algorithm>
#include <numeric>

namespace explorer {
namespace {

constexpr std::size_t mark = 2;        // columns, at the left
constexpr std::size_t widest = 44;     // that an operation may be
constexpr std::size_t least_code = 40; // that is of use
constexpr std::size_t least_column = 6;

std::size_t sum_of(const std::vector<std::size_t>& widths)
{
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0});
}

} // namespace

// Columns as wide as what stands in them. Where that leaves no room for the code, what stands in
// one reaches below the next ones, for there is one in each row; and where that is still too much,
// narrow ones and the operations beside them.
columns::columns(const std::vector<row>& rows, std::size_t page)
{
    find_actors(rows);
    std::size_t longest = 0;
    for (const row& one : rows) {
        longest = std::max(longest, needed_by(one));
        place_ = std::max(place_, short_name(one.where).size() + 2);
    }
    const std::size_t rest = mark + place_ + least_code;
    const auto fits = [&](std::size_t all) { return all + rest <= page; };
    const widths full = as_wide_as_needed(rows);
    widths chosen = full;
    for (std::size_t most = widest; !fits(widest_of(rows, chosen)) && most >= least_column;
         --most) {
        chosen = no_wider_than(most, full);
    }
    const widths narrow = names_alone();
    const std::size_t apart = sum_of(narrow) + longest;
    const std::size_t overlapped = widest_of(rows, chosen);
    if (fits(overlapped) || overlapped <= apart) {
        use(chosen, overlapped);
    } else {
        use(narrow, apart, longest);
    }
}

void columns::use(const widths& chosen, std::size_t all, std::size_t operation)
{
    width_ = chosen;
    all_ = all;
    operation_ = operation;
    head_.assign(mark, ' ');
    for (std::size_t i = 0; i < width_.size(); ++i) {
        head_ += padded(name_of(actors_[i]), width_[i]);
    }
}

std::string columns::text_of(const row& one) const
{
    std::string text = one.decides || one.fails || one.mishap ? "> " : "  ";
    const std::size_t own = column_of(one);
    for (std::size_t i = 0; i < width_.size(); ++i) {
        if (operation_ > 0) {
            text += padded(i == own ? name_of(actors_[i]) : ".", width_[i]);
        } else if (i < own) {
            text.resize(text.size() + width_[i], ' ');
        }
    }
    text += shortened(one.what, mark + all_ - text.size() - 1);
    if (!one.where.known()) {
        return text;
    }
    text.resize(mark + all_, ' ');
    return text + padded(short_name(one.where), place_) + one.where.text;
}

std::string columns::name_of(const actor& one)
{
    return one.second.empty() ? thread_name(one.first) : one.second;
}

std::size_t columns::needed_by(const row& one)
{
    return std::min(one.what.size() + 2, widest);
}

std::size_t columns::column_of(const row& one) const
{
    return static_cast<std::size_t>(
        std::find(actors_.begin(), actors_.end(), actor(one.thread, one.actor)) - actors_.begin());
}

// Every thread up to the last one shown, each followed by those in it.
void columns::find_actors(const std::vector<row>& rows)
{
    for (const row& one : rows) {
        while (one.left_out == 0 && actors_.size() <= static_cast<std::size_t>(one.thread)) {
            actors_.emplace_back(static_cast<int>(actors_.size()), "");
        }
    }
    for (const row& one : rows) {
        const actor who(one.thread, one.actor);
        if (one.left_out == 0 && std::find(actors_.begin(), actors_.end(), who) == actors_.end()) {
            actors_.insert(
                std::find_if(actors_.begin(), actors_.end(),
                             [&](const actor& other) { return other.first > who.first; }),
                who);
        }
    }
}

columns::widths columns::as_wide_as_needed(const std::vector<row>& rows) const
{
    widths found(actors_.size(), least_column);
    for (const row& one : rows) {
        if (one.left_out == 0) {
            std::size_t& width = found[column_of(one)];
            width = std::max(width, needed_by(one));
        }
    }
    return found;
}

columns::widths columns::no_wider_than(std::size_t most, widths all) const
{
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = std::max(std::min(all[i], most), name_of(actors_[i]).size() + 2);
    }
    return all;
}

columns::widths columns::names_alone() const
{
    widths found;
    for (const actor& one : actors_) { // a name says nothing in three letters
        const std::size_t of_a_thread = actors_.size() < 12 ? 4 : 3;
        found.push_back(one.second.empty() ? of_a_thread : one.second.size() + 2);
    }
    return found;
}

std::size_t columns::widest_of(const std::vector<row>& rows, const widths& begins) const
{
    std::size_t most = sum_of(begins);
    for (const row& one : rows) {
        if (one.left_out == 0) {
            const auto end = begins.begin() + static_cast<std::ptrdiff_t>(column_of(one));
            most = std::max(most, std::accumulate(begins.begin(), end, needed_by(one)));
        }
    }
    return most;
}

} // namespace explorer
