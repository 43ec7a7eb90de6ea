// A thread whose failure is not lost and does not end the program: it is kept until somebody asks.
// Threads: one for each spawn_thread(); the last handle to its result joins it.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

/// How a thread ended, without regard to what it computed. All functions may be called from any
/// thread.
class thread_outcome {
public:
    /// Starts a thread that calls body(). Throws std::system_error when it cannot be started.
    thread_outcome(std::string name, std::function<void()> body);

    /// Joins the thread: blocks until body() has ended. Then reports its failure if there is one
    /// that nobody has asked for.
    ~thread_outcome();

    thread_outcome(const thread_outcome&) = delete;
    thread_outcome& operator=(const thread_outcome&) = delete;

    /// Blocks until body() has ended; if by an exception, rethrows that, each time it is asked: the
    /// same exception, with its type and whatever it holds.
    void wait_and_rethrow();

private:
    void run(const std::function<void()>& body);
    void report_if_nobody_asked();

    const std::string name_;
    std::mutex mutex_;
    std::condition_variable end_; // notified by run() when body() has ended
    bool ended_ = false;          // guarded by mutex_; never reset
    std::exception_ptr failure_;  // guarded by mutex_; set before ended_
    bool asked_ = false;          // guarded by mutex_: somebody has been thrown failure_
    std::thread thread_;          // joined by the destructor; last, because run() uses the rest
};

/// What spawn_thread() gives: a handle to a thread's result. Copies stand for the same thread.
template <class T>
class result {
public:
    /// Blocks until the thread has ended. Returns what f returned, or throws what f threw, as often
    /// as it is asked. A value that cannot be copied is moved out by the first call.
    T get() const
    {
        outcome_->wait_and_rethrow();
        if constexpr (std::is_void_v<T>) {
            return;
        } else if constexpr (std::is_copy_constructible_v<T>) {
            return **value_;
        } else {
            return std::move(**value_);
        }
    }

private:
    using kept = std::conditional_t<std::is_void_v<T>, bool, T>;

    template <class F>
    friend auto spawn_thread(std::string name, F&& f);

    std::shared_ptr<std::optional<kept>> value_; // written by the thread before it ends
    std::shared_ptr<thread_outcome> outcome_;    // destroyed first: its thread writes value_
};

/// Calls f() in a new thread. When the last copy of the result goes, the thread is joined, and a
/// failure that nobody has asked for by get() is reported on stderr, once, as
/// "<name> failed, and nobody asked: <what>". f may not own a copy of its own result, because its
/// thread would then join itself. Throws std::system_error when there can be no thread.
template <class F>
auto spawn_thread(std::string name, F&& f)
{
    using value = std::invoke_result_t<std::decay_t<F>&>;
    result<value> made;
    made.value_ = std::make_shared<std::optional<typename result<value>::kept>>();
    auto call = std::make_shared<std::decay_t<F>>(std::forward<F>(f)); // may be move-only
    auto body = [call, kept = made.value_] {
        if constexpr (std::is_void_v<value>) {
            (*call)();
            kept->emplace(true);
        } else {
            kept->emplace((*call)());
        }
    };
    made.outcome_ = std::make_shared<thread_outcome>(std::move(name), std::move(body));
    return made;
}
