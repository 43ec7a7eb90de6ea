// Threads that can be cancelled, after David Beazley's thredo.
//
// A thread cannot be killed from outside without leaving locks locked and memory half changed. So
// cancel() only asks; the answer is given where the thread waits or says check_cancelled(): there
// the exception `cancelled` starts, and unwinds the task like any other. Every wait of this file
// listens to two things at once, its own event and the task's std::stop_token.
//
// Threads: one std::jthread per task. Its handle joins it, at the latest in the destructor.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace thredo {

/// Thrown inside a cancelled task, where it waits. Not a std::exception: a task's ordinary
/// `catch (const std::exception&)` must not mistake it for a failure that it can mend.
struct cancelled {};

/// Thrown by join() when the joined task ended by being cancelled. For the joiner an ordinary
/// error.
class task_cancelled : public std::runtime_error {
public:
    task_cancelled() : std::runtime_error{"the joined task was cancelled"} {}
};

/// Thrown by put() on a closed queue.
class queue_closed : public std::logic_error {
public:
    queue_closed() : std::logic_error{"put: the queue is closed"} {}
};

/// Throws `cancelled` if the calling task was cancelled and is not shielded. Never waits. In a
/// thread that is no task it does nothing, and nothing below can be cancelled there.
void check_cancelled();

/// Waits for `duration`, or less if the task is cancelled, which throws `cancelled`. There is none
/// too long: nanoseconds::max() is for ever.
void sleep(std::chrono::nanoseconds duration);

/// Calls `work` in the calling thread, holding a cancellation back until it has returned or thrown:
/// the first wait or check_cancelled() after that throws. May be nested.
void shield(const std::function<void()>& work);

/// What a task's thread, its handle and whoever waits for its end share.
struct task_state {
    std::mutex mutex;
    std::condition_variable_any ended; // notified by the task's thread, when it sets `over`
    bool over = false;                 // guarded by mutex; never reset
    bool was_cancelled = false;        // guarded by mutex; final once `over`
    std::exception_ptr error;          // guarded by mutex; final once `over`
};

/// A task without its result: what task<T> is a shell of.
class task_core {
public:
    /// Starts a thread that calls `body`. Throws std::system_error if there is none to be had.
    explicit task_core(std::function<void()> body);

    /// Waits until the task has ended and its function is destroyed. Rethrows what the task threw;
    /// throws task_cancelled if `cancelled` ended it, `cancelled` if the *calling* task is
    /// cancelled, std::logic_error if that is this very task.
    void join();

    /// Asks the task to end: whatever wait of this file it is in, or comes to next, throws
    /// `cancelled` in it. Returns at once. From any thread, before the task has begun, after it has
    /// ended, and as often as one likes.
    void cancel();

private:
    std::shared_ptr<task_state> state_ = std::make_shared<task_state>();
    std::jthread thread_; // joined by its destructor, which cancels first: both are jthread's own
};

/// A running task and its result, as spawn() gives it. The destructor cancels it and waits.
template <class T>
class task {
public:
    using slot = std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>>;

    task(std::shared_ptr<slot> result, task_core core)
        : result_{std::move(result)}, core_{std::move(core)}
    {}

    /// As task_core::join(); then the function's value, which it gives away: asked again it throws
    /// std::logic_error (a task's exception is thrown each time).
    T join()
    {
        core_.join();
        if constexpr (!std::is_void_v<T>) {
            if (!*result_) {
                throw std::logic_error{"join: the value was already taken"};
            }
            return std::exchange(*result_, std::nullopt).value();
        }
    }

    /// As task_core::cancel().
    void cancel() { core_.cancel(); }

private:
    std::shared_ptr<slot> result_; // written by the task's thread, read after core_.join()
    task_core core_;
};

/// Calls `function(args...)` in a new task. Function and arguments are copied or moved into it, as
/// std::thread does; std::ref passes a reference.
template <class Function, class... Args>
auto spawn(Function&& function, Args&&... args)
{
    using value = std::invoke_result_t<std::decay_t<Function>, std::decay_t<Args>...>;
    auto call = [function = std::decay_t<Function>(std::forward<Function>(function)),
                 arguments = std::make_tuple(std::forward<Args>(args)...)]() mutable -> value {
        return std::apply(std::move(function), std::move(arguments));
    };
    // std::function wants something that can be copied; the shared_ptr can, whatever it points to.
    auto shared_call = std::make_shared<decltype(call)>(std::move(call));
    auto result = std::make_shared<typename task<value>::slot>();
    return task<value>{result, task_core{[result, shared_call] {
                           if constexpr (std::is_void_v<value>) {
                               (*shared_call)();
                           } else {
                               result->emplace((*shared_call)());
                           }
                       }}};
}

