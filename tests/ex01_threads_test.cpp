// What ex01 promises: is_prime by itself, then the two ways in which threads share the work.
//
// The work that the threads do is passed in, so the tests look from inside it: who calls, how many
// at once, how often. Work that meets the other threads (a rendezvous) passes only if they really
// run at the same time. What one run in a thousand would show is explored: every schedule is tried.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/drawn.hpp"
#include "support/inside_work.hpp"
#include "support/scarce_threads.hpp"
#include "support/stacks_of.hpp"
#include "support/thread_state.hpp"

#include "calc_primes.hpp"

#include <atomic>
#include <limits>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <malloc.h>
#include <unistd.h>

namespace {

using numbers = std::vector<int>;
using support::drawn;

const numbers primes_below_50 = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47};

/// The primes below end by another method: cross out the multiples.
numbers sieve(int end)
{
    std::vector<char> crossed(end > 0 ? end : 0, 0);
    numbers primes;
    for (int n = 2; n < end; ++n) {
        if (!crossed[n]) {
            primes.push_back(n);
            for (int multiple = 2 * n; multiple < end; multiple += n) {
                crossed[multiple] = 1;
            }
        }
    }
    return primes;
}

numbers up_to(int end)
{
    numbers all(end);
    std::iota(all.begin(), all.end(), 0);
    return all;
}

