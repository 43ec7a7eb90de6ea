// SPDX-License-Identifier: MIT
#include "explore/report/excerpt.hpp"

#include <algorithm>

namespace explorer {
namespace {

// Ends or begins something, or makes somebody wait or go on.
bool is_turn(op what)
{
    switch (what) {
    case op::wait:
    case op::atomic_wait:
    case op::woken:
    case op::spurious_wakeup:
    case op::time_out:
    case op::blocked:
    case op::notify_one:
    case op::notify_all:
    case op::atomic_notify:
    case op::start:
    case op::detached:
    case op::sleep:
    case op::deletion:
    case op::required:
    case op::raised:
        return true;
    default:
        return false;
    }
}

// What went wrong by itself on the simulated network; its words are in capitals.
bool is_mishap(const event& one)
{
    const auto is_capital = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
    return one.what == op::io && is_capital(one.text[0]) && is_capital(one.text[1]);
}

bool is_notification(op what)
{
    return what == op::notify_one || what == op::notify_all;
}

bool is_sync(op what)
{
    return what == op::lock || what == op::unlock || what == op::lock_shared ||
           what == op::lock_exclusive || what == op::unlock_shared || what == op::try_lock ||
           what == op::try_lock_failed || what == op::acquire || what == op::release;
}

} // namespace

excerpt::excerpt(const story& told) : told_(told)
{
    for (const int number : told.steps()) {
        row fresh;
        fresh.thread = told.book().log[number].thread;
        fresh.actor = told.book().log[number].actor;
        fresh.what = told.description(number);
        fresh.where = told.place_of(number);
        fresh.events = {number};
        fresh.fails = number == told.book().at;
        fresh.decides = told.is_decisive(number);
        fresh.mishap = is_mishap(told.book().log[number]);
        if (!rows_.empty() && is_same_deed(rows_.back(), fresh)) {
            fresh.what = fresh.decides ? fresh.what : rows_.back().what;
            rows_.back().what = fresh.what;
        }
        if (!rows_.empty() && rows_.back() == fresh) {
            row& last = rows_.back();
            last.events.push_back(number);
            last.fails |= fresh.fails;
            last.decides |= fresh.decides;
            continue;
        }
        rows_.push_back(fresh);
        fold_loops();
    }
    mark_decisive();
    find_focus();
}

// The library at work on something, in a line of which one access decides.
bool excerpt::is_same_deed(const row& last, const row& fresh) const
{
    const auto name = [&](const row& one) {
        return told_.objects().of(told_.book().log[one.events.back()]);
    };
    return last.thread == fresh.thread && last.actor == fresh.actor &&
           last.where.line == fresh.where.line && last.where.file == fresh.where.file &&
           name(last) == name(fresh) &&
           ((last.what.starts_with("uses ") && fresh.decides) ||
            (fresh.what.starts_with("uses ") && last.decides));
}

// A loop's rounds look alike: keep the first, if nothing in the later ones decides.
void excerpt::fold_loops()
{
    for (std::size_t period = 1; period <= 6 && rows_.size() >= 2 * period; ++period) {
        const auto end = rows_.end();
        const auto length = static_cast<std::ptrdiff_t>(period);
        const bool decides =
            std::any_of(end - length, end, [](const row& one) { return one.decides; });
        if (!decides && std::equal(end - length, end, end - 2 * length)) {
            rows_.erase(end - length, end);
            folded_ += static_cast<int>(period);
            return;
        }
    }
}

// An event that has no row of its own, such as the place of one who waits: the thread's last row
// before it decides. In a deadlock that is where each thread stands.
void excerpt::mark_decisive()
{
    std::vector<int> wanted = told_.why().steps;
    if (told_.outcome().kind == "deadlock" && wanted.empty()) {
        for (int i = 0; i < told_.book().threads; ++i) {
            if (told_.book().thread[i].waits_in != op::ended) {
                wanted.push_back(told_.book().thread[i].event);
            }
        }
    }
    for (const int number : wanted) {
        row* found = nullptr;
        for (row& one : rows_) {
            if (one.thread == told_.book().log[number].thread && one.events.front() <= number) {
                found = &one;
            }
        }
        if (number != 0 && found != nullptr) {
            found->decides = true;
        }
    }
}

void excerpt::find_focus()
{
    for (const row& one : rows_) {
        for (const int number : one.events) {
            const std::uint64_t address = told_.book().log[number].address;
            if (one.decides && address != 0) {
                focus_.insert(address);
            }
        }
        if (one.decides) {
            involved_.insert(one.thread);
        }
    }
}

bool excerpt::is_start_of_involved(const event& one) const
{
    return one.what == op::start && involved_.contains(one.other);
}

// How much the step tells: 3 it decides, 2 it is about the same things, 1 others might matter, 0
// the library at work.
int excerpt::weight(const row& one) const
{
    if (one.decides || one.fails || one.mishap) {
        return 3;
    }
    int most = 0;
    for (const int number : one.events) {
        const event& here = told_.book().log[number];
        const bool inside = is_inside_library(here, one.where);
        const bool nameless =
            (is_sync(here.what) || is_notification(here.what)) &&
            (one.what.find_last_of(' ') + 2 == one.what.size() || // "lock mutex A"
             one.what.find(" mutex in ") != std::string::npos);   // the library's
        const bool focused = focus_.contains(here.address);
        const bool unknown = one.what.starts_with("uses variable "); // of the library's
        if ((focused && !is_sync(here.what) && !unknown) || is_start_of_involved(here)) {
            most = std::max(most, 2);
        } else if (told_.why().sentence.empty() &&
                   ((is_turn(here.what) && !nameless) || here.what == op::io ||
                    (is_memory(here.what) && !inside))) {
            most = std::max(most, 2);
        } else if ((!inside || focused) && !nameless) {
            most = std::max(most, 1);
        }
    }
    return most;
}

int excerpt::first_of_story() const
{
    const bool known = !told_.why().sentence.empty();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const event& here = told_.book().log[rows_[i].events.front()];
        if (rows_[i].decides || rows_[i].mishap || is_start_of_involved(here) ||
            (!known && weight(rows_[i]) >= 2)) {
            return static_cast<int>(i);
        }
    }
    return 0;
}

