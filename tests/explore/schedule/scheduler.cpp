// Who may go on, and the handing over of the turn.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/engine/engine.hpp"
#include "explore/runtime.hpp"
#include "explore/world/processes.hpp"

#include <string.h>

namespace explorer::runtime {

constinit thread_local thread_state* self __attribute__((tls_model("local-exec"))) = nullptr;

ledger* book = nullptr;
thread_state threads[most_threads];
thread_state the_clock{};
int thread_count = 0;
uint32_t this_schedule = 0;
int64_t now = 0;
long steps = 0;
int spurious_left = 0;
uint32_t last_change = 0;
bool recording = false;
bool debugging = false;

namespace {

constexpr int64_t beginning = 1'000'000'000'000'000'000; // in 2001, for steady and system clock
constexpr int object_slots = 1 << 15;

// A thread that makes so many steps in a row gives way, whatever it does: else a loop that asks
// again and again with a lock, a try_lock or a counter would go on for ever.
constexpr int steps_before_yield = 300;
// Time moves on when all who can run yield, and have gone round in vain ...
constexpr int idle_rounds = 2;
// ... or after so many steps, if somebody changes things all the time, such as the count of rounds.
constexpr int most_steps_at_a_time = 2000;

long steps_when_time_moved;
bool somebody_gives_way; // to somebody

object objects[object_slots];
int object_count = 0;

object* slot_for(uintptr_t address)
{
    uintptr_t at = (address * 0x9e3779b97f4a7c15u) >> 40;
    for (int tried = 0; tried < object_slots; ++tried, ++at) {
        object* slot = &objects[at & (object_slots - 1)];
        if (slot->schedule != this_schedule || slot->address == address) {
            return slot;
        }
    }
    fail("too big", "more than %d mutexes and atomics in one schedule: make the body smaller",
         object_slots);
}

bool holds_state(sort is)
{
    return is != sort::atomic && is != sort::once && is != sort::guard;
}

[[noreturn]] void fail_deadlock()
{
    fail("deadlock", "every thread waits, and nobody is left who could wake one of them");
}

// The earliest deadline still to come, or never.
int64_t next_deadline()
{
    int64_t earliest = never;
    for (int i = 0; i < thread_count; ++i) {
        const thread_state& one = threads[i];
        if (one.waits_in != op::ended && one.deadline > now && one.deadline < earliest) {
            earliest = one.deadline;
        }
    }
    return earliest;
}

inline bool can_go_on(const thread_state& one)
{
    if (now >= one.deadline || one.killed_by != 0) {
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
        for (int i = 0; i < thread_count; ++i) {
            if (&threads[i] != &one && threads[i].waits_in != op::ended) {
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
    now = deadline;
    ++last_change;
    steps_when_time_moved = steps;
}

// Whether those who can run, all of them yielding, wait for nothing but time.
bool is_time_all_they_wait_for()
{
    for (int i = 0; i < thread_count; ++i) {
        const thread_state& one = threads[i];
        if (one.waits_in == op::yield &&
            (one.idle_since != last_change || one.idle_yields < idle_rounds)) {
            return false;
        }
    }
    return true;
}

void note_yield(thread_state& one)
{
    one.gives_way_to = ~0u;
    somebody_gives_way = true;
    one.idle_yields = one.idle_since == last_change ? one.idle_yields + 1 : 1;
    one.idle_since = last_change;
}

// Those who can go on, the current thread first, then in the order of their numbers after it. Who
// has yielded can go on once all others who can have had a turn. When all who can only spin, time
// moves on.
int collect_runnable(thread_state& current, thread_state** out)
{
    for (;;) {
        uint32_t able = 0; // bit i: thread i
        int busy = 0;
        int spinning = 0;
        for (int i = 0; i < thread_count; ++i) {
            const thread_state& one = threads[i];
            if (one.waits_in == op::yield) {
                able |= 1u << i;
                ++spinning;
            } else if (one.waits_in == op::run || can_go_on(one)) {
                able |= 1u << i;
                ++busy;
            }
        }
        const bool long_enough = steps - steps_when_time_moved >= most_steps_at_a_time;
        if (busy + spinning > 0 && (long_enough || (busy == 0 && is_time_all_they_wait_for()))) {
            if (const int64_t deadline = next_deadline(); deadline != never) {
                note_outside_relation();
                move_time_to(deadline);
                continue;
            }
        }
        int count = 0;
        if (spinning == 0) {
            const uint32_t before_current = able & ((1u << current.id) - 1);
            for (uint32_t left = able & ~before_current; left != 0; left &= left - 1) {
                out[count++] = &threads[__builtin_ctz(left)];
            }
            for (uint32_t left = before_current; left != 0; left &= left - 1) {
                out[count++] = &threads[__builtin_ctz(left)];
            }
            return count;
        }
        // If somebody can there is one at least: of those who yield, the one who did so first.
        for (int k = 0, i = current.id; k < thread_count; ++k) {
            thread_state& one = threads[i];
            const uint32_t bit = 1u << i;
            i = i + 1 == thread_count ? 0 : i + 1;
            const bool must_wait =
                one.waits_in == op::yield && (one.gives_way_to & able & ~bit) != 0;
            if ((able & bit) != 0 && !must_wait) {
                out[count++] = &one;
            } else if (must_wait) {
                note_outside_relation();
            }
        }
        return count;
    }
}

bool may_wake_by_itself(const thread_state& one)
{
    return one.waits_in == op::wait && spurious_left > 0;
}

bool may_time_out_early(const thread_state& one)
{
    return book->todo.eager_time && one.waits_in != op::ended && one.deadline != never;
}

// Adds those whom a spurious wakeup or an early time-out could let run.
int add_irregular(int count, thread_state** out)
{
    if (spurious_left <= 0 && !book->todo.eager_time) {
        return count;
    }
    for (int i = 0; i < thread_count; ++i) {
        thread_state& one = threads[i];
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
        --spurious_left;
        touch_key(keys::spurious, touching::writes);
        note_for(one, op::spurious_wakeup, one.on);
    } else {
        now = one.deadline;
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
    thread_state* candidate[1 + most_threads] = {&the_clock};
    const int all = add_irregular(1, candidate);
    if (const int taken = choose_thread(1, all, false, false, candidate); taken > 0) {
        let_run_early(*candidate[taken]);
        return candidate[taken];
    }
    move_time_to(deadline);
    return nullptr;
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
    const int taken = choose_thread(regular, all, current_can, plain, candidate);
    if (taken >= regular) {
        let_run_early(*candidate[taken]);
    }
    return *candidate[taken];
}

void pass_turn(const thread_state& from, const thread_state& to)
{
    book->switches = book->switches + 1;
    carrier->pass_turn(from.id, to.id);
}

thread_state& pick(thread_state& current, bool plain)
{
    book->beat = book->beat + 1;
    if (++steps > book->todo.max_steps) {
        fail("livelock", "more than %ld steps in one schedule: a thread goes round in circles",
             book->todo.max_steps);
    }
    before_choice(current);
    if (current.waits_in == op::yield) {
        after_yield(current);
        note_yield(current);
    } else if (current.waits_in != op::run && !enabled(current)) {
        ++last_change; // it did something before it began to wait, or to end
    }
    thread_state& next = choose_next(current, plain);
    if (somebody_gives_way) {
        somebody_gives_way = false;
        for (int i = 0; i < thread_count; ++i) {
            threads[i].gives_way_to &= ~(1u << next.id);
            somebody_gives_way |= threads[i].gives_way_to != 0;
        }
    }
    if (&next == &current) {
        ++current.unbroken;
    } else {
        next.unbroken = 0;
    }
    return next;
}

} // namespace

bool enabled(const thread_state& one)
{
    return can_go_on(one);
}

void begin_wait(uint64_t waiters)
{
    self->signalled = false;
    self->woke_by_itself = false;
    touch_key(waiters, touching::adds);
}

bool end_wait(uint64_t waiters)
{
    thread_state& me = *self;
    const bool answered = me.signalled;
    note_resumed(me.woke_by_itself);
    touch_key(keys::signal + static_cast<uint64_t>(me.id), touching::reads);
    if (!answered || me.woke_by_itself) { // else it was no waiter any more
        touch_key(waiters, touching::adds);
    }
    if (!answered) {
        touch_key(keys::time, touching::reads);
    }
    me.signalled = false;
    me.woke_by_itself = false;
    return answered;
}

void answer_wait(thread_state& one)
{
    one.signalled = true;
    touch_key(keys::signal + static_cast<uint64_t>(one.id), touching::writes);
}

void begin_once(object& once)
{
    once.busy = true;
    touch_key(word_key_of(once), touching::writes, 1);
}

void end_once(object& once)
{
    once.busy = false;
    touch_key(word_key_of(once), touching::writes, -1);
    release(*self, once);
}

uint64_t word_key_of(const object& one)
{
    return one.address >> 3;
}

object* object_at(const void* pointer, sort is)
{
    const uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    object* found = slot_for(address);
    const bool fresh = found->schedule != this_schedule;
    // Another kind of object at the same address, such as a later local variable: a new object.
    if (fresh || (found->is != is && (holds_state(is) || holds_state(found->is)))) {
        memset(found, 0, sizeof *found);
        found->address = address;
        found->schedule = this_schedule;
        found->owner = -1;
        found->is = is;
        found->number = static_cast<int16_t>(++object_count);
    }
    return found;
}

object* known_object_at(uintptr_t address)
{
    object* found = slot_for(address);
    return found->schedule == this_schedule ? found : nullptr;
}

void begin_schedule()
{
    ++this_schedule;
    object_count = 0;
    thread_count = 0;
    steps = 0;
    steps_when_time_moved = 0;
    now = beginning;
    begin_world();
    spurious_left = book->todo.spurious;
    book->chosen = 0;
    book->switches = 0;
    the_clock.id = clock_thread;
    tracing = book->todo.kind == search_kind::reduced || book->todo.count_traces;
    if (tracing) {
        begin_trace();
    }
    begin_strategy();
    begin_races();
}

void step(op about_to, object* on, int64_t deadline, bool plain)
{
    thread_state& me = *self;
    check_last_store();
    if (recording) {
        settle_write(me);
    }
    if (!plain) {
        me.plain_accesses = 0;
    }
    // Not once it is listed as a waiter: its notification could come in between.
    if (me.unbroken >= steps_before_yield + me.forced_yields && about_to != op::yield &&
        about_to != op::wait && about_to != op::atomic_wait) {
        me.unbroken = 0;
        ++me.forced_yields; // next time elsewhere in its loop
        step(op::yield);
    }
    const auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    me.stack_in_use = on_stack_of(me.id, frame) ? frame : 0; // on a stack of its own making: 0
    if (me.lent_count > 0) {
        end_locals(me.stack_in_use);
    }
    me.waits_in = about_to;
    me.on = on;
    me.deadline = deadline;
    if (deadline != never) { // it waits for its time: that is not spinning
        me.clock_reads = 0;
        me.light_yields = 0;
    }
    if (thread_state& next = pick(me, plain); &next != &me) {
        pass_turn(me, next);
    }
    me.deadline = never;
    me.waits_in = op::run;
    if (__builtin_expect(me.killed_by != 0, 0)) {
        end_process(me.killed_by, 0);
    }
}

int point(op what, object* on)
{
    remember_place(what, on);
    step(op::run, on);
    return note(what, on);
}

void end_thread()
{
    thread_state& me = *self;
    check_last_store();
    if (recording) {
        settle_write(me);
    }
    note(op::ended);
    end_locals(UINTPTR_MAX);
    touch_key(keys::thread + static_cast<uint64_t>(me.id), touching::writes, -1);
    me.waits_in = op::ended;
    me.deadline = never;
    tick(me);
    thread_state& next = pick(me, false);
    self = nullptr;
    pass_turn(me, next);
}

} // namespace explorer::runtime
