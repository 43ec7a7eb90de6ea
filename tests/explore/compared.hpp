// What a condition compared, so that one which does not hold tells the values of both sides.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare" // of constants, which only here are no constants
#pragma GCC diagnostic ignored "-Wfloat-equal"

namespace explorer::detail {

// The thread of the running schedule that has this handle; -1: none.
int thread_number(std::uint64_t handle);

inline std::string number_in_words(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", value);
    return text;
}

inline std::string words(std::thread::id id)
{
    std::uint64_t handle = 0;
    static_assert(sizeof handle == sizeof id);
    std::memcpy(&handle, &id, sizeof handle);
    const int number = thread_number(handle);
    return handle == 0 ? "no thread" : number < 0 ? "another thread" : "T" + std::to_string(number);
}

template <class Number, class Ratio>
std::string words(std::chrono::duration<Number, Ratio> time)
{
    return number_in_words(std::chrono::duration<double>(time).count()) + " s";
}

// With "\n" for the end of a line.
inline std::string on_one_line(std::string_view text)
{
    std::string out;
    for (const char one : text) {
        out += one == '\n' ? std::string("\\n") : std::string(1, one);
    }
    return out;
}

// Empty: it has none that people could read.
template <class T>
std::string words(const T& value)
{
    if constexpr (std::is_same_v<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_integral_v<T>) {
        return std::to_string(value);
    } else if constexpr (std::is_floating_point_v<T>) {
        return number_in_words(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view> &&
                         !std::is_null_pointer_v<T>) {
        return "\"" + on_one_line(value) + "\"";
    } else if constexpr (requires { value.has_value(), *value; }) {
        return value.has_value() ? words(*value) : "nothing";
    } else if constexpr (requires { value.begin() != value.end(), *value.begin(); }) {
        std::string all;
        for (const auto& one : value) {
            const std::string text = words(one);
            if (text.empty()) {
                return {};
            }
            all += (all.empty() ? "" : ", ") + text;
        }
        return "{" + all + "}";
    } else {
        return {};
    }
}

// Of a part of a condition, that the report may tell of it if the whole does not hold either.
void remember(const char* was);

struct comparison {
    bool holds;
    std::string was; // "1 == 2"; empty: it holds, or there are no words for it

    // The left side of || or &&.
    explicit operator bool() const
    {
        if (!holds) {
            remember(was.c_str());
        }
        return holds;
    }
};

// An atomic is read once: another look would be another step of the schedule.
template <class T>
const T& settled(const T& value)
{
    return value;
}
template <class T>
T settled(const std::atomic<T>& value)
{
    return value.load();
}

template <class Left, class Right>
comparison compared(bool holds, const Left& left, const char* sign, const Right& right)
{
    if (holds) {
        return {true, {}};
    }
    const std::string one = words(left);
    const std::string other = words(right);
    return {false, one.empty() || other.empty() ? std::string() : one + sign + other};
}

// The left side, which the rest of the condition is applied to.
template <class T>
struct left_side {
    const T& value;

    explicit operator bool() const { return static_cast<bool>(value); }

#define EXPLORER_COMPARES(sign)                                                                    \
    template <class Right>                                                                         \
    comparison operator sign(const Right& right) const                                             \
    {                                                                                              \
        const auto& other = settled(right);                                                        \
        return compared(static_cast<bool>(value sign other), value, " " #sign " ", other);         \
    }
    EXPLORER_COMPARES(==)
    EXPLORER_COMPARES(!=)
    EXPLORER_COMPARES(<)
    EXPLORER_COMPARES(<=)
    EXPLORER_COMPARES(>)
    EXPLORER_COMPARES(>=)
#undef EXPLORER_COMPARES
};

// Begins a condition: `begin{} <= a == b` applies to a first, which is then compared with b.
struct begin {
    template <class T>
    left_side<T> operator<=(const T& value) const
    {
        return {value};
    }
    template <class T>
    struct read_atomic : left_side<T> {
        explicit read_atomic(T now) : left_side<T>{kept}, kept(now) {}
        read_atomic(const read_atomic&) = delete;
        T kept;
    };
    template <class T>
    read_atomic<T> operator<=(const std::atomic<T>& value) const
    {
        return read_atomic<T>(value.load());
    }
};

} // namespace explorer::detail

#pragma GCC diagnostic pop
