// SPDX-License-Identifier: MIT
#include "explore/strategies/random.hpp"

namespace explorer::runtime {
namespace {

constexpr uint64_t steps_per_irregular = 16;

uint64_t random_state;

// splitmix64
uint64_t random_number()
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

} // namespace

uint32_t random_execution()
{
    return static_cast<uint32_t>(book->done) + 1;
}

void begin_random()
{
    random_state =
        book->plan.seed * 0x9e3779b97f4a7c15u + random_execution() * uint64_t{0x2545f4914f6cdd1d};
}

uint64_t random_below(uint64_t bound)
{
    return random_number() % bound;
}

bool starts_all_first(const candidates& who)
{
    return who.current_can && who.thread[0]->starts_another &&
           random_execution() / random_turns % 2 == 1;
}

int choose_irregular(const candidates& who)
{
    if (who.all == who.regular || who.plain || random_below(steps_per_irregular) != 0) {
        return -1;
    }
    return who.regular +
           static_cast<int>(random_below(static_cast<uint64_t>(who.all - who.regular)));
}

int choose_by_priority(const candidates& who)
{
    int taken = 0;
    for (int i = 1; i < who.regular; ++i) {
        if (who.thread[i]->priority > who.thread[taken]->priority) {
            taken = i;
        }
    }
    return taken;
}

int choose_one_at_random(int count, uint64_t odds)
{
    const int taken = static_cast<int>(random_below(odds));
    return taken < count ? taken : 0;
}

bool there_is_always_more()
{
    return true;
}

} // namespace explorer::runtime
