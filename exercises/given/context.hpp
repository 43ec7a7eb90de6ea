// A context is a call stack that can be left in the middle of a function and gone back to later.
// Switching from one to another is all that a green thread adds to an ordinary function call: the
// registers that a called function must preserve, and the stack pointer, are exchanged. Nothing
// here schedules anything; who runs next is the caller's decision, and a switch never leaves the
// operating system's thread that it is made on.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace given {

/// One call stack. Every thread has a first one, made by the operating system: the one that
/// context::current() returns before the first switch. A context stays on the thread that first
/// ran it, and neither moves nor is copied.
class context {
public:
    /// Address space for one stack. Only pages that were touched cost memory: two or three, mostly.
    static constexpr std::size_t stack_bytes = 128 * 1024;

    /// The guard below each stack: of address space only; larger than most functions' frames.
    static constexpr std::size_t guard_bytes = 64 * 1024;

    /// Prepares a stack of stack_bytes with an unreadable guard below it. `body` starts at the
    /// first switch_to(*this), and returns the context to go on in when it is done; an exception
    /// that leaves it ends the program. `name` appears in the message about a stack overflow.
    /// Throws std::system_error when there is no memory, or too many mappings already (a stack
    /// takes two; vm.max_map_count allows some 65,000).
    explicit context(std::function<context&()> body, std::string name = "a context");

    /// Gives the stack back. What still lies on it is forgotten: no destructor of it runs.
    /// Destroying the context that is running ends the program with a message.
    ~context();

    context(const context&) = delete;
    context& operator=(const context&) = delete;

    /// The context that the caller runs in.
    static context& current();

    /// True on the stack that the operating system gave the calling thread, and so outside of every
    /// context that somebody made. Does nothing else: any thread may ask, at any time.
    static bool on_own_stack() noexcept;

    /// True once `body` has returned. Such a context cannot be switched to again.
    bool finished() const;

private:
    friend void switch_to(context& to);
    struct state;

    context(); // of a thread's own stack
    static void enter(context* started);

    std::unique_ptr<state> state_;
};

/// Leaves the current context here and goes on in `to`, where it was left (at the start of its
/// body the first time). Returns when somebody switches back. Costs about 20 nanoseconds and
/// no system call. The exceptions being handled, as `throw;` and std::current_exception() see them,
/// belong to the context and not to the thread, so that a switch inside a catch block is safe.
/// Throws std::logic_error if `to` is running, is finished, or belongs to another thread.
void switch_to(context& to);

/// From now on `trace` is called at each switch that the calling thread makes, just before it, with
/// the name of the context to be entered, "" for the thread's own stack. `trace` must neither
/// switch nor throw. An empty one ends it. (Python's greenlet has settrace for the same.)
void trace_switches(std::function<void(const std::string& entered)> trace);

} // namespace given
