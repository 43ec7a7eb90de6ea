// SPDX-License-Identifier: MIT
#include "explore/names.hpp"

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <tuple>

namespace explorer {
namespace {

// How strongly a line's text speaks for a name.
constexpr int a_mention = 1;
constexpr int a_change = 3; // "x = 1", "++x"
constexpr int a_call = 4;   // "x.store(1)", "mutex.lock()"

const std::string expression = R"(([A-Za-z_]\w*(?:(?:\.|->)[A-Za-z_]\w*)*(?:\[\w+\])?))";

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

// What the library keeps for itself, by the header that works on it.
std::string library_part(const std::string& header)
{
    static const std::map<std::string, std::string> parts = {
        {"future", "future"},           {"latch", "latch"},
        {"barrier", "barrier"},         {"stop_token", "stop_token"},
        {"shared_ptr.h", "shared_ptr"}, {"shared_ptr_base.h", "shared_ptr"},
        {"thread", "thread"},           {"std_thread.h", "thread"},
        {"semaphore", "semaphore"},     {"condition_variable", "condition"},
    };
    const auto found = parts.find(header);
    return found == parts.end() ? std::string() : found->second;
}

using votes = std::map<std::string, int>;

// Adds a vote for each place in the text that matches; group 1 is the name.
void vote_for(votes& out, const std::string& text, const std::regex& pattern, int weight)
{
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end;
         ++match) {
        out[(*match)[1].str()] += weight;
    }
}

void vote_on_lock(votes& out, const std::string& text)
{
    static const std::regex guard(
        R"((?:lock_guard|unique_lock|scoped_lock|shared_lock)\b[^({;]*[({]\s*)" + expression +
        R"(\s*(?:[)}]|,\s*(?:std::)?(?:defer_lock|adopt_lock|try_to_lock|stop|\d)))");
    static const std::regex call(expression + R"((?:\.|->)(?:try_)?(?:un)?lock\w*\()");
    vote_for(out, text, guard, a_call);
    vote_for(out, text, call, a_call);
}

bool is_word_of_the_language(const std::string& word)
{
    static const std::set<std::string> words = {
        "auto",   "bool",   "break",    "case",     "char",   "class",    "const", "constexpr",
        "delete", "do",     "double",   "else",     "false",  "float",    "for",   "if",
        "int",    "long",   "new",      "noexcept", "not",    "nullptr",  "or",    "return",
        "short",  "sizeof", "static",   "std",      "struct", "template", "this",  "throw",
        "true",   "try",    "unsigned", "using",    "void",   "volatile", "while", "and"};
    return words.contains(word);
}

// Every variable that the text mentions: not what it calls, qualifies or declares.
void vote_for_mentions(votes& out, const std::string& text)
{
    static const std::regex declared(
        R"((?:[\w>&*]\s+|&|\*)([A-Za-z_]\w*)\s*(?:=[^=]|\{|\(|;|:[^:]))");
    std::set<std::string> local;
    for (std::sregex_iterator match(text.begin(), text.end(), declared), end; match != end;
         ++match) {
        const std::string before = match->prefix().str() + match->str().substr(0, 1);
        if (before.find_first_not_of(' ') != std::string::npos && !before.ends_with("return")) {
            local.insert((*match)[1].str());
        }
    }
    static const std::regex mention(expression + R"((?!\w)(?!\.|->)(?!\s*(?:\(|::|<\w)))");
    for (std::sregex_iterator match(text.begin(), text.end(), mention), end; match != end;
         ++match) {
        const std::string word = (*match)[1].str();
        const bool qualified = match->position() > 0 && text[match->position() - 1] == ':';
        if (!qualified && !local.contains(word) && !is_word_of_the_language(word)) {
            out[word] += a_mention;
        }
    }
}

void vote_on_variable(votes& out, const std::string& text, const event& one)
{
    static const std::regex access(
        expression +
        R"((?:\.|->)(?:load|store|exchange|compare_exch\w*|fetch_\w+|test\w*|clear)\()");
    static const std::regex wait(expression + R"((?:\.|->)(?:wait|notify)\w*\()");
    static const std::regex change(R"((?:^|[;{)]\s*))" + expression +
                                   R"(\s*(?:[-+*/%|&^]|<<|>>)?=(?!=))");
    static const std::regex step(R"((?:\+\+|--))" + expression);
    static const std::regex step_after(expression + R"((?:\+\+|--))");
    const bool waits = one.what == op::atomic_wait || one.what == op::atomic_notify;
    if (one.object_sort == sort::atomic) {
        vote_for(out, text, waits ? wait : access, a_call);
    }
    if (one.what == op::write || one.what == op::store || one.what == op::exchange) {
        vote_for(out, text, change, a_change);
        vote_for(out, text, step, a_change);
        vote_for(out, text, step_after, a_change);
    }
    vote_for_mentions(out, text);
}

// "items_" in "items_.push_back(1)": not the lock or the condition that the line also uses.
void vote_on_container(votes& out, const std::string& text)
{
    static const std::regex call(
        expression + R"((?:\.|->)(?!wait|notify|lock|unlock|try_|load|store|join)\w+\()");
    static const std::regex index(R"(([A-Za-z_]\w*(?:(?:\.|->)[A-Za-z_]\w*)*)\[)");
    vote_for(out, text, call, a_call);
    vote_for(out, text, index, a_change);
    static const std::regex append(expression + R"(\s*\+?=(?!=))");
    vote_for(out, text, append, a_mention);
}

void vote(votes& out, const event& one, const place& where)
{
    switch (one.object_sort) {
    case sort::mutex:
    case sort::recursive_mutex:
    case sort::shared_mutex:
        vote_on_lock(out, where.text);
        return;
    case sort::condition: {
        static const std::regex call(expression + R"((?:\.|->)(?:wait|notify)\w*\()");
        vote_for(out, where.text, call, a_call);
        return;
    }
    case sort::semaphore: {
        static const std::regex call(expression + R"((?:\.|->)(?:try_)?(?:acquire|release)\w*\()");
        vote_for(out, where.text, call, a_call);
        return;
    }
    default:
        break;
    }
    if (!is_inside_library(one, where)) {
        vote_on_variable(out, where.text, one);
    } else if (const std::string part = library_part(where.library); !part.empty()) {
        out[part] += a_mention;
    } else {
        vote_on_container(out, where.text);
    }
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
    using question = std::tuple<std::string, std::string, sort, op>;
    std::map<question, votes> answered; // lines come again and again
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
        if (where.known()) {
            const auto [answer, fresh] =
                answered.try_emplace({where.text, where.library, one.object_sort, one.what});
            if (fresh) {
                vote(answer->second, one, where);
            }
            for (const auto& [name, weight] : answer->second) {
                those[name] += weight;
            }
        }
    }
    for (const auto& [address, those] : all) {
        choose(address, those);
    }
    tell_apart(book);
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
void names::tell_apart(const ledger& book)
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
        if (one.address == 0 || !one.shown || !done.insert(one.address).second) {
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
