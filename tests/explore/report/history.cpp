// SPDX-License-Identifier: MIT
#include "explore/report/history.hpp"

#include <map>

namespace explorer {
namespace {

bool takes_lock(op what)
{
    return what == op::lock || what == op::lock_exclusive || what == op::lock_shared ||
           what == op::try_lock;
}

} // namespace

history::history(const story& told) : told_(told)
{
    for (int i = 0; i < end(); ++i) {
        places_.push_back(told.place_of(i));
    }
    find_held();
}

void history::find_held()
{
    std::map<int, std::multiset<int>> now; // by thread
    held_.resize(1);
    for (int i = 1; i < end(); ++i) {
        const event& one = at(i);
        std::multiset<int>& mine = now[one.thread];
        held_.emplace_back(mine.begin(), mine.end());
        const auto let_go = [&](int mutex) {
            if (const auto found = mine.find(mutex); found != mine.end()) {
                mine.erase(found);
            }
        };
        if (!one.shown) {
            continue;
        }
        if (takes_lock(one.what)) {
            mine.insert(one.object);
        } else if (one.what == op::unlock || one.what == op::unlock_shared) {
            let_go(one.object);
        } else if (one.what == op::wait) {
            let_go(one.other);
        }
    }
}

int history::taken(int number, int mutex) const
{
    return taken_by(at(number).thread, mutex, number + 1);
}

int history::taken_by(int thread, int mutex, int before) const
{
    return last(1, before, [&](const event& one) {
        return one.shown && one.thread == thread && one.object == mutex && takes_lock(one.what);
    });
}

std::string history::mutex_name(int mutex) const
{
    return told_.objects().of(sort::mutex, mutex);
}

bool history::reads(const event& one) const
{
    return one.shown && is_memory(one.what) && !writes(one);
}

bool history::writes(const event& one) const
{
    return one.shown && (one.what == op::write || one.what == op::store ||
                         (one.what == op::exchange && (!one.has_old || one.old != one.value)));
}

std::string history::name(int number) const
{
    return told_.objects().of(at(number));
}

std::string history::where(int number) const
{
    return short_name(places_[static_cast<std::size_t>(number)]);
}

const std::string& history::file(int number) const
{
    return places_[static_cast<std::size_t>(number)].file;
}

std::string history::thread(int number) const
{
    return thread_name(at(number).thread);
}

const std::string& history::text(int number) const
{
    return places_[static_cast<std::size_t>(number)].text;
}

bool history::same_line(int one, int other) const
{
    const place& here = places_[static_cast<std::size_t>(one)];
    const place& there = places_[static_cast<std::size_t>(other)];
    return here.line == there.line && here.file == there.file;
}

bool history::in_tests(int number) const
{
    return places_[static_cast<std::size_t>(number)].file.starts_with("tests/");
}

// In a destructor that nobody wrote, and at the end of one that somebody did, members die.
std::string history::advice_on_end(int number) const
{
    const place& where = places_[static_cast<std::size_t>(number)];
    return where.in_class || where.text == "}"
               ? "Members, like local variables, are destroyed in the reverse of their order: put "
                 "what is used before those who use it, or end and join these first."
               : "Whoever owns it must first wait until those who use it are done.";
}

bool history::in_library(int number) const
{
    return is_inside_library(at(number), places_[static_cast<std::size_t>(number)]);
}

bool history::in_header(int number, const char* header) const
{
    return places_[static_cast<std::size_t>(number)].library == header;
}

} // namespace explorer
