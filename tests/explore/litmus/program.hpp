// A litmus program: a few threads with a few operations on atomics, as the literature writes them.
//
// As text: threads are separated by |, operations by ; and the atomics are called w, x, y, z:
//
//   x = 1 rlx           a store
//   x rlx               a load
//   x := 1 acq_rel      an exchange
//   x 0 -> 1 rel rlx    a compare_exchange_strong: from 0 to 1, and the order if it fails
//   fence sc            a fence
//
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <set>
#include <string>
#include <vector>

namespace litmus {

enum class deed { load, store, exchange, compare_exchange, fence };

constexpr int most_atomics = 4;
constexpr const char* names_of_atomics = "wxyz";

struct instruction {
    deed what = deed::load;
    int on = 0;       // which atomic
    int expected = 0; // by a compare_exchange
    int value = 0;    // to be written
    std::memory_order order = std::memory_order_seq_cst;
    std::memory_order order_if_not = std::memory_order_seq_cst;
};

inline bool acquires(std::memory_order order)
{
    return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst;
}

inline bool releases(std::memory_order order)
{
    return order == std::memory_order_release || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst;
}

using program = std::vector<std::vector<instruction>>; // by thread

/// Throws std::invalid_argument.
program parse(const std::string& text);
std::string text_of(const program& what);

/// What the program came to: the values that were read, in the order of the text, then the last
/// value of each atomic. As text: "0 1 | w=0 x=1 y=1 z=0".
using outcome = std::vector<int>;
std::string text_of(const program& what, const outcome& came);

/// Whether it is one that `condition` describes: the values read and some last values, such as
/// "0 1 | x=1"; ? stands for any value.
bool satisfies(const program& what, const outcome& came, const std::string& condition);

/// By which rules an execution is consistent.
enum class model {
    cxx20,    // the standard's, which leaves it open what values out of thin air are
    explorer, // of these, the executions in which happens-before, reads-from and the order of the
              // seq_cst operations together have no cycle: the fragment that C11Tester explores
};

/// All outcomes that the model allows, by trying all ways in which each read could get its value
/// and each atomic's writes could follow one another.
std::set<outcome> allowed_outcomes(const program& what, model by);

} // namespace litmus
