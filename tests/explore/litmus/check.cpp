// Litmus programs on real atomics, under random schedules.
//
// SPDX-License-Identifier: MIT
#include "explore/litmus/check.hpp"

#include "explore/cases/outcomes.hpp"
#include "explore/explore.hpp"
#include "explore/litmus/program.hpp"
#include "explore/litmus/standard.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace litmus {
namespace {

constexpr long schedules_of_standard_test = 4'000; // with each seed, until all is seen
constexpr std::uint64_t seeds_of_standard_test = 10;
constexpr long schedules_of_random_program = 400;
constexpr long schedules_of_proof = 500; // enough for most of these programs

// ---- running a program

constexpr unsigned bits_of_value = 4;

class machine {
public:
    // What it came to, in digits of four bits.
    std::uint64_t run(const program& what)
    {
        std::vector<std::thread> threads;
        std::vector<std::vector<int>> read(what.size());
        for (std::size_t i = 0; i < what.size(); ++i) {
            threads.emplace_back([this, &what, &read, i] { obey(what[i], read[i]); });
        }
        for (std::thread& one : threads) {
            one.join();
        }
        std::uint64_t all = 1;
        const auto add = [&](int value) {
            all = (all << bits_of_value) | static_cast<std::uint64_t>(value);
        };
        for (const auto& values : read) {
            std::for_each(values.begin(), values.end(), add);
        }
        for (const auto& one : atomics_) {
            add(one.load(std::memory_order_relaxed));
        }
        return all;
    }

private:
    void obey(const std::vector<instruction>& all, std::vector<int>& read)
    {
        for (const instruction& one : all) {
            std::atomic<int>& on = atomics_[static_cast<std::size_t>(one.on)];
            int expected = one.expected;
            switch (one.what) {
            case deed::load:
                read.push_back(on.load(one.order));
                break;
            case deed::store:
                on.store(one.value, one.order);
                break;
            case deed::exchange:
                read.push_back(on.exchange(one.value, one.order));
                break;
            case deed::compare_exchange:
                on.compare_exchange_strong(expected, one.value, one.order, one.order_if_not);
                read.push_back(expected);
                break;
            case deed::fence:
                std::atomic_thread_fence(one.order);
                break;
            }
        }
    }

