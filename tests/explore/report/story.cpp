// SPDX-License-Identifier: MIT
#include "explore/report/story.hpp"

#include <algorithm>

namespace explorer {
namespace {

std::set<void*> all_addresses(const ledger& book)
{
    std::set<void*> all;
    for (int i = 1; i < book.events; ++i) {
        all.insert(book.log[i].frame, book.log[i].frame + book.log[i].frames);
    }
    return all;
}

// " (relaxed)". The default, memory_order_seq_cst, is told only where orders decide.
std::string short_order(const event& one, bool all)
{
    const std::string name = order_name(one.memory_order);
    return one.memory_order == 0 || (!all && name.ends_with("seq_cst"))
               ? std::string()
               : " (" + name.substr(13) + ")";
}

// An access by the library that decides.
std::string deed_in_library(const event& one, const std::string& text, const std::string& name)
{
    const bool writes = one.what == op::write || one.what == op::store ||
                        (one.what == op::exchange && one.old != one.value);
    if (writes && text.find("request_stop(") != std::string::npos) {
        return "asks to stop";
    }
    if (!writes && text.find("stop_requested(") != std::string::npos) {
        return "looks whether to stop";
    }
    return (writes ? "write " : "read ") + name;
}

constexpr const char* helpers = "exercises/given/";

// Pointers are left out: they differ from run to run.
bool looks_like_pointer(std::uint64_t value, int size)
{
    return size == 8 && (value >> 40) != 0 && (value >> 40) != 0xffffff;
}

} // namespace

std::string thread_name(int id)
{
    return "T" + std::to_string(id);
}

const char* order_name(int memory_order)
{
    switch (memory_order - 1) {
    case __ATOMIC_RELAXED:
        return "memory_order_relaxed";
    case __ATOMIC_CONSUME:
        return "memory_order_consume";
    case __ATOMIC_ACQUIRE:
        return "memory_order_acquire";
    case __ATOMIC_RELEASE:
        return "memory_order_release";
    case __ATOMIC_ACQ_REL:
        return "memory_order_acq_rel";
    default:
        return "memory_order_seq_cst";
    }
}

story::story(const ledger& book, const result& outcome)
    : book_(book),
      outcome_(outcome),
      source_(all_addresses(book)),
      places_(all_places()),
      names_(book, places_)
{
    has_older_values_ = std::any_of(book.log + 1, book.log + std::max(book.events, 1),
                                    [](const event& one) { return one.older; });
    find_ids();
    find_contended();
    why_ = cause_of(*this);
    collect_steps();
}

void story::find_ids()
{
    for (int i = 1; i < book_.events; ++i) {
        if (is_thread(book_.log[i])) {
            ids_.insert(book_.log[i].address);
        }
    }
}

int story::thread_with(std::uint64_t handle) const
{
    const auto* end = book_.handle + book_.threads;
    const auto* found = std::find(book_.handle, end, handle);
    return handle == 0 || found == end ? -1 : static_cast<int>(found - book_.handle);
}

bool story::is_thread(const event& one) const
{
    return one.has_value && one.size == 8 && thread_with(one.value) >= 0;
}

bool story::has_telling_value(const event& one) const
{
    const auto tells = [&](std::uint64_t value) {
        return thread_with(value) >= 0 || !looks_like_pointer(value, one.size);
    };
    return one.has_value && one.size <= 8 && tells(one.value) && (!one.has_old || tells(one.old));
}

std::string story::value_text(const event& one, std::uint64_t value) const
{
    if (one.size == 8 && ids_.contains(one.address)) {
        const int thread = thread_with(value);
        return thread >= 0 ? thread_name(thread) : value == 0 ? "no thread" : "another thread";
    }
    if (one.size == 1 && value <= 1) {
        return value != 0 ? "true" : "false";
    }
    const int unused = 64 - 8 * one.size;
    return std::to_string(static_cast<std::int64_t>(value << unused) >> unused);
}

std::string story::value_of(const event& one) const
{
    return value_text(one, one.value);
}

std::string story::old_value_of(const event& one) const
{
    return value_text(one, one.old);
}

std::string story::newest_of(const event& one) const
{
    return value_text(one, one.newest);
}

std::string story::older_text(const event& one) const
{
    if (!one.older) {
        return {};
    }
    const std::string newest =
        has_telling_value(one) ? " (newest " + newest_of(one) + ")" : std::string();
    const bool reads = one.what == op::load || (one.what == op::exchange && one.old == one.value);
    return (reads ? ", older" : ", behind") + newest;
}

bool story::is_decisive(int number) const
{
    return number == book_.at || number == book_.before ||
           std::binary_search(why_.steps.begin(), why_.steps.end(), number);
}

std::vector<place> story::all_places() const
{
    std::vector<place> all(1); // event 0 is none
    for (int i = 1; i < book_.events; ++i) {
        const event& one = book_.log[i];
        place here = source_.of(one.frame, one.frames);
        // Of a call to the system that a given helper makes for the answer: where the answer asks.
        if (one.what == op::io && here.file.starts_with(helpers)) {
            const place asked = first_outside_helpers(one);
            here = asked.known() && !asked.file.starts_with("tests/") ? asked : here;
        }
        all.push_back(here);
    }
    return all;
}

place story::first_outside_helpers(const event& one) const
{
    for (const place& each : source_.all(one.frame, one.frames)) {
        if (!each.file.starts_with(helpers)) {
            return each;
        }
    }
    return {};
}

bool is_of_a_test(const std::string& file)
{
    return file.starts_with("tests/support/") ||
           (file.starts_with("tests/") && file.ends_with("_test.cpp"));
}

place story::place_of(int number) const
{
    return number > 0 && number < book_.events ? places_[static_cast<std::size_t>(number)]
                                               : place();
}

std::vector<place> story::way_to(int number) const
{
    const event& one = book_.log[number];
    return source_.all(one.frame, one.frames);
}

place story::caller_of(int number) const
{
    return place_of(number).file.starts_with(helpers) ? first_outside_helpers(book_.log[number])
                                                      : place();
}

std::vector<place> story::calls_of(int number) const
{
    const place here = place_of(number);
    std::vector<place> way = way_to(number);
    const auto self = std::find_if(way.begin(), way.end(), [&](const place& one) {
        return short_name(one) == short_name(here);
    });
    if (!here.known() || is_of_a_test(here.file) || self == way.end()) {
        return {};
    }
    const auto ends = std::find_if(self + 1, way.end(), [](const place& one) {
        return !one.library.empty() || is_of_a_test(one.file) || is_of_class(one);
    });
    std::vector<place> calls(self + 1, ends);
    std::erase_if(calls, [](const place& one) { return one.file.starts_with(helpers); });
    return calls;
}

std::string story::where_called(int number, std::size_t most) const
{
    std::string text = short_name(place_of(number));
    const std::vector<place> calls = calls_of(number);
    for (std::size_t i = 0; i < std::min(most, calls.size()); ++i) {
        text += (i == 0 ? ", called at " : ", at ") + short_name(calls[i]);
    }
    return text;
}

std::string story::description(int number) const
{
    const event& one = book_.log[number];
    const std::string name = names_.of(one);
    if (is_inside_library(one, place_of(number)) && !is_decisive(number)) {
        return "uses " + name;
    }
    if (is_inside_library(one, place_of(number))) { // its values are the library's own affair
        return deed_in_library(one, place_of(number).text, name);
    }
    const bool telling = has_telling_value(one);
    const std::string value = telling ? " = " + value_of(one) : std::string();
    const std::string order = short_order(one, has_older_values_) + older_text(one);
    switch (one.what) {
    case op::lock:
    case op::lock_exclusive:
        return "lock " + name;
    case op::lock_shared:
        return "lock_shared " + name;
    case op::unlock:
    case op::unlock_shared:
        return "unlock " + name;
    case op::try_lock:
        return "try_lock " + name;
    case op::try_lock_failed:
        return "try_lock " + name + ": no";
    case op::wait:
    case op::atomic_wait:
        return "wait " + name;
    case op::woken:
        return "woken " + name;
    case op::spurious_wakeup:
        return "WAKES BY ITSELF";
    case op::time_out:
        return "time out " + name;
    case op::blocked:
        if (one.object == 0) {
            return "waits for " + thread_name(one.other);
        }
        return "waits for " + name;
    case op::join:
        return "joined " + thread_name(one.other);
    case op::detached:
        return "detach " + thread_name(one.other);
    case op::start:
        return "start " + thread_name(one.other);
    case op::ended:
        return "ends";
    case op::once:
        return "once " + name;
    case op::sleep:
        return "sleep";
    case op::acquire:
        return "acquire " + name;
    case op::release:
        return "release " + name;
    case op::notify_one:
        return "notify_one " + name;
    case op::notify_all:
        return "notify_all " + name;
    case op::atomic_notify:
        return "notify " + name;
    case op::load:
    case op::read:
        return "read " + name + value + order;
    case op::store:
    case op::write:
        return "write " + name + value + order;
    case op::exchange:
        return telling && one.has_old && one.old != one.value
                   ? name + ": " + old_value_of(one) + " -> " + value_of(one) + order
                   : "read " + name + value + order;
    case op::deletion:
        return one.object != 0 ? "destroy " + name : "delete";
    case op::fence:
        return "fence" + short_order(one, true);
    case op::required:
        return "does not hold";
    case op::raised:
        return "fails";
    case op::io:
        return one.text;
    case op::run:
    case op::yield:
    case op::wait_for_end:
        return "is here";
    }
    return "";
}

bool story::is_worth_a_step(int number, bool started) const
{
    const event& one = book_.log[number];
    if (number == book_.at || number == book_.before || (is_decisive(number) && one.shown)) {
        return true;
    }
    if (!one.shown || one.what == op::once) {
        return false;
    }
    if (!is_memory(one.what)) {
        return true;
    }
    if (outcome_.kind == "livelock" && started && one.object_sort == sort::atomic &&
        !is_inside_library(one, place_of(number))) {
        return true; // what it asks for, again and again
    }
    // Before the first thread starts, only what is certain to matter: a variable's first value.
    return contended_.contains(one.address) &&
           (started || (has_telling_value(one) && !is_inside_library(one, place_of(number))));
}

void story::collect_steps()
{
    bool started = false; // a thread, so far
    for (int i = 1; i < book_.events; ++i) {
        started = started || book_.log[i].what == op::start;
        if (is_worth_a_step(i, started)) {
            steps_.push_back(i);
        }
    }
}

std::string story::wait_text(const standing& one) const
{
    const std::string name = names_.of(one.object_sort, one.object);
    switch (one.waits_in) {
    case op::join:
        return "waits for the end of " + thread_name(one.joins);
    case op::wait_for_end:
        return "waits for the end of all threads (the body has returned)";
    case op::lock:
    case op::lock_shared:
    case op::lock_exclusive:
        return "waits to lock " + name +
               (one.held_by >= 0 ? ", held by " + thread_name(one.held_by) : std::string());
    case op::wait:
        return "waits to be notified on " + name;
    case op::atomic_wait:
        return "waits for a change of " + name;
    case op::acquire:
        return "waits for a unit of " + name;
    case op::once:
        return "waits for the initialization that another thread began";
    case op::io:
        return std::string("waits in ") + book_.log[one.event].text;
    default:
        return "could go on";
    }
}

} // namespace explorer
