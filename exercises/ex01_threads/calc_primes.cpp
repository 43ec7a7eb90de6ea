// Threads that share the work of finding primes: yours to write, in three steps.
//
// SPDX-License-Identifier: MIT
#include "calc_primes.hpp"

#include "given/todo.hpp"

bool is_prime([[maybe_unused]] int n)
{
    todo("say whether n is prime: at least 2, and no number from 2 to n / 2 divides it");
}

std::vector<int> calc_primes([[maybe_unused]] int end, [[maybe_unused]] int threads,
                             [[maybe_unused]] const std::function<bool(int)>& test)
{
    todo("share the numbers out to the threads, each with a result of its own");
}

std::vector<int> calc_primes_shared([[maybe_unused]] int end, [[maybe_unused]] int threads,
                                    [[maybe_unused]] const std::function<bool(int)>& test)
{
    todo("let all the threads add to one result, first without a lock and then with one");
}
