// Litmus programs as text.
//
// SPDX-License-Identifier: MIT
#include "explore/litmus/program.hpp"

#include <cstddef>
#include <cstring>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace litmus {
namespace {

constexpr std::pair<const char*, std::memory_order> orders[] = {
    {"rlx", std::memory_order_relaxed}, {"acq", std::memory_order_acquire},
    {"rel", std::memory_order_release}, {"acq_rel", std::memory_order_acq_rel},
    {"sc", std::memory_order_seq_cst},
};

const char* name_of(std::memory_order order)
{
    for (const auto& [name, is] : orders) {
        if (is == order) {
            return name;
        }
    }
    return "?";
}

class reader {
public:
    explicit reader(const std::string& text) : in_(text) {}

    program whole()
    {
        program all(1);
        for (std::string word; in_ >> word;) {
            if (word == "|") {
                all.emplace_back();
            } else if (word != ";") {
                all.back().push_back(word == "fence" ? fence() : operation_on(word));
            }
        }
        return all;
    }

private:
    instruction fence() { return {deed::fence, 0, 0, 0, order(), {}}; }

    instruction operation_on(const std::string& name)
    {
        instruction made;
        made.on = atomic_called(name);
        const std::string next = word();
        if (next == "=" || next == ":=") {
            made.what = next == "=" ? deed::store : deed::exchange;
            made.value = number(word());
            made.order = order();
        } else if (next.find_first_not_of("0123456789") == std::string::npos) {
            made.what = deed::compare_exchange;
            made.expected = number(next);
            expect("->");
            made.value = number(word());
            made.order = order();
            made.order_if_not = order();
        } else {
            made.order = order_called(next);
        }
        return made;
    }

    std::string word()
    {
        std::string next;
        if (!(in_ >> next)) {
            throw std::invalid_argument("the litmus program breaks off: " + in_.str());
        }
        return next;
    }

    void expect(const std::string& wanted)
    {
        if (word() != wanted) {
            throw std::invalid_argument("no '" + wanted + "' in the litmus program " + in_.str());
        }
    }

    static int number(const std::string& digits) { return std::stoi(digits); }

    static int atomic_called(const std::string& name)
    {
        const char* found = name.size() == 1 ? std::strchr(names_of_atomics, name[0]) : nullptr;
        if (found == nullptr) {
            throw std::invalid_argument("no atomic is called " + name);
        }
        return static_cast<int>(found - names_of_atomics);
    }

    std::memory_order order() { return order_called(word()); }

    static std::memory_order order_called(const std::string& wanted)
    {
        for (const auto& [name, is] : orders) {
            if (wanted == name) {
                return is;
            }
        }
        throw std::invalid_argument("no memory order is called " + wanted);
    }

    std::istringstream in_;
};

std::string text_of(const instruction& one)
{
    const std::string name(1, names_of_atomics[one.on]);
    const std::string order = std::string(" ") + name_of(one.order);
    switch (one.what) {
    case deed::load:
        return name + order;
    case deed::store:
        return name + " = " + std::to_string(one.value) + order;
    case deed::exchange:
        return name + " := " + std::to_string(one.value) + order;
    case deed::compare_exchange:
        return name + " " + std::to_string(one.expected) + " -> " + std::to_string(one.value) +
               order + " " + name_of(one.order_if_not);
    case deed::fence:
        return "fence" + order;
    }
    return "";
}

std::size_t reads_in(const program& what)
{
    std::size_t count = 0;
    for (const auto& thread : what) {
        for (const instruction& one : thread) {
            count += one.what != deed::store && one.what != deed::fence;
        }
    }
    return count;
}

} // namespace

program parse(const std::string& text)
{
    return reader(text).whole();
}

std::string text_of(const program& what)
{
    std::string text;
    for (const auto& thread : what) {
        text += text.empty() ? "" : " | ";
        for (std::size_t i = 0; i < thread.size(); ++i) {
            text += (i == 0 ? "" : " ; ") + text_of(thread[i]);
        }
    }
    return text;
}

std::string text_of(const program& what, const outcome& came)
{
    const std::size_t reads = reads_in(what);
    std::string text;
    for (std::size_t i = 0; i < reads; ++i) {
        text += std::to_string(came[i]) + " ";
    }
    text += "|";
    for (std::size_t i = 0; i < most_atomics; ++i) {
        text += std::string(" ") + names_of_atomics[i] + "=" + std::to_string(came[reads + i]);
    }
    return text;
}

bool satisfies(const program& what, const outcome& came, const std::string& condition)
{
    std::istringstream in(condition);
    std::size_t at = 0;
    std::string word;
    for (; in >> word && word != "|"; ++at) {
        if (word != "?" && std::to_string(came.at(at)) != word) {
            return false;
        }
    }
    while (in >> word) {
        const auto on =
            static_cast<std::size_t>(std::strchr(names_of_atomics, word[0]) - names_of_atomics);
        if (std::to_string(came.at(reads_in(what) + on)) != word.substr(2)) {
            return false;
        }
    }
    return true;
}

} // namespace litmus
