// Greenlets, after gevent: functions that run on stacks of their own, in one thread, and switch
// only where they wait. Each thread that uses them has its own: a hub, which is a queue of those
// who can run and an asio::io_context for those who wait for the world outside. There is no thread
// in here, and so nobody to stop: the hub runs whenever the thread's own stack, called "main",
// waits for something. Everything must be called from the thread that the greenlet belongs to,
// except wake().
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/job.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace green {

/// What kill() makes a greenlet's wait throw. Deliberately no std::exception: a handler for
/// ordinary failures must not stop it (gevent's GreenletExit is no Exception either).
struct greenlet_exit {};

/// get() of a killed greenlet throws this; what() has its name. Differs from Python: there get()
/// *returns* a GreenletExit.
class killed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Nothing can ever run again: thrown to main, where it waits. what() names everybody who waits,
/// and in join() also for whom: "deadlock: main waits for a, a waits for b, b waits for a".
class deadlock : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct core; // one greenlet, or a thread's own stack; known in greenlet.cpp only

/// One wait of one greenlet, before, while and after it waits. Copies stand for the same wait; it
/// may outlive the greenlet, and the wait.
struct ticket {
    std::weak_ptr<core> who;
    std::uint64_t number = 0; // of this wait among who's waits
};

/// The caller's next wait. Hand copies to those who may end it, then call wait(). A caller that
/// waits otherwise in between needs a new one.
ticket prepare_wait();

/// Suspends the caller until wake() is called for the same ticket; returns at once if it has been.
/// Meanwhile the thread's other greenlets run. Throws greenlet_exit when the caller is killed;
/// deadlock, in main only; std::logic_error for a ticket that is somebody else's.
void wait(const ticket& turn);

/// Ends the wait: its greenlet goes to the end of the ready queue, and runs when its turn comes.
/// Only the first call for a ticket does anything; none does after the wait was ended by kill().
/// Never switches. May be called from any thread while the greenlet's thread lives; the hub must
/// then know that somebody will call: hold asio::make_work_guard(green::loop()), or it reports a
/// deadlock.
void wake(const ticket& turn);

/// This thread's io_context. Make sockets and timers with it. The hub runs it; never run it
/// yourself, and never wait in a plain completion handler (it is nobody's stack).
asio::io_context& loop();

/// The name of whoever calls: a greenlet's, or "main".
std::string current_name();

/// A greenlet, whatever its result: what a handle can do without knowing the type. Copies stand
/// for the same greenlet. Dropping all handles neither stops nor kills it; a failure that nobody
/// has asked for with get() is then reported on stderr, once, with the greenlet's name (gevent
/// reports each failure at once). Greenlets that have not ended when their thread does are
/// forgotten: no destructor of theirs runs.
class any_greenlet {
public:
    /// Waits until the greenlet has ended, however it ended. Throws std::logic_error to a greenlet
    /// that waits for itself, and in another thread; and what wait() throws.
    void join() const;

    /// Ends the greenlet and waits until it has ended: its wait throws greenlet_exit, so that
    /// its destructors run. One that has not started never starts. Does nothing to one that has
    /// ended; once asked, asking again only waits. A greenlet that kills itself ends at once.
    void kill() const;

    /// True once it has ended: returned, failed or killed.
    bool done() const;

    /// What it was spawned with, or "greenlet #7".
    std::string name() const;

protected:
    explicit any_greenlet(std::shared_ptr<core> made);

    /// join(), then rethrows what the greenlet ended with, each time it is asked.
    void wait_for_result() const;

    friend any_greenlet start(std::string name, given::job body);

private:
    std::shared_ptr<core> core_;
};

/// The core of spawn(): a greenlet that will run `body`, last in the ready queue. An empty name
/// becomes "greenlet #7", counting in each thread from 1. Does not switch. Throws
/// std::system_error when there is no memory for a stack.
any_greenlet start(std::string name, given::job body);

/// A greenlet and its result, like std::future, but to be asked as often as you like.
template <class T>
class greenlet : public any_greenlet {
public:
    /// join(), then the result, or the exception that ended the greenlet: `killed` if it was
    /// killed. A result that cannot be copied is moved out by the first call.
    T get() const
    {
        wait_for_result();
        if constexpr (std::is_void_v<T>) {
            return;
        } else if constexpr (std::is_copy_constructible_v<T>) {
            return **result_;
        } else {
            return std::move(**result_);
        }
    }

private:
    using kept = std::conditional_t<std::is_void_v<T>, bool, T>;

    greenlet(any_greenlet made, std::shared_ptr<std::optional<kept>> result)
        : any_greenlet(std::move(made)), result_(std::move(result))
    {}

    template <class F>
    friend auto spawn(std::string name, F&& f);

    std::shared_ptr<std::optional<kept>> result_; // empty until the greenlet has returned
};

/// A greenlet that will call f(), once, on a stack of its own; it starts when its turn in the ready
/// queue comes, never inside spawn. The callable is kept by value and destroyed as the greenlet
/// ends. Throws like start().
template <class F>
auto spawn(std::string name, F&& f)
{
    using value = std::invoke_result_t<std::decay_t<F>&>;
    auto result = std::make_shared<std::optional<typename greenlet<value>::kept>>();
    given::job body([result, call = std::forward<F>(f)]() mutable {
        if constexpr (std::is_void_v<value>) {
            call();
            result->emplace(true);
        } else {
            result->emplace(call());
        }
    });
    any_greenlet made = start(std::move(name), std::move(body));
    return greenlet<value>(std::move(made), std::move(result));
}

template <class F>
auto spawn(F&& f)
{
    return spawn(std::string(), std::forward<F>(f));
}

/// Waits until every greenlet in the range has ended, however it ended.
template <class Greenlets>
void join_all(const Greenlets& greenlets)
{
    for (const any_greenlet& one : greenlets) {
        one.join();
    }
}

/// Lets others run for at least `time`; nanoseconds::max() never ends. Zero or less: until
/// everybody who can run now has had a turn (gevent's sleep(0)). Throws what wait() throws.
void sleep(std::chrono::nanoseconds time);

/// Waits until reading from the socket, one of this thread's loop(), would not block: data or end
/// of file is there. Throws std::system_error when the wait fails, also when the socket is closed
/// meanwhile; and what wait() throws.
void wait_readable(asio::ip::tcp::socket& socket);

} // namespace green
