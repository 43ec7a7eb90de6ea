// SPDX-License-Identifier: MIT
#include "support/explanation.hpp"

#include "support/ways.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

namespace support {
namespace {

using explorer::place;
using explorer::source_places;

// Null: nothing is left, or it is not known where that was opened.
const trace* opening_of_what_is_left(const watch_page& page)
{
    const int number = page.left_open;
    const bool known =
        number > 0 && number < watch_page::most_descriptors && page.opened[number].whole == 1;
    return known ? &page.opened[number] : nullptr;
}

std::vector<const trace*> all_traces(const watch_page& page)
{
    std::vector<const trace*> all = {&page.end, &page.end_of_a_child};
    for (const trace& one : page.thrown) {
        all.push_back(&one);
    }
    std::erase_if(all, [](const trace* one) { return one->whole != 1; });
    if (const trace* opened = opening_of_what_is_left(page); opened != nullptr) {
        all.push_back(opened);
    }
    return all;
}

// The newest first: what was thrown later may have the address of what was thrown before.
std::vector<const trace*> throws_of(const watch_page& page)
{
    std::vector<const trace*> found;
    const int throws = page.throws;
    for (int i = throws - 1; i >= std::max(0, throws - watch_page::most_throws); --i) {
        const trace& one = page.thrown[i % watch_page::most_throws];
        if (one.whole == 1) {
            found.push_back(&one);
        }
    }
    return found;
}

const trace* throw_of(const watch_page& page, const void* exception)
{
    const auto all = throws_of(page);
    const auto found = std::find_if(all.begin(), all.end(), [&](const trace* one) {
        return exception != nullptr && one->about == exception;
    });
    return found == all.end() ? nullptr : *found;
}

// Of one that was not thrown here but made and passed on, the address may be that of an earlier
// one.
bool is_told_in(const std::string& report, const trace& thrown)
{
    const std::string_view what = thrown.what;
    const auto first = what.find('"');
    if (first == std::string_view::npos) {
        return true;
    }
    const auto words = [](std::string_view text) {
        std::string all;
        std::copy_if(text.begin(), text.end(), std::back_inserter(all), [](unsigned char one) {
            return std::isalnum(one) != 0; // lines may be broken, and signs told in another way
        });
        return all;
    };
    const auto size = std::max<std::size_t>(what.rfind('"'), first + 1) - first - 1;
    return words(report).find(words(what.substr(first + 1, size))) != std::string::npos;
}

// "main waits for a, b waits", as ex11's deadlock says it.
std::string cause_of_deadlock(const std::string& what)
{
    const auto begin = what.find("deadlock: ");
    const std::string text = begin == std::string::npos ? "" : what.substr(begin + 10);
    std::istringstream parts(text.substr(0, text.rfind('"')));
    std::map<std::string, std::string> waits; // who -> for whom; "" for none
    for (std::string part; std::getline(parts >> std::ws, part, ',');) {
        const auto at = part.find(" waits");
        if (at != std::string::npos) {
            const std::string rest = part.substr(at + 6);
            waits[part.substr(0, at)] = rest.starts_with(" for ") ? rest.substr(5) : "";
        }
    }
    for (const auto& [who, whom] : waits) {
        if (!whom.empty() && !waits.contains(whom)) {
            return who + " waits for " + whom +
                   ", which has ended: whoever ends must wake those who wait for it, however it "
                   "ends, and nobody may begin to wait for one that has ended";
        }
    }
    for (const auto& [who, whom] : waits) {
        if (whom.empty()) {
            return who + " waits, and nobody is left who could wake it: its wake-up was lost, or "
                         "came before it waited, which it then should not do";
        }
    }
    return "everybody waits, and nobody is left who could wake one of them";
}

// What the system's words for a failed call mean for whoever made it; "" where they say enough.
std::string meaning_of(const std::string& what)
{
    if (what.ends_with("Bad file descriptor\"")) {
        return ": what it used was closed already, moved away or destroyed, perhaps by its owner, "
               "who has gone on, while this code has it by reference";
    }
    if (what.starts_with("std::bad_function_call")) {
        return ": a std::function that holds no function is called there";
    }
    if (what.ends_with("Resource deadlock avoided\"")) {
        return ": a thread waits there for its own end";
    }
    if (what.ends_with("Broken pipe\"")) {
        return ": the other end of that connection is closed";
    }
    return {};
}

constexpr std::uintptr_t lowest_page = 4096; // where nothing lies

std::string cause_of_signal(const trace& end)
{
    const auto address = reinterpret_cast<std::uintptr_t>(end.about);
    switch (end.signal) {
    case SIGSEGV:
    case SIGBUS:
        return address < lowest_page
                   ? "a null pointer is used there: something in that line is empty. It "
                     "was never set, or somebody has reset it or moved from it."
                   : "the memory that is used there does not exist, or no more: a "
                     "pointer, a reference or an iterator outlived what it refers to, "
                     "or an index is too large.";
    case SIGPIPE:
        return "it writes to a connection or pipe whose other end is closed. Without MSG_NOSIGNAL "
               "that ends the program.";
    case SIGFPE:
        return "a whole number is divided by zero there.";
    case SIGABRT:
        return "the C or C++ library found a mistake and called abort(): what it says stands "
               "above.";
    default:
        return {};
    }
}

std::string cause_of_terminate(const watch_page& page, const trace* thrown,
                               const std::vector<place>& way)
{
    if (thrown != nullptr) {
        return std::string("nobody catches ") + thrown->what + ", which is thrown there. " +
               (page.end.thread != page.end.process
                    ? "An exception that leaves a thread's function ends the program: no other "
                      "thread can catch it."
                    : "It left a destructor or a function that is noexcept, or nobody has a "
                      "handler for it.");
    }
    if (!way.empty() && way.front().library == "std_thread.h") {
        return "a std::thread that was neither joined nor detached is destroyed or replaced there.";
    }
    return "std::terminate was called there.";
}

} // namespace

std::string how_it_ended(const watch_page& page)
{
    if (page.end.whole != 1) {
        return {};
    }
    const source_places source(addresses_in(all_traces(page)));
    const bool terminated = std::string_view(page.end.what) == "std::terminate";
    const trace* thrown = terminated ? throw_of(page, page.end.about) : nullptr;
    const auto way = way_of(source, thrown != nullptr ? *thrown : page.end);
    explorer::page out;
    write_way(out, way);
    const bool null = reinterpret_cast<std::uintptr_t>(page.end.about) < lowest_page;
    const bool round = page.end.signal == SIGSEGV && !null && goes_round(source, page.end);
    const std::string cause = terminated ? cause_of_terminate(page, thrown, way)
                              : round ? "it calls itself again and again, until no stack is left."
                                      : cause_of_signal(page.end);
    if (!cause.empty()) {
        out.wrapped("Cause: " + cause);
    }
    return out.taken();
}

namespace {

// The last few, each line once; without the one that broke off the case.
std::vector<const trace*> thrown_in_the_answer(const watch_page& page, const source_places& source)
{
    constexpr std::size_t most = 3;
    std::vector<const trace*> found;
    std::set<std::string> told;
    const trace* broke_off = throw_of(page, page.unexpected);
    for (const trace* one : throws_of(page)) {
        // By that exception a greenlet is ended: nothing has failed.
        const bool ends_a_greenlet = std::string_view(one->what) == "green::greenlet_exit";
        if (one == broke_off || ends_a_greenlet || found.size() == most) {
            continue;
        }
        const auto way = way_of(source, *one);
        if (leads_to_the_answer(way) && told.insert(shown(way.front())).second) {
            found.insert(found.begin(), one);
        }
    }
    return found;
}

} // namespace

namespace {

// Names that stand before a "(" in what was demanded and what the case says to it.
std::set<std::string> called_in(const std::string& report)
{
    std::set<std::string> names;
    std::istringstream lines(report);
    bool wanted = false;
    for (std::string line; std::getline(lines, line);) {
        const auto begin = line.find_first_not_of(' ');
        const std::string text = begin == std::string::npos ? std::string() : line.substr(begin);
        wanted = text.starts_with("REQUIRE") || text.starts_with("CHECK") ||
                 text.starts_with("where ") || (wanted && begin > 2);
        for (auto at = wanted ? text.find('(', 1) : std::string::npos; at != std::string::npos;
             at = text.find('(', at + 1)) {
            const auto before =
                text.find_last_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", at - 1);
            const std::string name =
                text.substr(before + 1, at - (before == std::string::npos ? 0 : before + 1));
            if (!name.empty()) {
                names.insert(name);
            }
        }
    }
    return names;
}

// Where the student's own functions are that were asked there.
void write_functions(explorer::page& out, const std::string& report)
{
    constexpr std::size_t most = 2;
    std::set<std::string> told;
    for (const std::string& name : called_in(report)) {
        for (const place& where : explorer::functions_named(name)) {
            if (is_of_the_answer(where) && told.size() < most && told.insert(shown(where)).second) {
                out.wrapped("your " + name + "(): " + shown(where), "  ", "      ");
            }
        }
    }
}

// The case's own line that asked for it, if that is not told yet.
void write_callers_line(explorer::page& out, const std::vector<place>& whole,
                        const std::vector<place>& way)
{
    const auto of_a_case = [](const place& one) {
        return one.file.starts_with("tests/") && !one.file.starts_with("tests/support/");
    };
    const auto found = std::find_if(whole.begin(), whole.end(), of_a_case);
    if (found != whole.end() && std::none_of(way.begin(), way.end(), of_a_case)) {
        out.wrapped("called by the case at " + shown(*found), "    ", "        ");
    }
}

} // namespace

std::string what_happened(const watch_page& page, const std::string& report)
{
    if (page.traced == 0) {
        return {};
    }
    const source_places source(addresses_in(all_traces(page)));
    explorer::page out;
    write_functions(out, report);
    const int notes = page.notes;
    for (int i = std::max(0, notes - watch_page::most_notes); i < notes - 1; ++i) {
        out.wrapped(page.note[i % watch_page::most_notes], "  seen: ", "      ");
    }
    std::string cause = notes == 0 ? "" : page.note[(notes - 1) % watch_page::most_notes];
    const trace* broke_off = throw_of(page, page.unexpected);
    if (broke_off != nullptr && is_told_in(report, *broke_off)) {
        out.wrapped(std::string("That exception is ") + broke_off->what + ", thrown", "  ", "    ");
        const auto way = way_of(source, *broke_off);
        write_way(out, way);
        write_callers_line(out, whole_way(source, *broke_off), way);
        if (notes == 0 && leads_to_the_answer(way)) {
            const bool deadlock = std::string_view(broke_off->what).starts_with("green::deadlock");
            cause = deadlock ? cause_of_deadlock(broke_off->what)
                             : std::string(broke_off->what) + " comes out of your code (" +
                                   explorer::short_name(way.front()) +
                                   "), and the case expects no such exception" +
                                   meaning_of(broke_off->what);
        }
    }
    for (const trace* one : thrown_in_the_answer(page, source)) {
        const auto way = way_of(source, *one);
        const bool by_the_case = whole_way(source, *one).front().file.starts_with("tests/");
        out.wrapped(
            (by_the_case ? "thrown by the case in a call of yours: " : "thrown meanwhile: ") +
                std::string(one->what) + meaning_of(one->what),
            "  ", "    ");
        write_way(out, {way.front()});
        if (notes == 0 && one->process != page.traced && cause.empty() && !by_the_case) {
            cause = std::string("in a child process ") + one->what + " was thrown (" +
                    explorer::short_name(way.front()) + ")" + meaning_of(one->what);
        } else if (notes != 0) {
            cause += std::string("; before that ") + one->what + " was thrown (" +
                     explorer::short_name(way.front()) + ")" + meaning_of(one->what);
        }
    }
    if (!cause.empty()) {
        out.wrapped("Cause: " + cause + ".");
    }
    if (const trace* opened = opening_of_what_is_left(page); opened != nullptr) {
        out.wrapped(std::to_string(page.left_open) + ", which is still open, was opened", "  ",
                    "    ");
        write_way(out, way_of(source, *opened));
    }
    const auto way_of_child = way_of(source, page.end_of_a_child);
    if (page.end_of_a_child.whole == 1 && leads_to_the_answer(way_of_child)) {
        out.wrapped("a process that the case had started was ended by signal " +
                        std::to_string(page.end_of_a_child.signal),
                    "  ", "    ");
        write_way(out, way_of_child);
    }
    return out.taken();
}

std::string thrown_again_and_again(const watch_page& page)
{
    constexpr int often = 100;
    const auto all = throws_of(page);
    if (page.throws < often || all.empty()) {
        return {};
    }
    const trace& last = *all.front();
    const auto way = way_of(source_places(addresses_in({&last})), last);
    return std::string("; meanwhile ") + last.what + " has been thrown there " +
           std::to_string(page.throws) + " times" +
           (way.empty() ? "" : " (" + explorer::short_name(way.front()) + ")") +
           meaning_of(last.what);
}

} // namespace support
