// Values as bytes, for the way to another process and back. Sender and receiver are copies of one
// program, so a value's bytes in memory mean the same to both; what must not travel is an address:
// it points into the sender's memory.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace given {

// Trivially copyable, but an address inside.
template <class T>
inline constexpr bool is_view = false;
template <class Char, class Traits>
inline constexpr bool is_view<std::basic_string_view<Char, Traits>> = true;
template <class T, std::size_t Extent>
inline constexpr bool is_view<std::span<T, Extent>> = true;
template <class T>
inline constexpr bool is_view<std::reference_wrapper<T>> = true;

/// Can be sent as its bytes in memory. A struct that hides a pointer passes, too: C++20 cannot look
/// inside. Do not send one.
template <class T>
concept plain =
    std::is_object_v<T> && std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
    !std::is_member_pointer_v<T> && !std::is_array_v<T> && !std::is_const_v<T> && !is_view<T>;

template <class T>
inline constexpr bool is_vector_of_plain = false;
template <plain T>
inline constexpr bool is_vector_of_plain<std::vector<T>> =
    std::default_initializable<T> && !std::same_as<T, bool>;

/// What a task of a process pool may take and return: a trivially copyable value that is no
/// pointer, a std::string, a std::vector of such values (not of bool, which has no bytes to send).
template <class T>
concept sendable = plain<T> || std::same_as<T, std::string> || is_vector_of_plain<T>;

/// Bytes that are not what the receiver expects.
class encoding_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Appends values to a string of bytes.
class encoder {
public:
    template <sendable T>
    void put(const T& value)
    {
        if constexpr (plain<T>) {
            append(&value, sizeof value);
        } else {
            put(value.size());
            append(value.data(), value.size() * sizeof(typename T::value_type));
        }
    }

    /// All that was put; afterwards the encoder is empty.
    std::string take() { return std::move(bytes_); }

private:
    void append(const void* data, std::size_t size)
    {
        bytes_.append(static_cast<const char*>(data), size);
    }

    std::string bytes_;
};

/// Takes values out again, in the order in which they were put. Throws encoding_error rather than
/// read beyond the end. The bytes must outlive the decoder.
class decoder {
public:
    explicit decoder(std::string_view bytes) : rest_(bytes) {}

    template <sendable T>
    T get()
    {
        if constexpr (plain<T>) {
            std::array<std::byte, sizeof(T)> value;
            std::memcpy(value.data(), next(sizeof(T)).data(), sizeof(T));
            return std::bit_cast<T>(value);
        } else {
            using element = typename T::value_type;
            const auto count = get<std::size_t>();
            if (count > rest_.size() / sizeof(element)) {
                throw encoding_error("a length beyond the message's end");
            }
            const auto bytes = next(count * sizeof(element));
            T values(count, element());
            if (count > 0) {
                std::memcpy(values.data(), bytes.data(), bytes.size());
            }
            return values;
        }
    }

    /// Everything that was not taken yet; nothing is left.
    std::string_view rest() { return next(rest_.size()); }

    void expect_end() const
    {
        if (!rest_.empty()) {
            throw encoding_error("bytes left over at the message's end");
        }
    }

private:
    std::string_view next(std::size_t size)
    {
        if (size > rest_.size()) {
            throw encoding_error("a message too short");
        }
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
};

} // namespace given
