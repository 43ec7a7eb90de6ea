// Who may go on: those who can, in the order in which they are offered to the strategy, those whom
// only a spurious wakeup or an early time-out lets run, and time.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/stores.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

namespace explorer::runtime {
namespace {

[[noreturn]] void fail_deadlock()
{
    fail("deadlock", "every thread waits, and nobody is left who could wake one of them");
}

// The earliest deadline still to come, or never.
int64_t next_deadline()
{
    int64_t earliest = never;
    for (int i = 0; i < run.thread_count; ++i) {
        const thread_state& one = run.threads[i];
        if (one.waits_in != op::ended && one.deadline > run.now && one.deadline < earliest) {
            earliest = one.deadline;
        }
    }
    return earliest;
}

inline bool can_go_on(const thread_state& one)
{
    if (run.now >= one.deadline || one.killed_by != 0) {
        return true;
    }
    const object* on = one.on;
    switch (one.waits_in) {
    case op::lock:
        return on->owner < 0 || (on->owner == one.id && on->is == sort::recursive_mutex);
    case op::lock_exclusive:
        return on->owner < 0 && on->readers == 0;
    case op::lock_shared:
        return on->owner < 0;
    case op::wait:
    case op::atomic_wait:
        return one.signalled;
    case op::join:
        return one.joins->waits_in == op::ended;
    case op::once:
        return !on->busy;
    case op::acquire:
        return on->count > 0;
    case op::io:
        return may_go_on(one);
    case op::sleep:
    case op::ended:
        return false;
    case op::wait_for_end:
        for (int i = 0; i < run.thread_count; ++i) {
            if (&run.threads[i] != &one && run.threads[i].waits_in != op::ended) {
                return false;
            }
        }
        return true;
    default:
        return true;
    }
}

void move_time_to(int64_t deadline)
{
    run.now = deadline;
    note_time_moved();
    settle_stores();
}

// Those who can go on, the current thread first, then in the order of their numbers after it. Who
// has yielded can go on once all others who can have had a turn. When all who can only spin, time
// moves on.
int collect_runnable(thread_state& current, thread_state** out)
{
    for (;;) {
        uint32_t able = 0; // bit i: thread i
        int busy = 0;
        int yielding = 0;
        for (int i = 0; i < run.thread_count; ++i) {
            const thread_state& one = run.threads[i];
            if (one.waits_in == op::yield) {
                able |= 1u << i;
                ++yielding;
            } else if (one.waits_in == op::run || can_go_on(one)) {
                able |= 1u << i;
                ++busy;
            }
        }
        if (is_time_to_move_on(busy, yielding)) {
            if (const int64_t deadline = next_deadline(); deadline != never) {
                note_outside_relation(obstacle::time);
                move_time_to(deadline);
                continue;
            }
        }
        int count = 0;
        if (yielding == 0) {
            const uint32_t before_current = able & ((1u << current.id) - 1);
            for (uint32_t left = able & ~before_current; left != 0; left &= left - 1) {
                out[count++] = &run.threads[__builtin_ctz(left)];
            }
            for (uint32_t left = before_current; left != 0; left &= left - 1) {
                out[count++] = &run.threads[__builtin_ctz(left)];
            }
            return count;
        }
        // If somebody can there is one at least: of those who yield, the one who did so first.
        for (int k = 0, i = current.id; k < run.thread_count; ++k) {
            thread_state& one = run.threads[i];
            const uint32_t bit = 1u << i;
            i = i + 1 == run.thread_count ? 0 : i + 1;
            const bool must_wait = must_give_way(one, able & ~bit);
            if ((able & bit) != 0 && !must_wait) {
                out[count++] = &one;
            } else if (must_wait) {
                note_outside_relation(obstacle::giving_way);
            }
        }
        return count;
    }
}

bool may_wake_by_itself(const thread_state& one)
{
    return one.waits_in == op::wait && run.spurious_left > 0;
}

bool may_time_out_early(const thread_state& one)
{
    return book->plan.eager_time && one.waits_in != op::ended && one.deadline != never;
}

// Adds those whom a spurious wakeup or an early time-out could let run.
int add_irregular(int count, thread_state** out)
{
    if (run.spurious_left <= 0 && !book->plan.eager_time) {
        return count;
    }
    for (int i = 0; i < run.thread_count; ++i) {
        thread_state& one = run.threads[i];
        if ((may_wake_by_itself(one) || may_time_out_early(one)) && !enabled(one)) {
            out[count++] = &one;
        }
    }
    return count;
}

void let_run_early(thread_state& one)
{
    const bool both = may_wake_by_itself(one) && may_time_out_early(one);
    if (may_wake_by_itself(one) && (!both || choose_one_of(2) == 0)) {
        one.signalled = true;
        one.woke_by_itself = true;
        --run.spurious_left;
        touch_key(keys::spurious, touching::writes);
        note_for(one, op::spurious_wakeup, one.on);
    } else {
        run.now = one.deadline;
        touch_key(keys::time, touching::writes);
    }
}

// Nobody can go on: time moves on, or somebody runs who needs no reason. Returns that one, or null.
thread_state* wait_for_time()
{
    const int64_t deadline = next_deadline();
    if (deadline == never) {
        fail_deadlock();
    }
    thread_state* candidate[1 + most_threads] = {&run.the_clock};
    const int all = add_irregular(1, candidate);
    if (const int taken = choose_thread({candidate, 1, all, false, false}); taken > 0) {
        let_run_early(*candidate[taken]);
        return candidate[taken];
    }
    move_time_to(deadline);
    return nullptr;
}

} // namespace

bool enabled(const thread_state& one)
{
    return can_go_on(one);
}

thread_state& choose_next(thread_state& current, bool plain)
{
    thread_state* candidate[2 * most_threads];
    int regular = 0;
    while ((regular = collect_runnable(current, candidate)) == 0) {
        if (thread_state* early = wait_for_time(); early != nullptr) {
            return *early;
        }
    }
    const int all = add_irregular(regular, candidate);
    const bool current_can = candidate[0] == &current && current.waits_in != op::yield;
    const int taken = choose_thread({candidate, regular, all, current_can, plain});
    if (taken >= regular) {
        let_run_early(*candidate[taken]);
    }
    return *candidate[taken];
}

} // namespace explorer::runtime
