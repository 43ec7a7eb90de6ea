// SPDX-License-Identifier: MIT
#include "explore/names.hpp"

#include <regex>

namespace explorer {
namespace {

const std::string expression = R"(([A-Za-z_]\w*(?:(?:\.|->)[A-Za-z_]\w*)*(?:\[\w+\])?))";

std::string first_match(const std::string& text, const std::string& pattern)
{
    std::smatch found;
    return std::regex_search(text, found, std::regex(pattern)) ? found[1].str() : std::string();
}

std::string letters(int number)
{
    std::string text(1, static_cast<char>('A' + number % 26));
    return number < 26 ? text : text + std::to_string(number / 26);
}

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
    case sort::none:
        break;
    }
    return "variable";
}

// Operations inside the library, on something that no line of ours names.
std::string library_part(const std::string& header)
{
    static const std::map<std::string, std::string> parts = {
        {"future", "future"},           {"latch", "latch"},
        {"barrier", "barrier"},         {"stop_token", "stop_token"},
        {"shared_ptr.h", "shared_ptr"}, {"shared_ptr_base.h", "shared_ptr"},
        {"thread", "thread"},           {"std_thread.h", "thread"},
    };
    const auto found = parts.find(header);
    return found == parts.end() ? std::string() : found->second;
}

} // namespace

std::string operand_in(const std::string& text, const event& one)
{
    switch (one.object_sort) {
    case sort::mutex:
    case sort::recursive_mutex:
    case sort::shared_mutex:
        if (auto found = first_match(
                text, R"((?:lock_guard|unique_lock|scoped_lock|shared_lock)\b[^({;]*[({]\s*)" +
                          expression + R"(\s*(?:[)}]|,\s*std::(?:defer|adopt|try)))");
            !found.empty()) {
            return found;
        }
        return first_match(text, expression + R"((?:\.|->)(?:try_)?(?:un)?lock\w*\()");
    case sort::condition:
        return first_match(text, expression + R"((?:\.|->)(?:wait|notify)\w*\()");
    case sort::semaphore:
        return first_match(text, expression + R"((?:\.|->)(?:try_)?(?:acquire|release)\w*\()");
    default:
        break;
    }
    if (auto found = first_match(text, expression + R"((?:\.|->)\w+\()"); !found.empty()) {
        return found; // x.load(), x.push_back(1)
    }
    if (auto found = first_match(text, expression + R"(\s*(?:[-+*/|&^]?=[^=]|\+\+|--))");
        !found.empty() && one.what != op::load && one.what != op::read) {
        return found; // x = 1, x += 1, x++
    }
    return first_match(text, R"((?:\+\+|--))" + expression);
}

names::names(const ledger& book, const source_places& places)
{
    for (int i = 1; i < book.events; ++i) {
        const event& one = book.log[i];
        if (one.object != 0) {
            address_of_object_[one.object] = one.address;
        }
        if (one.address != 0) {
            suggest(one, places.of(one.frame, one.frames));
        }
    }
    // Two objects of one name, such as the same member of two objects, are told apart by letters.
    std::map<std::string, int> uses;
    for (const auto& [address, name] : by_address_) {
        ++uses[name];
    }
    std::map<std::string, int> used;
    for (int i = 1; i < book.events; ++i) { // in the order of their first use
        const event& one = book.log[i];
        const auto found = by_address_.find(one.address);
        if (one.address == 0 || (found != by_address_.end() && uses[found->second] == 1)) {
            continue;
        }
        if (found == by_address_.end()) {
            const std::string kind = noun(one.object_sort);
            by_address_[one.address] = kind + " " + letters(used[kind]++);
            uses[by_address_[one.address]] = 1;
        } else {
            const std::string plain = found->second;
            found->second = plain + " " + letters(used[plain]++);
            uses[found->second] = 1;
        }
    }
}

void names::suggest(const event& one, const place& where)
{
    if (by_address_.contains(one.address)) {
        return;
    }
    std::string name = name_of_global(one.address);
    if (name.empty() && where.known()) {
        name = operand_in(where.text, one);
    }
    if (name.empty()) {
        name = library_part(where.library);
    }
    if (!name.empty()) {
        by_address_[one.address] = name;
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
        if (const auto found = by_address_.find(address->second); found != by_address_.end()) {
            return found->second;
        }
    }
    return noun(is);
}

} // namespace explorer