    std::array<std::atomic<int>, most_atomics> atomics_{};
};

outcome decoded(std::uint64_t all)
{
    outcome came;
    for (; all != 1; all >>= bits_of_value) {
        came.push_back(static_cast<int>(all & ((1u << bits_of_value) - 1)));
    }
    std::reverse(came.begin(), came.end());
    return came;
}

// The outcomes of what `run` does with the program as body.
template <class Run>
std::set<outcome> outcomes_of(const program& what, const Run& run, cases::outcomes& page)
{
    const auto body = [&] {
        machine fresh;
        page.add(fresh.run(what));
    };
    const explorer::result came = run(body);
    if (came.failed || came.out_of_time) {
        throw std::runtime_error("a litmus program fails: " + text_of(what) + ": " + came.kind);
    }
    std::set<outcome> all;
    for (const std::uint64_t one : page.take()) {
        all.insert(decoded(one));
    }
    return all;
}

std::set<outcome> seen_outcomes(const program& what, long schedules, std::uint64_t seed,
                                cases::outcomes& page)
{
    explorer::options chosen;
    chosen.schedules = schedules;
    chosen.seed = seed;
    const auto at_random = [&](const auto& body) {
        return explorer::detail::random_schedules(body, chosen);
    };
    return outcomes_of(what, at_random, page);
}

// ---- comparing

// Prints those outcomes of the one that are not among the others.
int count_others(const char* what, const program& shown, const std::set<outcome>& all,
                 const std::set<outcome>& among)
{
    int others = 0;
    for (const outcome& one : all) {
        if (!among.contains(one)) {
            std::printf("%s %s: %s\n", what, text_of(shown, one).c_str(), text_of(shown).c_str());
            ++others;
        }
    }
    return others;
}

bool any_satisfies(const program& what, const std::set<outcome>& all, const char* condition)
{
    return std::any_of(all.begin(), all.end(),
                       [&](const outcome& one) { return satisfies(what, one, condition); });
}

// A proof that names no model is one for all of them: then it has come to all that the axioms
// allow, though it never takes an older value. Returns whether there is one.
bool check_proof(const program& what, const std::set<outcome>& allowed, cases::outcomes& page,
                 int& wrong)
{
    explorer::options chosen;
    chosen.schedules = 4 * schedules_of_proof;
    chosen.older_values = 0;
    bool proves = false;
    const auto one_by_one = [&](const auto& body) {
        const explorer::result came = explorer::search(body, chosen);
        proves = came.proof && came.report.find("sequential consistency") == std::string::npos;
        return came;
    };
    const std::set<outcome> seen = outcomes_of(what, one_by_one, page);
    if (proves) {
        wrong += count_others("PROVED, BUT NOT SEEN", what, allowed, seen);
    }
    return proves;
}

int check_oracle(const standard_test& test, const program& what)
{
    int wrong = 0;
    for (const auto& [by, expected] : {std::pair(model::explorer, test.allowed),
                                       std::pair(model::cxx20, test.allowed_by_standard)}) {
        if (any_satisfies(what, allowed_outcomes(what, by), test.asks_for) != expected) {
            std::printf("THE ORACLE %s what the literature %s: %s\n",
                        expected ? "forbids" : "allows", expected ? "allows" : "forbids",
                        test.name);
            ++wrong;
        }
    }
    return wrong;
}

// ---- random programs

int below(std::mt19937& random, int bound)
{
    return static_cast<int>(random() % static_cast<unsigned>(bound));
}

template <std::size_t Count>
std::memory_order one_of(std::mt19937& random, const std::memory_order (&orders)[Count])
{
    return orders[below(random, Count)];
}

constexpr std::memory_order of_loads[] = {std::memory_order_relaxed, std::memory_order_acquire,
                                          std::memory_order_seq_cst};
constexpr std::memory_order of_stores[] = {std::memory_order_relaxed, std::memory_order_release,
                                           std::memory_order_seq_cst};
constexpr std::memory_order of_updates[] = {std::memory_order_relaxed, std::memory_order_acquire,
                                            std::memory_order_release, std::memory_order_acq_rel,
                                            std::memory_order_seq_cst};
constexpr std::memory_order of_fences[] = {std::memory_order_acquire, std::memory_order_release,
                                           std::memory_order_acq_rel, std::memory_order_seq_cst};

instruction random_instruction(std::mt19937& random, int atomics, int value)
{
    instruction made;
    made.on = below(random, atomics);
    made.value = value;
    switch (below(random, 12)) {
    case 0:
        made.what = deed::exchange;
        made.order = one_of(random, of_updates);
        break;
    case 1:
        made.what = deed::compare_exchange;
        made.expected = below(random, value);
        made.order = one_of(random, of_updates);
        made.order_if_not = one_of(random, of_loads);
        break;
    case 2:
    case 3:
        made.what = deed::fence;
        made.order = one_of(random, of_fences);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        made.what = deed::store;
        made.order = one_of(random, of_stores);
        break;
    default:
        made.what = deed::load;
        made.order = one_of(random, of_loads);
    }
    return made;
}

program random_program(unsigned seed)
{
    std::mt19937 random(seed);
    const int threads = 2 + below(random, 2);
    const int atomics = 1 + below(random, most_atomics);
    const int all = 4 + below(random, 5);
    program made(static_cast<std::size_t>(threads));
    for (int i = 0; i < all; ++i) {
        made[static_cast<std::size_t>(i % threads)].push_back(
            random_instruction(random, atomics, 1 + i));
    }
    return made;
}

} // namespace

int check_standard_tests(const std::string& name)
{
    int wrong = 0;
    std::size_t outcomes = 0;
    cases::outcomes page;
    for (const standard_test& test : standard_tests()) {
        if (!name.empty() && name != test.name) {
            continue;
        }
        const program what = parse(test.text);
        wrong += check_oracle(test, what);
        const auto allowed = allowed_outcomes(what, model::explorer);
        std::set<outcome> seen;
        for (std::uint64_t seed = 1; seed <= seeds_of_standard_test && seen.size() < allowed.size();
             ++seed) {
            seen.merge(seen_outcomes(what, schedules_of_standard_test, seed, page));
        }
        wrong += count_others("FORBIDDEN", what, seen, allowed);
        wrong += count_others("NOT SEEN", what, allowed, seen);
        outcomes += seen.size();
        if (!name.empty()) {
            count_others("seen", what, seen, {});
        }
    }
    std::printf("%zu standard tests, %zu outcomes, %d wrong\n", standard_tests().size(), outcomes,
                wrong);
    return wrong;
}

int check_random_programs(long programs, long first, bool talkative)
{
    int wrong = 0;
    std::size_t possible = 0;
    std::size_t outcomes = 0;
    long proved = 0;
    cases::outcomes page;
    for (long seed = first; seed < first + programs; ++seed) {
        const program what = random_program(static_cast<unsigned>(seed));
        const auto allowed = allowed_outcomes(what, model::explorer);
        const auto seen = seen_outcomes(what, schedules_of_random_program, 1, page);
        const int forbidden = count_others("FORBIDDEN", what, seen, allowed);
        if (forbidden > 0) {
            std::printf("seed %ld\n", seed);
        }
        if (talkative) {
            count_others("not seen", what, allowed, seen);
        }
        wrong += forbidden;
        possible += allowed.size();
        outcomes += seen.size();
        proved += check_proof(what, allowed, page, wrong);
    }
    std::printf("%ld random programs, %zu of %zu possible outcomes seen, %ld proved, %d wrong\n",
                programs, outcomes, possible, proved, wrong);
    return wrong;
}

} // namespace litmus
