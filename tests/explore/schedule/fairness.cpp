// SPDX-License-Identifier: MIT
#include "explore/schedule/fairness.hpp"

namespace explorer::runtime {
namespace {

// Whether those who can run, all of them yielding, wait for nothing but time.
bool is_time_all_they_wait_for()
{
    for (int i = 0; i < run.thread_count; ++i) {
        const thread_state& one = run.threads[i];
        if (one.waits_in == op::yield &&
            (one.spins.idle_since != run.last_change || one.spins.idle_yields < idle_rounds)) {
            return false;
        }
    }
    return true;
}

} // namespace

void note_read(thread_state& thread, const object& atomic, uint64_t value, bool changed)
{
    if (changed) {
        made_progress(thread);
        return;
    }
    spinning& signs = thread.spins;
    ++signs.fruitless_reads;
    const bool same = signs.read_from == atomic.address && signs.value_read == value;
    signs.same_reads = same ? signs.same_reads + 1 : 1;
    signs.read_from = atomic.address;
    signs.value_read = value;
}

bool has_gone_on_too_long(thread_state& thread, op about_to)
{
    // Not once it is listed as a waiter: its notification could come in between.
    if (thread.spins.unbroken < steps_before_yield + thread.spins.forced_yields ||
        about_to == op::yield || about_to == op::wait || about_to == op::atomic_wait) {
        return false;
    }
    thread.spins.unbroken = 0;
    ++thread.spins.forced_yields; // next time elsewhere in its loop
    return true;
}

void note_yield(thread_state& thread)
{
    spinning& signs = thread.spins;
    signs.gives_way_to = ~0u;
    run.somebody_gives_way = true;
    signs.idle_yields = signs.idle_since == run.last_change ? signs.idle_yields + 1 : 1;
    signs.idle_since = run.last_change;
}

void note_turn(const thread_state& from, thread_state& to)
{
    if (run.somebody_gives_way) {
        run.somebody_gives_way = false;
        for (int i = 0; i < run.thread_count; ++i) {
            uint32_t& others = run.threads[i].spins.gives_way_to;
            others &= ~(1u << to.id);
            run.somebody_gives_way |= others != 0;
        }
    }
    to.spins.unbroken = &to == &from ? to.spins.unbroken + 1 : 0;
}

void note_time_moved()
{
    ++run.last_change;
    run.steps_when_time_moved = run.steps;
}

bool is_time_to_move_on(int busy, int yielding)
{
    const bool long_enough = run.steps - run.steps_when_time_moved >= most_steps_at_a_time;
    return busy + yielding > 0 && (long_enough || (busy == 0 && is_time_all_they_wait_for()));
}

} // namespace explorer::runtime