/// What `call` threw as std::invalid_argument, as text.
template <class Call>
std::string refusal(Call call)
{
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool mentions(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// Run under every schedule: two threads share four numbers, every one of which passes.
template <class Calc>
void share_four_numbers(Calc calc)
{
    std::atomic<int> tested = 0;
    const numbers found = calc(4, 2, [&](int) {
        ++tested;
        return true;
    });
    EXPLORE_REQUIRE(tested == 4);
    EXPLORE_REQUIRE((found == numbers{0, 1, 2, 3}));
}

// Run under every schedule: one number's test throws. Nobody may use what the caller then destroys.
template <class Calc>
void throw_and_tidy_up(Calc calc)
{
    auto started = std::make_unique<std::atomic<int>>(0);
    auto ended = std::make_unique<std::atomic<int>>(0);
    bool thrown = false;
    try {
        calc(2, 2, [&](int n) {
            ++*started;
            if (n == 0) {
                throw std::runtime_error("boom");
            }
            ++*ended;
            return true;
        });
    } catch (const std::runtime_error&) {
        thrown = true;
    }
    EXPLORE_REQUIRE(thrown);
    EXPLORE_REQUIRE(*started == *ended + 1);
}

// Run under every schedule: both threads fail.
template <class Calc>
void fail_at_once(Calc calc)
{
    bool thrown = false;
    try {
        calc(2, 2, [](int) -> bool { throw std::runtime_error("boom"); });
    } catch (const std::runtime_error&) {
        thrown = true;
    }
    EXPLORE_REQUIRE(thrown);
}

/// While it lives, memory that is given back is overwritten: whoever goes on to use it, falls.
class spoilt_when_freed {
public:
    spoilt_when_freed() { mallopt(M_PERTURB, 0x5a); }
    spoilt_when_freed(const spoilt_when_freed&) = delete;
    spoilt_when_freed& operator=(const spoilt_when_freed&) = delete;
    ~spoilt_when_freed() { mallopt(M_PERTURB, 0); }
};

// So many that an answer leaves the range of an int if it multiplies one by the other.
template <class Calc>
void share_many_numbers(Calc calc)
{
    constexpr int end = 4'800'000;
    constexpr int threads = 450;
    const support::stacks_of room_for_many{std::size_t{256} << 10};
    const numbers found = calc(end, threads, [](int n) { return n % 1000 == 0; });

    numbers expected;
    for (int n = 0; n < end; n += 1000) {
        expected.push_back(n);
    }
    INFO(end << " numbers, " << threads << " threads; an int ends at "
             << std::numeric_limits<int>::max() << ", and their product lies beyond that");
    REQUIRE((found == expected)); // in brackets, lest thousands be printed
}

// Neither is what most throw, and the second is no std::exception.
template <class Calc>
void throw_what_is_rare(Calc calc)
{
    REQUIRE_THROWS_AS(calc(4, 2, [](int) -> bool { throw std::out_of_range("far away"); }),
                      std::out_of_range);
    REQUIRE_THROWS_AS(calc(4, 2, [](int) -> bool { throw 42; }), int);
}

// With one thread, or one number, there is nothing to share; but it is not the caller's either.
template <class Calc>
void look_who_tests(Calc calc)
{
    for (const auto& [end, threads] :
         {std::pair(drawn(60, 40, 200), drawn(3, 2, 6)), std::pair(20, 1), std::pair(1, 3)}) {
        support::thread_counter workers;
        std::atomic<int> tested_by_caller = 0;
        const auto caller = std::this_thread::get_id();
        calc(end, threads, [&](int) {
            workers.count();
            tested_by_caller += std::this_thread::get_id() == caller;
            return false;
        });

        CAPTURE(end, threads);
        REQUIRE(tested_by_caller == 0);
        REQUIRE(workers.threads() >= 1);
        REQUIRE(workers.threads() <= threads);
    }
}

// Only two of the five can be started. Those go on when the caller has seen that and waits for
// them: what they write to must be there still.
template <class Calc>
void run_out_of_threads(Calc calc)
{
    const support::census before = support::take_census();
    const pid_t caller = gettid();
    std::atomic<int> tested = 0;
    {
        support::scarce_threads at_most_two;
        const spoilt_when_freed memory;
        REQUIRE_THROWS_AS(calc(20, 5,
                               [&](int) {
                                   at_most_two.claim();
                                   if (gettid() != caller) {
                                       support::eventually(
                                           [&] { return support::is_asleep(caller); });
                                   }
                                   ++tested;
                                   return true;
                               }),
                          std::system_error);
    }
    REQUIRE(tested >= 1);
    REQUIRE(support::back_to(before));
}

} // namespace

TEST_CASE("a number that nothing divides is prime", "[ex01][step1]")
{
    for (int n : {2, 3, 5, 7, sieve(drawn(98, 50, 7'000)).back(), 7919}) {
        CAPTURE(n);
        REQUIRE(is_prime(n));
    }
}

TEST_CASE("a number that something divides is not prime", "[ex01][step1]")
{
    for (int n : {4, 6, 9, 25, 7 * drawn(13, 2, 1'000), 7917}) {
        CAPTURE(n);
        REQUIRE_FALSE(is_prime(n));
    }
}

TEST_CASE("0 and 1 and negative numbers are not prime", "[ex01][step1]")
{
    for (int n : {1, 0, -1, -2, -7, -drawn(97, 8, 7'000)}) {
        CAPTURE(n);
        REQUIRE_FALSE(is_prime(n));
    }
}

TEST_CASE("the primes below 50 come in ascending order", "[ex01][step2]")
{
    REQUIRE(calc_primes(50, 5) == primes_below_50);
    const int end = drawn(60, 51, 400);
    REQUIRE(calc_primes(end, 5) == sieve(end));
}

TEST_CASE("the end itself is not included", "[ex01][step2]")
{
    const int prime = sieve(drawn(48, 10, 400)).back();
    REQUIRE(calc_primes(prime, 3) == sieve(prime));
    REQUIRE(calc_primes(prime + 1, 3) == sieve(prime + 1));
}

TEST_CASE("any number of threads finds the same primes", "[ex01][step2]")
{
    for (int end : {3, 10, 17, 100, drawn(101, 50, 400)}) {
        for (int threads = 1; threads <= 8; ++threads) {
            CAPTURE(end, threads);
            REQUIRE(calc_primes(end, threads) == sieve(end));
        }
    }
    share_many_numbers(calc_primes);
}

TEST_CASE("an end of 2 or less gives nothing", "[ex01][step2]")
{
    for (int end : {2, 1, 0, -1, -drawn(50, 2, 400)}) {
        CAPTURE(end);
        REQUIRE(calc_primes(end, 2).empty());
    }
}

TEST_CASE("more threads than numbers is fine", "[ex01][step2]")
{
    REQUIRE(calc_primes(3, 20) == numbers{2});
    REQUIRE(calc_primes(0, 3).empty());
}

TEST_CASE("fewer than one thread is refused with the number", "[ex01][step2]")
{
    REQUIRE_THROWS_AS(calc_primes(50, 0), std::invalid_argument);
    REQUIRE(mentions(refusal([] { calc_primes(50, -3); }), "-3"));
    const int wrong = -drawn(7, 4, 1'000);
    REQUIRE(mentions(refusal([wrong] { calc_primes(0, wrong); }), std::to_string(wrong)));
}

TEST_CASE("each number is tested exactly once", "[ex01][step2]")
{
    for (int end : {drawn(50, 20, 100), 1, 2, 3}) {
        for (int threads : {1, 2, 3, 5}) {
            std::vector<std::atomic<int>> tested(end);
            std::atomic<int> others = 0;
            const numbers found = calc_primes(end, threads, [&](int n) {
                ++(n >= 0 && n < end ? tested[n] : others);
                return true;
            });
            CAPTURE(end, threads);
            REQUIRE(others == 0);
            for (int n = 0; n < end; ++n) {
                CAPTURE(n);
                REQUIRE(tested[n] == 1);
            }
            REQUIRE(found == up_to(end)); // a test other than is_prime may pass 0 and 1
        }
    }
}

TEST_CASE("all the threads work at the same time", "[ex01][step2]")
{
    const int threads = drawn(5, 3, 9);
    support::meeting everyone(threads);
    const numbers found = calc_primes(threads, threads, [&](int) {
        everyone.arrive();
        return true;
    });

    REQUIRE_FALSE(everyone.missed());
    REQUIRE(found == up_to(threads));
}

TEST_CASE("the numbers are tested on the threads asked for and on no other", "[ex01][step2]")
{
    look_who_tests(calc_primes);
}

TEST_CASE("no thread outlives the call", "[ex01][step2][explore]")
{
    explore([] {
        auto lives = std::make_unique<support::lifetimes>();
        calc_primes(2, 2, [&](int) {
            thread_local const support::life mine(*lives);
            return true;
        });
        EXPLORE_REQUIRE(lives->begun >= 1);
        EXPLORE_REQUIRE(lives->ended == lives->begun);
    });
}

TEST_CASE("threads with their own results never touch the same data", "[ex01][step2][explore]")
{
    explore([] { share_four_numbers(calc_primes); });
}

TEST_CASE("an exception from the test reaches the caller", "[ex01][step2]")
{
    const int last = drawn(7, 1, 19);
    const std::string text = std::to_string(last) + " is too much";
    const auto fail_at_the_last = [&](int n) {
        return n == last ? throw std::runtime_error(text) : true;
    };
    REQUIRE_THROWS_WITH(calc_primes(20, 3, fail_at_the_last), text);
    REQUIRE_THROWS_WITH(calc_primes(20, 1, fail_at_the_last), text);
}

TEST_CASE("whatever a test throws arrives as it is", "[ex01][step2]")
{
    throw_what_is_rare(calc_primes);
}

TEST_CASE("two threads that fail at once never touch the same data", "[ex01][step2][explore]")
{
    explore([] { fail_at_once(calc_primes); });
}

TEST_CASE("when a test throws all threads are joined first", "[ex01][step2][explore]")
{
    explore([] { throw_and_tidy_up(calc_primes); });
}

TEST_CASE("a thread that cannot be started is reported", "[ex01][step2][stretch]")
{
    run_out_of_threads(calc_primes);
}

TEST_CASE("the shared result is guarded under every schedule", "[ex01][step3][explore]")
{
    explore([] { share_four_numbers(calc_primes_shared); });
}

TEST_CASE("the shared result is complete and in ascending order", "[ex01][step3]")
{
    REQUIRE(calc_primes_shared(50, 5) == primes_below_50);
    const int end = drawn(101, 50, 400);
    for (int threads = 1; threads <= 8; ++threads) {
        CAPTURE(threads);
        REQUIRE(calc_primes_shared(end, threads) == sieve(end));
    }
    share_many_numbers(calc_primes_shared);
}

TEST_CASE("the numbers are tested outside the lock", "[ex01][step3]")
{
    const int threads = drawn(3, 2, 9);
    support::meeting everyone(threads);
    const numbers found = calc_primes_shared(threads, threads, [&](int) {
        everyone.arrive();
        return true;
    });

    REQUIRE_FALSE(everyone.missed());
    REQUIRE(found == up_to(threads));
}

TEST_CASE("with a shared result bad input is refused and an exception arrives", "[ex01][step3]")
{
    REQUIRE(calc_primes_shared(2, 3).empty());
    REQUIRE(calc_primes_shared(-5, 3).empty());
    const int wrong = -drawn(3, 2, 1'000);
    REQUIRE(mentions(refusal([wrong] { calc_primes_shared(50, wrong); }), std::to_string(wrong)));
    REQUIRE_THROWS_AS(calc_primes_shared(50, 0), std::invalid_argument);
    REQUIRE_THROWS_AS(calc_primes_shared(0, 0), std::invalid_argument); // no numbers, no threads
    REQUIRE_THROWS_AS(calc_primes_shared(-3, -1), std::invalid_argument);
    REQUIRE_THROWS_WITH(
        calc_primes_shared(20, 3, [](int) -> bool { throw std::runtime_error("boom"); }), "boom");
    throw_what_is_rare(calc_primes_shared);
}

TEST_CASE("with a shared result too they are tested on the threads asked for", "[ex01][step3]")
{
    look_who_tests(calc_primes_shared);
}

TEST_CASE("with a shared result too two threads may fail at once", "[ex01][step3][explore]")
{
    explore([] { fail_at_once(calc_primes_shared); });
}

TEST_CASE("with a shared result too they are joined first", "[ex01][step3][explore]")
{
    explore([] { throw_and_tidy_up(calc_primes_shared); });
}

TEST_CASE("with a shared result too a missing thread is reported", "[ex01][step3][stretch]")
{
    run_out_of_threads(calc_primes_shared);
}
