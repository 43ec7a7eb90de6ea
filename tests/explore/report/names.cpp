// SPDX-License-Identifier: MIT
#include "explore/report/names.hpp"

#include "explore/report/votes.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace explorer {
namespace {

const char* noun(sort is)
{
    switch (is) {
    case sort::mutex:
    case sort::recursive_mutex:
        return "mutex";
    case sort::condition:
        return "condition";
    case sort::shared_mutex:
        return "shared mutex";
    case sort::semaphore:
        return "semaphore";
    case sort::atomic:
        return "atomic";
    case sort::once:
        return "once_flag";
    case sort::guard:
        return "static";
    case sort::descriptor:
        return "descriptor";
    case sort::none:
        break;
    }
    return "variable";
}

std::string last_part(const std::string& name)
{
    const auto dot = name.find_last_of(".>");
    return dot == std::string::npos ? name : name.substr(dot + 1);
}

std::string letter(int number)
{
    const std::string text(1, static_cast<char>('A' + number % 26));
    return number < 26 ? text : text + std::to_string(number / 26);
}

} // namespace

bool is_memory(op what)
{
    return what == op::read || what == op::write || what == op::load || what == op::store ||
           what == op::exchange;
}

bool is_inside_library(const event& one, const place& where)
{
    return is_memory(one.what) && !where.library.empty() && !where.library.starts_with("atomic");
}

names::names(const ledger& book, const std::vector<place>& places)
{
    std::map<std::uint64_t, votes> all;
    using question = std::tuple<std::string, std::string, sort, op, bool, bool>;
    std::map<question, votes> answered; // lines come again and again
    // And each of them speaks once for a name: else one that is read often, and has other names in
    // it, would outvote the rest.
    std::set<std::tuple<std::uint64_t, std::string, int, op>> counted;
    for (int i = 1; i < book.events; ++i) {
        const event& one = book.log[i];
        if (one.object != 0) {
            address_of_object_[one.object] = one.address;
        }
        const place& where = places[static_cast<std::size_t>(i)];
        if (one.address == 0) {
            continue;
        }
        votes& those = all[one.address];
        if (where.known() && !where.in_class) { // that line names no member
            const auto [answer, fresh] =
                answered.try_emplace({where.text, where.library, one.object_sort, one.what,
                                      one.stack_owner != 0, is_on_own_stack(one)});
            if (fresh) {
                vote(answer->second, one, where);
            }
            if (!counted.emplace(one.address, where.file, where.line, one.what).second) {
                continue;
            }
            for (const auto& [name, weight] : answer->second) {
                those[name] += weight;
            }
        }
    }
    leave_out_each_threads_own(book, places, all);
    for (const auto& [address, those] : all) {
        choose(address, those);
    }
    number_elements(book, places);
    const auto inner = mutexes_in_conditions(book, places);
    tell_apart(book, inner);
    for (const auto& [mutex, condition] : inner) {
        const std::string whose = by_address_[condition];
        by_address_[mutex] =
            "mutex in " + (whose.empty() ? std::string("condition_variable_any") : whose);
    }
}

// A std::condition_variable_any has a mutex of its own, on which no line of ours works itself. The
// answer has the address of each, and that of its condition.
std::map<std::uint64_t, std::uint64_t>
names::mutexes_in_conditions(const ledger& book, const std::vector<place>& places) const
{
    std::map<std::uint64_t, std::uint64_t> found;
    std::set<std::uint64_t> others;
    std::map<int, std::uint64_t> locked; // by thread: the last one
    for (int i = 1; i < book.events; ++i) {
        const event& one = book.log[i];
        const std::string& header = places[static_cast<std::size_t>(i)].library;
        const auto named = by_address_.find(one.address);
        const bool by_condition = header == "condition_variable" || header == "stop_token";
        if (one.address != 0 && one.object_sort == sort::mutex &&
            (!by_condition || (named != by_address_.end() && !named->second.empty()))) {
            others.insert(one.address);
        } else if (one.object_sort == sort::mutex && one.what == op::lock && one.shown) {
            locked[one.thread] = one.address;
        } else if (one.object_sort == sort::condition && by_condition &&
                   locked.contains(one.thread)) {
            found.try_emplace(locked[one.thread], one.address);
        }
    }
    std::erase_if(found, [&](const auto& one) { return others.contains(one.first); });
    return found;
}

