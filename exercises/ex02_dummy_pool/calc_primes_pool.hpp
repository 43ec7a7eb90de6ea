// The lecture's solution: one task per number, on any pool that has apply_async().
//
// A template, because both pools are to run it; hence the one function of this exercise that you
// write in a header.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "calc_primes.hpp"
#include "given/todo.hpp"

#include <future>
#include <vector>

/// The primes below `end`, ascending: one task for each number from 0 to end - 1, all queued before
/// the first result is asked for. Blocks until the last result is there.
template <class Pool>
std::vector<int> calc_primes_pool([[maybe_unused]] Pool& pool, [[maybe_unused]] int end)
{
    todo("queue is_prime for each number below end, then ask the futures one after another");
}
