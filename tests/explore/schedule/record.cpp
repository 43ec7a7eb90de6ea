// Writing events down, with the place in the source, when a failing schedule is replayed; and the
// end of a schedule that fails, in any of the ways it can.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/system_calls.hpp"
#include "explore/runtime.hpp"

#include <cxxabi.h>
#include <exception>
#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <typeinfo>
#include <unistd.h>

extern char* todo_page __attribute__((weak)); // given/todo.hpp, where it is linked

namespace explorer::runtime {
namespace {

char actors[most_threads][actor_size];

void note_address(event& here, uintptr_t address)
{
    here.address = address;
    here.stack_owner = static_cast<int8_t>(whose_stack(address) + 1);
}

// Fills in the event's fields that are the same for all.
int write_down(const thread_state& thread, op what, const object* on, bool shown, int other)
{
    if (book->events >= most_events) {
        return 0;
    }
    event& here = book->log[book->events];
    memset(&here, 0, offsetof(event, frame));
    here.shown = shown;
    here.thread = static_cast<uint8_t>(thread.id);
    here.what = what;
    here.other = static_cast<int16_t>(other);
    here.choices = book->chosen;
    memcpy(here.actor, actors[thread.id], sizeof here.actor);
    if (on != nullptr) {
        here.object_sort = on->is;
        here.object = on->number;
        note_address(here, on->address);
    }
    return book->events++;
}

int last_event_of(int thread)
{
    for (int i = book->events - 1; i > 0; --i) {
        if (book->log[i].thread == thread && book->log[i].frames > 0) {
            return i;
        }
    }
    return 0;
}

void note_standing()
{
    book->threads = run.thread_count;
    for (int i = 0; i < run.thread_count; ++i) {
        const thread_state& one = run.threads[i];
        standing& out = book->thread[i];
        book->handle[i] = static_cast<uint64_t>(one.handle);
        memset(&out, 0, sizeof out);
        out.waits_in = one.waits_in;
        out.can_run = one.waits_in != op::ended && enabled(one);
        out.held_by = -1;
        out.joins = -1;
        if (one.waits_in == op::join) {
            out.joins = static_cast<int8_t>(one.joins->id);
        }
        if (one.on != nullptr && one.on->execution == run.number) {
            out.object_sort = one.on->is;
            out.object = one.on->number;
            out.held_by = static_cast<int8_t>(one.on->owner);
        }
        out.event = last_event_of(i);
        if (one.waits_in == op::io && out.event != 0) {
            describe_wait(i, book->log[out.event].text, text_size);
        }
    }
}

[[noreturn]] void end_failed(int event, int earlier, const char* kind, const char* text,
                             va_list arguments)
{
    thread_state* failing = self;
    self = nullptr; // what follows is no part of the schedule
    if (book->state != status::failed) {
        snprintf(book->kind, sizeof book->kind, "%s", kind);
        vsnprintf(book->text, sizeof book->text, text, arguments);
        book->at = event;
        book->before = earlier;
        book->steps = run.steps;
        if (failing != nullptr && run.recording && failing->unsettled != event) {
            settle_write(*failing); // that of the event itself never comes
        }
        note_standing();
        list_shared_words();
        if (book->reached_todo[0] != '\0') {
            snprintf(book->kind, sizeof book->kind, "todo");
        }
        book->state = status::failed;
    }
    fflush(stdout);
    if (run.debugging) {
        fprintf(stderr, "%s: %s\n", book->kind, book->text);
        signal(SIGTRAP, SIG_DFL);
        raise(SIGTRAP); // here the debugger stops: go up to the judged code
    }
    _exit(1);
}

// The exception's type and message.
void describe_exception(char* text, size_t size)
{
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) {
        snprintf(text, size,
                 "std::terminate was called: a std::thread that was neither joined nor "
                 "detached was destroyed, or an exception left a noexcept function");
        return;
    }
    int problem = 0;
    char* readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &problem);
    const char* name = readable != nullptr ? readable : type->name();
    try {
        throw;
    } catch (const std::exception& error) {
        snprintf(text, size, "nobody catches %s(\"%s\")", name, error.what());
    } catch (...) {
        snprintf(text, size, "nobody catches an exception of type %s", name);
    }
}

void on_terminate()
{
    const int id = self != nullptr ? self->id : 0;
    const int event = self != nullptr ? note(op::raised) : 0;
    self = nullptr;
    char text[1500];
    describe_exception(text, sizeof text);
    fail_at(event, 0, "std::terminate", "in T%d: %s", id, text);
}

