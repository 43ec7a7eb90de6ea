// The steps of an execution: the thread that has the turn says what it is about to do, somebody is
// chosen to go on, and the turn is handed over.
//
// SPDX-License-Identifier: MIT
#include "explore/engine/engine.hpp"
#include "explore/memory/stores.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"
#include "explore/world/processes.hpp"

#include <string.h>

namespace explorer::runtime {

constinit thread_local thread_state* self __attribute__((tls_model("local-exec"))) = nullptr;

ledger* book = nullptr;
execution run{};

namespace {

constexpr int64_t beginning = 1'000'000'000'000'000'000; // in 2001, for steady and system clock

void pass_turn(const thread_state& from, const thread_state& to)
{
    book->switches = book->switches + 1;
    carrier->pass_turn(from.id, to.id);
}

thread_state& pick(thread_state& current, bool plain)
{
    book->heartbeat = book->heartbeat + 1;
    if (++run.steps > book->plan.max_steps) {
        fail("livelock", "more than %ld steps in one schedule: a thread goes round in circles",
             book->plan.max_steps);
    }
    before_step(current);
    if (current.waits_in == op::yield) {
        after_yield(current);
        note_yield(current);
    } else if (current.waits_in != op::run && !enabled(current)) {
        ++run.last_change; // it did something before it began to wait, or to end
    }
    thread_state& next = choose_next(current, plain);
    note_turn(current, next);
    return next;
}

} // namespace

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

void begin_schedule()
{
    ++run.number;
    begin_objects();
    run.thread_count = 0;
    run.steps = 0;
    run.steps_when_time_moved = 0;
    run.now = beginning;
    begin_world();
    begin_actors();
    run.spurious_left = book->plan.spurious;
    book->chosen = 0;
    book->switches = 0;
    run.the_clock.id = clock_thread;
    run.tracing = book->plan.kind == search_kind::reduced || book->plan.count_traces;
    if (run.tracing) {
        begin_trace();
    }
    begin_strategy();
    begin_races();
    begin_stores();
}

void step(op about_to, object* on, int64_t deadline, bool plain)
{
    thread_state& me = *self;
    check_last_store();
    if (run.recording) {
        settle_write(me);
    }
    if (!plain) {
        me.spins.plain_accesses = 0;
    }
    if (has_gone_on_too_long(me, about_to)) {
        step(op::yield);
    }
    const auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    me.stack_in_use = on_stack_of(me.id, frame) ? frame : 0; // on a stack of its own making: 0
    if (me.stack_in_use > me.lowest_lent) {
        end_locals(me.stack_in_use);
    }
    me.waits_in = about_to;
    me.on = on;
    me.deadline = deadline;
    if (deadline != never) {
        waits_for_time(me);
    }
    if (thread_state& next = pick(me, plain); &next != &me) {
        pass_turn(me, next);
    }
    if (about_to == op::yield) { // all who could have had a turn
        settle_stores();
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
    if (run.recording) {
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