// What a line declares is another variable in each thread that comes there, and not the one that
// they share. What a line only assigns is not what it reads.
void names::leave_out_each_threads_own(const ledger& book, const std::vector<place>& places,
                                       std::map<std::uint64_t, votes>& all)
{
    std::map<std::tuple<std::uint64_t, std::string, int>, int> by; // who came there first
    for (int i = 1; i < book.events; ++i) {
        const event& one = book.log[i];
        const place& where = places[static_cast<std::size_t>(i)];
        if (one.address == 0 || !where.known() || !is_memory(one.what)) {
            continue;
        }
        if (one.what == op::read && !is_inside_library(one, where)) {
            for (const std::string& name : only_assigned_in(where.text)) {
                all[one.address].erase(name);
            }
        }
        const auto [first, fresh] =
            by.try_emplace({one.address, where.file, where.line}, one.thread);
        if (!fresh && first->second != one.thread) {
            first->second = one.thread;
            for (const std::string& name : declared_in(where.text)) {
                all[one.address].erase(name);
            }
        }
    }
}

// "results[3]" for "results[k]", where a vector's operator[] has just read where its elements
// begin.
void names::number_elements(const ledger& book, const std::vector<place>& places)
{
    constexpr int within = 8; // events
    constexpr std::uint64_t largest = 1 << 20;
    std::set<std::uint64_t> done;
    for (int i = 1; i < book.events; ++i) {
        const event& one = book.log[i];
        const place& where = places[static_cast<std::size_t>(i)];
        const auto known = by_address_.find(one.address);
        if (!is_memory(one.what) || one.size == 0 || known == by_address_.end() ||
            !known->second.ends_with(']') || !done.insert(one.address).second) {
            continue;
        }
        for (int k = i - 1; k > 0 && k >= i - within; --k) {
            const event& base = book.log[k];
            const place& there = places[static_cast<std::size_t>(k)];
            const std::uint64_t offset = one.address - base.value;
            if (base.thread == one.thread && base.what == op::read && base.has_value &&
                base.size == 8 && there.line == where.line && !there.library.empty() &&
                offset < largest && offset % one.size == 0) {
                known->second.replace(known->second.rfind('['), std::string::npos,
                                      "[" + std::to_string(offset / one.size) + "]");
                break;
            }
        }
    }
}

// The symbol table knows best. Else the name with the most votes, if it is well ahead: the same
// object has two names where it was passed as an argument.
void names::choose(std::uint64_t address, const votes& those)
{
    std::string name = name_of_global(address);
    if (name.empty() && !those.empty()) {
        const auto best =
            std::max_element(those.begin(), those.end(), [](const auto& one, const auto& other) {
                return one.second < other.second;
            });
        name = best->first;
        for (const auto& [rival, weight] : those) {
            if (rival != name && 3 * weight > 2 * best->second) {
                name = last_part(rival) == last_part(name) ? last_part(name) : std::string();
                break;
            }
        }
    }
    if (!name.empty()) {
        by_address_[address] = name;
    }
}

// Objects of one name, such as the same member of two objects, and those without one get letters,
// in the order of their first use.
void names::tell_apart(const ledger& book, const std::map<std::uint64_t, std::uint64_t>& inner)
{
    std::set<std::string> plain;
    for (const auto& [address, name] : by_address_) {
        if (last_part(name) == name) {
            plain.insert(name);
        }
    }
    std::map<std::string, int> bearers;
    for (auto& [address, name] : by_address_) {
        if (plain.contains(last_part(name))) { // "from.mutex" beside "mutex": one of its names
            name = last_part(name);
        }
        ++bearers[name];
    }
    std::map<std::string, int> letters;
    std::set<std::uint64_t> done;
    for (int i = 1; i < book.events; ++i) {
        const event& one = book.log[i];
        if (one.address == 0 || !one.shown || inner.contains(one.address) ||
            !done.insert(one.address).second) {
            continue;
        }
        std::string& name = by_address_[one.address];
        if (name.empty()) {
            name = noun(one.object_sort);
            name += " " + letter(letters[name]++);
        } else if (bearers[name] > 1 && !is_memory(one.what)) {
            name += " " + letter(letters[name]++);
        }
    }
}

std::string names::of(const event& one) const
{
    const auto found = by_address_.find(one.address);
    return found == by_address_.end() ? std::string() : found->second;
}

std::string names::of(sort is, int object) const
{
    const auto address = address_of_object_.find(object);
    if (address != address_of_object_.end()) {
        const auto found = by_address_.find(address->second);
        if (found != by_address_.end() && !found->second.empty()) {
            return found->second;
        }
    }
    return noun(is);
}

} // namespace explorer