void on_signal(int number, siginfo_t* info, void*)
{
    const int id = book->running; // self is null while an event is being written down
    const int event = self != nullptr ? note(op::raised) : 0;
    if (number == SIGURG) { // the parent asks: no step for a long time
        fail_at(event, 0, "stuck",
                "T%d does not come to its next step: an endless loop without any access to shared "
                "memory, or a blocking call that the explorer does not know",
                id);
    }
    if (number == SIGABRT) {
        fail_at(event, 0, "crash", "T%d called abort()", id);
    }
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    if (number == SIGSEGV && is_guard_of(id, address)) {
        fail_at(event, 0, "crash", "T%d ran out of stack (%zu KiB): endless recursion?", id,
                stack_size / 1024);
    }
    constexpr uintptr_t first_page = 4096;
    const bool near_null = number == SIGSEGV && address < first_page;
    fail_at(event, 0, "crash", "signal %d (%s) in T%d%s", number, strsignal(number), id,
            near_null ? ": a null pointer was used" : "");
}

constexpr size_t signal_stack_size = 64 * 1024;

} // namespace

int note_always(op what, const object* on, bool shown, int other)
{
    thread_state* me = self;
    if (me == nullptr) {
        return 0;
    }
    const int number = write_down(*me, what, on, shown, other);
    if (number != 0) {
        self = nullptr;
        event& here = book->log[number];
        here.frames = backtrace(here.frame, most_frames);
        self = me;
    }
    return number;
}

void note_for(thread_state& thread, op what, const object* on)
{
    if (run.recording) {
        write_down(thread, what, on, true, 0);
    }
}

int note_text(bool shown, const char* format, ...)
{
    if (!run.recording) {
        return 0;
    }
    char text[text_size];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const int number = note_always(op::io, nullptr, shown, 0);
    if (number != 0) {
        memcpy(book->log[number].text, text, sizeof text);
    }
    return number;
}

void note_value(int number, const volatile void* address, int size, uint64_t value)
{
    if (number == 0) {
        return;
    }
    event& here = book->log[number];
    note_address(here, reinterpret_cast<uintptr_t>(address));
    here.size = static_cast<uint8_t>(size);
    here.has_value = true;
    here.value = value;
}

void note_memory(int number, uintptr_t address, size_t size)
{
    if (number != 0) {
        note_address(book->log[number], address);
        book->log[number].size = static_cast<uint8_t>(size > 255 ? 255 : size);
    }
}

void note_order(int number, int order)
{
    if (number != 0) {
        book->log[number].memory_order = static_cast<uint8_t>(order + 1);
    }
}

void note_source(int number, int source, bool older, uint64_t newest)
{
    if (number != 0) {
        event& here = book->log[number];
        here.source = source;
        here.older = older;
        here.newest = newest;
    }
}

void note_behind(int number, uint64_t newest)
{
    if (number != 0) {
        book->log[number].older = true;
        book->log[number].newest = newest;
    }
}

void note_end_of_memory(int number, uintptr_t address, size_t size)
{
    if (number != 0) {
        book->log[number].value = address;
        book->log[number].old = size;
    }
}

int end_of_memory_at(uintptr_t address)
{
    for (int i = book->events - 1; run.recording && i > 0; --i) {
        const event& one = book->log[i];
        if (one.what == op::deletion && one.object == 0 && address - one.value < one.old) {
            return i;
        }
    }
    return 0;
}

void note_change(int number, const volatile void* address, int size, uint64_t old, uint64_t value)
{
    note_value(number, address, size, value);
    if (number != 0) {
        book->log[number].has_old = true;
        book->log[number].old = old;
    }
}

// The hook of a write comes before the write; by the thread's next hook it has happened.
void settle_write(thread_state& thread)
{
    if (thread.unsettled == 0) {
        return;
    }
    event& here = book->log[thread.unsettled];
    thread.unsettled = 0;
    if (here.size <= 8) {
        uint64_t value = 0;
        memcpy(&value, reinterpret_cast<const void*>(here.address), here.size);
        here.has_value = true;
        here.value = value;
    }
}

void fail(const char* kind, const char* text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    end_failed(0, 0, kind, text, arguments);
}

void fail_at(int event, int earlier, const char* kind, const char* text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    end_failed(event, earlier, kind, text, arguments);
}

void fail_if_todo_was_reached()
{
    if (book->reached_todo[0] != '\0') {
        fail("todo", "a TODO was reached");
    }
}

void watch_for_failures()
{
    void* warm_up[2]; // the first call loads libgcc
    backtrace(warm_up, 2);
    std::set_terminate(on_terminate);
    if (&todo_page != nullptr) {
        todo_page = book->reached_todo;
    }
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    constexpr int watched[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGURG};
    for (const int number : watched) {
        sigaction(number, &action, nullptr);
    }
    constexpr int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    for (const int number : deadly) {
        signal(number, SIG_DFL);
    }
}

void watch_for_stack_overflow()
{
    stack_t alternative{};
    alternative.ss_sp = map_table(signal_stack_size);
    alternative.ss_size = signal_stack_size;
    sigaltstack(&alternative, nullptr);
}

void begin_actors()
{
    memset(actors, 0, sizeof actors);
}

} // namespace explorer::runtime

namespace explorer {

void goes_on_as(const char* name); // for the header, whose words are those of the standard library

void goes_on_as(const char* name)
{
    if (runtime::self != nullptr) {
        snprintf(runtime::actors[runtime::self->id], actor_size, "%s", name);
    }
}

} // namespace explorer