/// The waiting of a queue, without the items: what queue<T> is a shell of.
class queue_core {
public:
    /// 0: as many items as memory holds, as in Python.
    explicit queue_core(std::size_t capacity) : capacity_{capacity} {}

    /// Waits until there is room, then calls `store` under the queue's lock. Throws `cancelled`, or
    /// queue_closed, before or instead of it.
    void put(const std::function<void()>& store);

    /// Waits until there is an item, then calls `take` under the queue's lock and returns true;
    /// false without it if the queue is closed and empty. Throws `cancelled` before or instead of
    /// it.
    bool get(const std::function<void()>& take);

    /// Wakes everybody who waits; see queue<T>::close().
    void close();

private:
    std::mutex mutex_;
    std::condition_variable_any not_empty_; // notified by put() and close(); a cancel wakes too
    std::condition_variable_any not_full_;  // notified by get() and close(); a cancel wakes too
    [[maybe_unused]] const std::size_t capacity_;
    [[maybe_unused]] std::size_t size_ = 0; // guarded by mutex_
    [[maybe_unused]] bool closed_ = false;  // guarded by mutex_; never reset
};

/// First in, first out, between any number of tasks. Destroy it after the tasks that use it.
template <class T>
class queue {
public:
    /// Holds at most `capacity` items; 0, the default, means any number.
    explicit queue(std::size_t capacity = 0) : core_{capacity} {}

    /// Waits while the queue is full. If it throws (`cancelled`, or queue_closed once closed), the
    /// item is not in the queue, and is untouched.
    void put(T&& item)
    {
        core_.put([&] { items_.push_back(std::move(item)); });
    }
    /// Copies first: a copy that throws in the middle of a put() would use up the wake-up that
    /// another put() waits for.
    void put(const T& item) { put(T(item)); }

    /// Waits while the queue is empty. The oldest item, or nothing once the queue is closed and
    /// empty. If it throws `cancelled`, no item left the queue.
    std::optional<T> get()
    {
        std::optional<T> item;
        core_.get([&] {
            item.emplace(std::move(items_.front()));
            items_.pop_front();
        });
        return item;
    }

    /// No more items: a waiting or later put() throws queue_closed; get() gives what is left, then
    /// nothing. From any thread, and more than once.
    void close() { core_.close(); }

private:
    queue_core core_;
    std::deque<T> items_; // touched only by put() and get() under core_'s lock
};

/// Cancels every task alive and waits for its end, the newest first: each has ended before the next
/// is cancelled. A task that is started meanwhile may be left out. Throws std::logic_error when a
/// task calls it (run()'s `main` is none).
void cancel_all();

/// Calls `main` in the calling thread, where Ctrl+C cancels it like a task: the first Ctrl+C is
/// cancel_all(), then `main` is cancelled; the second ends the program at once. When `main` has
/// ended, tasks still alive are cancelled and joined, the newest first.
/// Returns 0; 130 after a Ctrl+C, however `main` ended; else rethrows what `main` threw. SIGINT is
/// blocked meanwhile, in `main` and in all tasks started in it. One run() at a time.
int run(const std::function<void()>& main);

/// The lecture's program, with `main` as the producer: puts 0 to items - 1 into a queue and sleeps
/// for `pause` after each; a worker task prints `Got: 0` and so on to `out`, flushing each line.
/// Returns when the worker has printed all; throws `cancelled` or task_cancelled before.
void producer_and_consumer(int items, std::chrono::nanoseconds pause, std::ostream& out);

/// Appends to `found`, ascending, the numbers from 0 to end - 1 for which `test` is true; `tasks`
/// tasks call it, once for each number. Cancelled at any moment, it appends what was found until
/// then, before `cancelled` or task_cancelled goes on; so too when `test` throws.
/// Throws std::invalid_argument for tasks < 1.
void calc_primes(int end, int tasks, std::vector<int>& found, const std::function<bool(int)>& test);

} // namespace thredo
