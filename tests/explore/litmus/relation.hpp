// Relations between the events of a small program.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace litmus {

inline constexpr std::size_t most_events = 32;

// Between events: bit b of row a says that a comes before b.
class relation {
public:
    void add(std::size_t a, std::size_t b) { row_[a] |= 1u << b; }
    void add(const relation& other)
    {
        for (std::size_t i = 0; i < most_events; ++i) {
            row_[i] |= other.row_[i];
        }
    }
    bool has(std::size_t a, std::size_t b) const { return (row_[a] >> b & 1) != 0; }
    std::uint32_t after(std::size_t a) const { return row_[a]; }

    void close()
    {
        for (std::size_t via = 0; via < most_events; ++via) {
            for (std::size_t i = 0; i < most_events && row_[via] != 0; ++i) {
                if (has(i, via)) {
                    row_[i] |= row_[via];
                }
            }
        }
    }

    bool is_cyclic() const
    {
        relation closed = *this;
        closed.close();
        for (std::size_t i = 0; i < most_events; ++i) {
            if (closed.has(i, i)) {
                return true;
            }
        }
        return false;
    }

private:
    std::array<std::uint32_t, most_events> row_{};
};

template <class Deed>
void for_each_in(std::uint32_t set, Deed deed)
{
    for (; set != 0; set &= set - 1) {
        deed(static_cast<std::size_t>(std::countr_zero(set)));
    }
}

} // namespace litmus
