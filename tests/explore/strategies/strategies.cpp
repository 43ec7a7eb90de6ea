// Which strategy has its turn, and writing down what it chooses.
//
// SPDX-License-Identifier: MIT
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"
#include "explore/strategies/random.hpp"

namespace explorer::runtime {
namespace {

constexpr uint64_t rarely = 8; // once in so many times

const strategy* chosen;

// Each finds what the others miss, so they take turns; those that find most have two in a round.
const strategy* next_random()
{
    constexpr const strategy* in_turn[] = {&random_walk, &pct, &pos,
                                           &random_walk, &pct, &round_robin};
    static_assert(sizeof in_turn / sizeof *in_turn == random_turns);
    return in_turn[random_execution() % random_turns];
}

const strategy* strategy_of(search_kind kind)
{
    switch (kind) {
    case search_kind::reduced:
        return &reduced;
    case search_kind::depth_first:
        return &depth_first;
    case search_kind::random:
        return next_random();
    case search_kind::random_walk:
        return &random_walk;
    case search_kind::pct:
        return &pct;
    case search_kind::pos:
        return &pos;
    case search_kind::round_robin:
        return &round_robin;
    case search_kind::replay:
        return &replay;
    }
    return nullptr;
}

void record(int choice, bool of_stores = false)
{
    if (book->chosen < most_choices) {
        book->chose_older[book->chosen] = of_stores;
        book->choice[book->chosen++] = static_cast<uint8_t>(choice);
    }
}

int recorded(int count, uint64_t odds, bool of_stores = false)
{
    const int taken = chosen->choose_one_of(count, odds);
    record(taken, of_stores);
    return taken;
}

} // namespace

void begin_strategy()
{
    chosen = strategy_of(book->plan.kind);
    chosen->begin();
}

bool end_strategy()
{
    if (run.steps > book->longest) {
        book->longest = run.steps;
    }
    return chosen->end();
}

int choose_thread(const candidates& who)
{
    const bool is_choice = who.all > 1;
    // The reduced search also wants to know of those steps that are no choice.
    const int taken = is_choice || chosen == &reduced ? chosen->choose_thread(who) : 0;
    if (run.tracing && chosen != &reduced) {
        begin_traced_step(who.thread[taken]->id, -1);
    }
    if (is_choice) {
        record(taken);
    }
    return taken;
}

int choose_one_of(int count)
{
    return count <= 1 ? 0 : recorded(count, static_cast<uint64_t>(count));
}

// Some mistakes need many older values, others just one late in the execution: these alternate.
int choose_older(int count, bool writes)
{
    const bool often = random_execution() / (2 * random_turns) % 2 == 0;
    const uint64_t seldom = writes ? 4 : 3;
    return recorded(count, static_cast<uint64_t>(count) * (often ? 1 : seldom), true);
}

bool choose_rarely()
{
    return recorded(2, rarely) == 1;
}

void before_step(thread_state& current)
{
    if (chosen->before_step != nullptr) {
        chosen->before_step(current);
    }
}

void after_yield(thread_state& current)
{
    if (chosen->after_yield != nullptr) {
        chosen->after_yield(current);
    }
}

} // namespace explorer::runtime
