// Steps and waits in calls of the simulated kernel.
//
// SPDX-License-Identifier: MIT
#include "explore/world/waiting.hpp"

#include "explore/world/mishaps.hpp"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace explorer::runtime {
namespace {

using condition = pending_call::condition;

pending_call calls[most_threads];

// Who asks in vain so many times in a row gives way to the others.
constexpr int vain_calls_before_yield = 3;
int vain_calls[most_threads];

// Their addresses stand for the kernel's files, as those of mutexes stand for them.
constexpr int most_marks = 512;
char marks[most_marks];

object* object_of_file(int file)
{
    return object_at(&marks[file], sort::descriptor);
}

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

// Whether a timer may be what it waits for.
bool looks_at_timers(const pending_call& call)
{
    return call.waits_for == condition::reports || call.waits_for == condition::polls ||
           (call.waits_for == condition::receives && call.by == world::entrance::file);
}

int64_t next_look(const pending_call& call)
{
    const int64_t timer = looks_at_timers(call) ? world::next_timer() : never;
    return timer < call.deadline ? timer : call.deadline;
}

bool uses(const pending_call& call, int descriptor)
{
    if (call.name == nullptr) {
        return false;
    }
    for (nfds_t i = 0; i < call.listed; ++i) {
        if (call.list[i].fd == descriptor) {
            return true;
        }
    }
    return call.descriptor == descriptor;
}

// SIGPIPE ends the program, unless it says otherwise.
void deliver_sigpipe()
{
    struct sigaction action {};
    sigset_t blocked;
    sigaction(SIGPIPE, nullptr, &action);
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    if (action.sa_handler == SIG_DFL && sigismember(&blocked, SIGPIPE) == 0) {
        fail_at(note(op::raised), 0, "crash",
                "T%d sends to a connection whose other end is closed: SIGPIPE ends the program "
                "(send with MSG_NOSIGNAL, or ignore the signal)",
                self->id);
    }
    if (action.sa_handler != SIG_IGN) {
        raise(SIGPIPE);
    }
}

void take_step(op what, const pending_call& call, int64_t until)
{
    note_outside_relation(); // what a call touches is not written down for the reduced search
    if (call.descriptor >= 0) {
        note_text(false, "%s(%d)", call.name, call.descriptor);
    } else {
        note_text(false, "%s()", call.name);
    }
    const int file = world::file_behind(call.descriptor);
    step(what, file != 0 ? object_of_file(file) : nullptr, until);
    world::set_time(now);
}

} // namespace

void begin_world()
{
    world::begin();
    begin_mishaps();
    world::set_time(now);
    memset(calls, 0, sizeof calls);
    memset(vain_calls, 0, sizeof vain_calls);
}

bool may_go_on(const thread_state& one)
{
    return holds(calls[one.id]);
}

void enter(const pending_call& call)
{
    const int id = self->id;
    calls[id] = call;
    take_step(vain_calls[id] > vain_calls_before_yield ? op::yield : op::run, call, never);
}

world::outcome await(const pending_call& call)
{
    calls[self->id] = call;
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

void check_not_in_use(int descriptor)
{
    for (int i = 0; i < thread_count; ++i) {
        if (i != self->id && uses(calls[i], descriptor)) {
            fail_at(note(op::raised), 0, "use after free",
                    "T%d closes descriptor %d while T%d is in %s() on it: that call waits for "
                    "ever, or works on what gets the same number next",
                    self->id, descriptor, i, calls[i].name);
        }
    }
}

void publish_to(int file)
{
    if (file != 0) {
        release(*self, *object_of_file(file));
    }
}

void learn_from(int file)
{
    if (file != 0) {
        acquire(*self, *object_of_file(file));
    }
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
