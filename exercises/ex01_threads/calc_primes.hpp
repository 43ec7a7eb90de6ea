// The primes below a number, found by several threads that share the work.
//
// The caller's thread starts the others, waits for all of them and only then returns or throws:
// no thread outlives the call. Two ways to collect the result: each thread has its own, put
// together at the end, or all have one in common, which a lock guards.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

/// Whether n is a prime number. Tries every divisor from 2 to n / 2: slow on purpose, so that there
/// is work to share. Numbers below 2 are not prime.
bool is_prime(int n);

/// The numbers from 0 to end - 1 that pass `test`, ascending; each is tested once, on one of
/// `threads` threads started for it. Each thread collects what it finds by itself.
///
/// Blocks until all of them are joined. Throws std::invalid_argument when threads < 1, what `test`
/// threw (one of the errors, if there are several), or std::system_error when a thread cannot be
/// started. `test` is called from several threads at once, never from the caller's.
std::vector<int> calc_primes(int end, int threads, const std::function<bool(int)>& test = is_prime);

/// The same promise as calc_primes(), kept in another way: all the threads add what they find to
/// one result. They hold its lock while they add, and not while they test.
std::vector<int> calc_primes_shared(int end, int threads,
                                    const std::function<bool(int)>& test = is_prime);
