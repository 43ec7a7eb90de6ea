// SPDX-License-Identifier: MIT
#include "explore/report/votes.hpp"

#include "explore/pattern.hpp"
#include "explore/report/names.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <string_view>

namespace explorer {
namespace {

// How strongly a line's text speaks for a name.
constexpr int a_mention = 1;
constexpr int a_member = 2; // by its name, of what is no variable of the thread's own
constexpr int a_change = 3; // "x = 1", "++x"
constexpr int a_call = 4;   // "x.store(1)", "mutex.lock()"
constexpr int a_declared_guard =
    8; // "std::lock_guard lock(mutex)": "lock.unlock()" is the same one

#define VARIABLE "[A-Za-z_]\\w*((\\.|->)[A-Za-z_]\\w*)*"
#define EXPRESSION "(" VARIABLE "(\\[\\w+\\])?)"

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

void vote_for(votes& out, const std::string& text, const pattern& pattern, int weight)
{
    pattern.for_each(text, [&](const pattern::found& one) { out[one.name] += weight; });
}

void vote_on_lock(votes& out, const std::string& text)
{
    static const pattern guard(
        "(lock_guard|unique_lock|scoped_lock|shared_lock)\\b[^({;]*[({]\\s*" EXPRESSION
        "\\s*([)}]|,\\s*(std::)?(defer_lock|adopt_lock|try_to_lock|stop|[0-9]))",
        2);
    static const pattern call(EXPRESSION "(\\.|->)(try_)?(un)?lock\\w*\\(");
    vote_for(out, text, guard, a_declared_guard);
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

} // namespace

std::set<std::string> declared_in(const std::string& text)
{
    static const pattern declared(
        "([[:alnum:]_>&*]\\s+|&|\\*)([A-Za-z_]\\w*)\\s*(=[^=]|\\{|\\(|;|:[^:])", 2);
    std::set<std::string> local; // they are somebody else's
    declared.for_each(text, [&](const pattern::found& one) {
        const std::string before = one.before + one.match[0];
        static constexpr const char* others[] = {"return", "else", "throw", "delete", "await"};
        const bool uses = std::any_of(std::begin(others), std::end(others),
                                      [&](const char* word) { return before.ends_with(word); });
        if (before.find_first_not_of(' ') != std::string::npos && !uses) {
            local.insert(one.name);
        }
    });
    return local;
}

namespace {

bool is_of_a_word(char one)
{
    return std::isalnum(static_cast<unsigned char>(one)) != 0 || one == '_';
}

int mentions_of(const std::string& name, const std::string& text)
{
    int found = 0;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
        const auto end = at + name.size();
        found += (at == 0 || !is_of_a_word(text[at - 1])) &&
                         (end == text.size() || !is_of_a_word(text[end]))
                     ? 1
                     : 0;
    }
    return found;
}

// Whether what stands before `rest` is a variable: no member of it follows, and it is neither
// called nor qualifies a name nor takes template arguments.
bool ends_a_variable(std::string_view rest)
{
    if (rest.starts_with('.') || rest.starts_with("->")) {
        return false;
    }
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const bool arguments = rest.size() > 1 && rest[0] == '<' && is_of_a_word(rest[1]);
    return !rest.starts_with('(') && !rest.starts_with("::") && !arguments;
}

// "[i]", if the text begins with such an index, else empty.
std::string_view index_at(std::string_view text)
{
    std::size_t end = 1;
    while (text.starts_with('[') && end < text.size() && is_of_a_word(text[end])) {
        ++end;
    }
    return end > 1 && end < text.size() && text[end] == ']' ? text.substr(0, end + 1)
                                                            : std::string_view();
}

// Every variable that the text mentions: not what it calls, qualifies or declares, unless it is
// about a local variable.
void vote_for_mentions(votes& out, const std::string& text, bool is_local)
{
    const std::set<std::string> local = is_local ? std::set<std::string>() : declared_in(text);
    static const pattern mention("(" VARIABLE ")");
    std::size_t taken = 0; // up to here
    mention.for_each(text, [&](const pattern::found& one) {
        if (one.begin < taken) {
            return;
        }
        std::string_view rest(text);
        rest.remove_prefix(one.name_end);
        std::string word = one.name;
        const std::string_view index = index_at(rest);
        if (!index.empty() && ends_a_variable(rest.substr(index.size()))) {
            word += index;
            taken = one.name_end + index.size();
        } else if (!ends_a_variable(rest)) {
            return;
        }
        const bool qualified = one.begin > 0 && text[one.begin - 1] == ':';
        if (!qualified && !local.contains(word) && !is_word_of_the_language(word)) {
            out[word] += a_mention;
        }
    });
}

void vote_on_variable(votes& out, const std::string& text, const event& one)
{
    static const pattern access(EXPRESSION "(\\.|->)(load|store|exchange|compare_exch\\w*|"
                                           "fetch_\\w+|test\\w*|clear)\\(");
    static const pattern wait(EXPRESSION "(\\.|->)(wait|notify)\\w*\\(");
    static const pattern change("(^|[;{)]\\s*)" EXPRESSION "\\s*([-+*/%|&^]|<<|>>)?=([^=]|$)", 2);
    static const pattern step("(\\+\\+|--)" EXPRESSION, 2);
    static const pattern step_after(EXPRESSION "(\\+\\+|--)");
    const bool waits = one.what == op::atomic_wait || one.what == op::atomic_notify;
    if (one.object_sort == sort::atomic) {
        vote_for(out, text, waits ? wait : access, a_call);
    }
    if (one.what == op::write || one.what == op::store || one.what == op::exchange) {
        vote_for(out, text, change, a_change);
        vote_for(out, text, step, a_change);
        vote_for(out, text, step_after, a_change);
    }
    vote_for_mentions(out, text, one.stack_owner != 0);
    for (auto& [name, weight] : out) {
        weight += name.ends_with('_') && !is_on_own_stack(one) ? a_member : 0;
    }
}

} // namespace

std::set<std::string> only_assigned_in(const std::string& text)
{
    static const pattern assigned("(^|[;{)]\\s*)" EXPRESSION "\\s*=([^=]|$)", 2);
    std::set<std::string> names;
    assigned.for_each(text, [&](const pattern::found& one) {
        if (mentions_of(one.name, text) == 1) {
            names.insert(one.name);
        }
    });
    return names;
}

namespace {

// A call of a lock, a condition or an atomic.
bool is_of_another_kind(std::string_view call)
{
    call.remove_prefix(call.starts_with('.') ? 1 : 2);
    static constexpr std::string_view others[] = {"wait", "notify", "lock",  "unlock",
                                                  "try_", "load",   "store", "join"};
    return std::any_of(std::begin(others), std::end(others),
                       [&](std::string_view other) { return call.starts_with(other); });
}

// "items_" in "items_.push_back(1)": not the lock or the condition that the line also uses.
void vote_on_container(votes& out, const std::string& text)
{
    static const pattern call(EXPRESSION "(\\.|->)\\w+\\(");
    call.for_each(text, [&](const pattern::found& one) {
        if (!is_of_another_kind(one.match.substr(one.name.size()))) {
            out[one.name] += a_call;
        }
    });
    static const pattern index("(" VARIABLE ")\\[");
    vote_for(out, text, index, a_change);
    static const pattern append(EXPRESSION "\\s*\\+?=([^=]|$)");
    vote_for(out, text, append, a_mention);
}

} // namespace

void vote(votes& out, const event& one, const place& where)
{
    switch (one.object_sort) {
    case sort::mutex:
    case sort::recursive_mutex:
    case sort::shared_mutex:
        vote_on_lock(out, where.text);
        return;
    case sort::condition: {
        static const pattern call(EXPRESSION "(\\.|->)(wait|notify)\\w*\\(");
        vote_for(out, where.text, call, a_call);
        return;
    }
    case sort::semaphore: {
        static const pattern call(EXPRESSION "(\\.|->)(try_)?(acquire|release)\\w*\\(");
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

} // namespace explorer
