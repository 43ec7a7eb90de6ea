// Steps and waits in calls of the simulated kernel.
//
// SPDX-License-Identifier: MIT
#include "explore/world/waiting.hpp"

#include "explore/hooks/system_calls.hpp"
#include "explore/strategies/dependence.hpp"
#include "explore/world/mishaps.hpp"
#include "explore/world/processes.hpp"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

namespace explorer::runtime {
namespace {

using condition = pending_call::condition;

pending_call calls[most_threads];

// Who asks in vain so many times in a row gives way to the others.
constexpr int vain_calls_before_yield = 3;
int vain_calls[most_threads];
bool is_used = true; // by a call, since the world began

bool is_one_ready(const pending_call& call)
{
    for (nfds_t i = 0; i < call.listed; ++i) {
        const pollfd& one = call.list[i];
        const unsigned asked =
            static_cast<unsigned short>(one.events) | unsigned{POLLERR | POLLHUP | POLLNVAL};
        if (one.fd >= 0 && (world::readiness(one.fd) & asked) != 0) {
            return true;
        }
    }
    return false;
}

bool holds(const pending_call& call)
{
    switch (call.waits_for) {
    case condition::receives:
        return world::can_receive(call.descriptor, call.by, world::size_of(call.parts, call.count));
    case condition::sends:
        return world::can_send(call.descriptor, call.by, call.parts, call.count);
    case condition::accepts:
        return world::can_accept(call.descriptor);
    case condition::connects:
        return world::can_connect(call.descriptor);
    case condition::reports:
        return world::can_report(call.descriptor);
    case condition::polls:
        return is_one_ready(call);
    case condition::none:
        break;
    }
    return true;
}

int64_t next_look(const pending_call& call)
{
    const bool of_any = call.waits_for == condition::reports || call.waits_for == condition::polls;
    const int64_t timer = of_any ? world::next_timer() : world::next_timer_of(call.descriptor);
    return timer < call.deadline ? timer : call.deadline;
}

// SIGPIPE ends the program, unless it says otherwise.
void deliver_sigpipe()
{
    if (self->is_process) {
        end_process(SIGPIPE, 0);
    }
    struct sigaction action {};
    sigaction(SIGPIPE, nullptr, &action);
    uint64_t blocked = 0;
    system_call(SYS_rt_sigprocmask, SIG_SETMASK, 0, reinterpret_cast<long>(&blocked),
                sizeof blocked);
    const bool is_blocked = (blocked & uint64_t{1} << (SIGPIPE - 1)) != 0;
    if (action.sa_handler == SIG_DFL && !is_blocked) {
        fail_at(note(op::raised), 0, "crash",
                "T%d sends to a connection whose other end is closed: SIGPIPE ends the program "
                "(send with MSG_NOSIGNAL, or ignore the signal)",
                self->id);
    }
    if (action.sa_handler != SIG_IGN) {
        raise(SIGPIPE);
    }
}

void touch_time(const pending_call& call)
{
    if (call.deadline != never) {
        touch_key(keys::time, touching::reads);
    }
    if (world::next_timer() != never) { // whatever the call is, that may come due first
        note_outside_relation(obstacle::timers);
    }
}

// Closing is no use.
void begin_call(const pending_call& call)
{
    is_used = true;
    calls[self->id] = call;
    touch_time(call);
    touch_way_of_waiting(call.descriptor, touching::reads);
    if (self->is_process && befalls(mishap::death)) {
        self->killed_by = SIGKILL; // whenever its next turn comes
    }
    if (strcmp(call.name, "close") != 0) {
        use_descriptor(call.name, call.descriptor);
    }
    for (nfds_t i = 0; i < call.listed; ++i) {
        use_descriptor(call.name, call.list[i].fd);
    }
}

void take_step(op what, const pending_call& call, int64_t until)
{
    if (what == op::yield) {
        note_outside_relation(obstacle::giving_way);
    }
    if (call.descriptor >= 0) {
        note_text(false, "%s(%d)", call.name, call.descriptor);
    } else {
        note_text(false, "%s()", call.name);
    }
    step(what, file_object(world::file_behind(call.descriptor)), until);
    if (what == op::io) {
        note_blocking(keys::files, 0);
        note_resumed(false);
    }
    touch_call(call);
    touch_time(call);
    world::set_time(now);
}

} // namespace

void begin_world()
{
    begin_mishaps();
    if (!is_used) {
        return; // it is as it was
    }
    is_used = false;
    world::begin();
    begin_order();
    begin_processes();
    world::set_time(now);
    for (pending_call& one : calls) {
        one = {};
    }
    memset(vain_calls, 0, sizeof vain_calls);
}

void describe_wait(int thread, char* text, size_t size)
{
    const pending_call& call = calls[thread];
    if (call.descriptor >= 0) {
        snprintf(text, size, "%s(%d)", call.name, call.descriptor);
        const size_t used = strlen(text);
        world::describe(call.descriptor, text + used, size - used);
        return;
    }
    snprintf(text, size, "%s()", call.name);
    for (nfds_t i = 0; i < call.listed; ++i) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s %d", i == 0 ? " of" : ",", call.list[i].fd);
    }
}

bool may_go_on(const thread_state& one)
{
    return holds(calls[one.id]);
}

void enter(const pending_call& call)
{
    const int id = self->id;
    begin_call(call);
    take_step(vain_calls[id] > vain_calls_before_yield ? op::yield : op::run, call, never);
}

world::outcome await(const pending_call& call)
{
    begin_call(call);
    if (befalls(mishap::interruption)) {
        return -EINTR;
    }
    for (;;) {
        world::set_time(now);
        take_step(op::io, call, next_look(call));
        if (holds(call)) {
            return 0;
        }
        if (now >= call.deadline) {
            return -EAGAIN;
        }
    }
}

long leave(world::outcome result, const char* format, ...)
{
    thread_state& me = *self;
    touch_changes();
    calls[me.id].name = nullptr;
    if (result == world::not_modeled) {
        fail_at(note(op::raised), 0, "misuse",
                "T%d calls %s, which is outside the explorer's model", me.id,
                world::what_is_missing);
    }
    const bool vain = result == -EAGAIN || result == -EALREADY || result == -EINPROGRESS;
    vain_calls[me.id] = vain ? vain_calls[me.id] + 1 : 0;
    if (!vain) {
        made_progress(me);
    }
    if (recording) {
        char text[text_size];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        note_text(true, "%s%s%s", text, result < 0 ? ": " : "",
                  result < 0 ? strerrorname_np(static_cast<int>(-result)) : "");
    }
    if (world::raised_sigpipe()) {
        deliver_sigpipe();
    }
    if (result < 0) {
        errno = static_cast<int>(-result);
        return -1;
    }
    return result;
}

void leave_silently()
{
    touch_changes();
    calls[self->id].name = nullptr;
    made_progress(*self);
}

void refuse_foreign(const char* call, int descriptor)
{
    fail_at(note(op::raised), 0, "misuse",
            "T%d calls %s() with descriptor %d, which was not opened in this body: sockets, pipes "
            "and terminals from outside are outside the explorer's model",
            self->id, call, descriptor);
}

void timers_changed()
{
    for (int i = 0; i < thread_count; ++i) {
        if (threads[i].waits_in == op::io) {
            threads[i].deadline = next_look(calls[i]);
        }
    }
}

} // namespace explorer::runtime