int excerpt::last_of_story() const
{
    for (std::size_t i = rows_.size(); i-- > 0;) {
        if (rows_[i].decides || rows_[i].fails) {
            return static_cast<int>(i);
        }
    }
    return static_cast<int>(rows_.size()) - 1;
}

int excerpt::last_of_cause() const
{
    for (std::size_t i = rows_.size(); i-- > 0;) {
        if (rows_[i].decides && !rows_[i].fails) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

void excerpt::shorten(int most)
{
    constexpr int few = 4; // rows that are no distraction
    if (rows_.empty()) {
        return;
    }
    const int first = first_of_story();
    const int last = last_of_story();
    std::vector<bool> kept(rows_.size(), false);
    std::fill(kept.begin() + first, kept.begin() + last + 1, true);
    // With each gap counting as a row.
    const auto count = [&] {
        int rows = 0;
        for (int i = first; i <= last; ++i) {
            const auto at = static_cast<std::size_t>(i);
            rows += kept[at] || (i > first && kept[at - 1]);
        }
        return rows;
    };
    // Between the last step of the cause and the one that failed there is only what follows from
    // it.
    if (const int cause = last_of_cause(); cause >= 0) {
        for (int i = cause + 1; i < last; ++i) {
            kept[static_cast<std::size_t>(i)] = last - cause <= few;
        }
    }
    for (int limit = 1; limit <= 3 && count() > most; ++limit) {
        for (int i = first; i <= last; ++i) {
            const auto at = static_cast<std::size_t>(i);
            if (weight(rows_[at]) >= limit || (limit == 3 && count() <= most)) {
                continue;
            }
            kept[at] = false;
        }
    }
    keep(kept);
}

// What is not kept becomes a row that counts it; one step alone might as well be shown.
void excerpt::keep(const std::vector<bool>& kept)
{
    std::vector<row> shown;
    int gap = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (!kept[i]) {
            ++gap;
            continue;
        }
        if (gap > 0 && shown.empty()) {
            before_ += gap;
        } else if (gap == 1) {
            shown.push_back(rows_[i - 1]);
        } else if (gap > 0) {
            row counts;
            counts.left_out = gap;
            between_ += gap;
            shown.push_back(counts);
        }
        gap = 0;
        shown.push_back(rows_[i]);
    }
    after_ += gap;
    rows_ = shown;
}

} // namespace explorer
