// The lecture's solution: one task per number, on any pool that has apply_async().
//
// A template, because both pools are to run it; hence the one function of this exercise that is
// written in a header.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "calc_primes.hpp"

#include <future>
#include <vector>

/// The primes below `end`, ascending: one task for each number from 0 to end - 1, all queued before
/// the first result is asked for. Blocks until the last result is there.
template <class Pool>
std::vector<int> calc_primes_pool(Pool& pool, int end)
{
    std::vector<std::future<bool>> results;
    for (int n = 0; n < end; ++n) {
        results.push_back(pool.apply_async(is_prime, n));
    }

    std::vector<int> primes;
    for (int n = 0; n < end; ++n) {
        if (results[n].get()) {
            primes.push_back(n);
        }
    }
    return primes;
}
