// Threads that share the work of finding primes.
//
// Thread k takes every n-th number, starting with k: nothing has to be handed out while they run.
// Each thread writes only what is its own (its list, its error) or holds the lock of what is not.
// The caller joins them all, on every way out of run_on_threads().
//
// SPDX-License-Identifier: MIT
#include "calc_primes.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

void require_a_thread(int threads)
{
    if (threads < 1) {
        throw std::invalid_argument("threads: " + std::to_string(threads) + " is less than 1");
    }
}

/// Runs work(0) to work(threads - 1), each on its own thread, and waits for all of them; then
/// throws the first error in the threads' order, if any of them failed.
void run_on_threads(int threads, const std::function<void(int)>& work)
{
    std::vector<std::exception_ptr> errors(threads); // errors[k] belongs to thread k until joined
    {
        // A jthread joins in its destructor. So the end of this block waits for all of them, also
        // when the fourth cannot be started and emplace_back() throws with three already running.
        std::vector<std::jthread> running;
        for (int k = 0; k < threads; ++k) {
            running.emplace_back([k, &work, &error = errors[k]] {
                try {
                    work(k);
                } catch (...) {
                    error = std::current_exception(); // leaving a thread by exception ends us all
                }
            });
        }
    }
    for (const std::exception_ptr& error : errors) {
        if (error) {
            std::rethrow_exception(error);
        }
    }
}

} // namespace

bool is_prime(int n)
{
    for (int divisor = 2; divisor <= n / 2; ++divisor) {
        if (n % divisor == 0) {
            return false;
        }
    }
    return n >= 2;
}

std::vector<int> calc_primes(int end, int threads, const std::function<bool(int)>& test)
{
    require_a_thread(threads);
    std::vector<std::vector<int>> found(threads); // found[k] belongs to thread k until joined
    run_on_threads(threads, [&](int k) {
        for (int n = k; n < end; n += threads) {
            if (test(n)) {
                found[k].push_back(n);
            }
        }
    });

    std::vector<int> primes;
    for (const std::vector<int>& part : found) {
        primes.insert(primes.end(), part.begin(), part.end());
    }
    std::sort(primes.begin(), primes.end());
    return primes;
}

std::vector<int> calc_primes_shared(int end, int threads, const std::function<bool(int)>& test)
{
    require_a_thread(threads);
    std::mutex mutex;
    std::vector<int> primes; // guarded by mutex until the threads are joined
    run_on_threads(threads, [&](int k) {
        for (int n = k; n < end; n += threads) {
            if (test(n)) {
                std::lock_guard lock(mutex);
                primes.push_back(n);
            }
        }
    });

    std::sort(primes.begin(), primes.end());
    return primes;
}
