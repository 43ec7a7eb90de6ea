// The waits, and the tasks' lives. One rule makes cancelling safe: each wait names its mutex, its
// condition and the task's stop_token in *one* call, condition_variable_any::wait(lock, token,
// condition). A cancel between the look and the wait is then seen, as a notify would be.
//
// Every thread knows its own task through `self`. The tasks alive stand in `live`, the newest last,
// for cancel_all().
//
// SPDX-License-Identifier: MIT
#include "thredo.hpp"

#include "given/signal_thread.hpp"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <string>

namespace thredo {

namespace {

struct identity {
    std::stop_token token;            // an empty one, never stopped, in a thread that is no task
    const task_state* task = nullptr; // only compared, never followed
    int shields = 0;
};
thread_local identity self;

/// What the calling thread's waits listen to.
std::stop_token current_token()
{
    return self.shields > 0 ? std::stop_token{} : self.token;
}

struct live_task {
    std::stop_source stop;
    std::shared_ptr<task_state> state;
};
std::mutex live_mutex;
std::vector<live_task> live; // guarded by live_mutex; the newest last

void forget(const std::shared_ptr<task_state>& state)
{
    const std::lock_guard lock{live_mutex};
    std::erase_if(live, [&](const live_task& task) { return task.state == state; });
}

/// The end of a task, on its own thread.
void finish(const std::shared_ptr<task_state>& state, bool was_cancelled, std::exception_ptr error)
{
    {
        const std::lock_guard lock{state->mutex};
        state->over = true;
        state->was_cancelled = was_cancelled;
        state->error = std::move(error);
    }
    state->ended.notify_all();
    forget(state);
}

/// A task's whole life, on its own thread.
void live_through(std::stop_token token, const std::shared_ptr<task_state>& state,
                  std::function<void()> body)
{
    self.token = std::move(token);
    self.task = state.get();
    bool was_cancelled = false;
    std::exception_ptr error;
    try {
        check_cancelled();
        body();
    } catch (const cancelled&) { // before (...), which would take it for a failure
        was_cancelled = true;
    } catch (...) {
        error = std::current_exception();
    }
    body = nullptr; // what it captured dies before join() returns
    finish(state, was_cancelled, std::move(error));
}

} // namespace

void check_cancelled()
{
    if (current_token().stop_requested()) {
        throw cancelled{};
    }
}

void sleep(std::chrono::nanoseconds duration)
{
    // A century instead of nanoseconds::max(), which is too much to be added to the clock's time.
    duration = std::min<std::chrono::nanoseconds>(duration, std::chrono::hours{24 * 36'500});
    check_cancelled();
    std::mutex nobody_elses;
    std::condition_variable_any never_notified; // only the time or a cancel ends the wait
    std::unique_lock lock{nobody_elses};
    never_notified.wait_for(lock, current_token(), duration, [] { return false; });
    check_cancelled();
}

void shield(const std::function<void()>& work)
{
    struct raised {
        raised() { ++self.shields; }
        ~raised() { --self.shields; }
    };
    const raised until_work_is_done;
    work();
}

task_core::task_core(std::function<void()> body)
{
    // Under the lock, so that the task cannot take itself off the list before it is on it.
    const std::lock_guard lock{live_mutex};
    live.push_back({std::stop_source{std::nostopstate}, state_});
    try {
        thread_ = std::jthread{live_through, state_, std::move(body)};
    } catch (...) {
        live.pop_back();
        throw;
    }
    live.back().stop = thread_.get_stop_source();
}

void task_core::join()
{
    if (self.task == state_.get()) {
        throw std::logic_error{"join: a task cannot wait for itself"};
    }
    check_cancelled();
    std::unique_lock lock{state_->mutex};
    if (!state_->ended.wait(lock, current_token(), [&] { return state_->over; })) {
        throw cancelled{};
    }
    if (state_->was_cancelled) {
        throw task_cancelled{};
    }
    if (state_->error) {
        std::rethrow_exception(state_->error);
    }
}

void task_core::cancel()
{
    thread_.request_stop();
}

void queue_core::put(const std::function<void()>& store)
{
    check_cancelled();
    std::unique_lock lock{mutex_};
    const auto may_go_on = [&] { return closed_ || capacity_ == 0 || size_ < capacity_; };
    if (!not_full_.wait(lock, current_token(), may_go_on)) {
        throw cancelled{};
    }
    if (closed_) {
        throw queue_closed{};
    }
    store();
    ++size_;
    not_empty_.notify_one();
}

bool queue_core::get(const std::function<void()>& take)
{
    check_cancelled();
    std::unique_lock lock{mutex_};
    // True also when a cancel came together with an item: then the item is taken, because the
    // notify_one that announced it is used up. The next wait throws.
    if (!not_empty_.wait(lock, current_token(), [&] { return closed_ || size_ > 0; })) {
        throw cancelled{};
    }
    if (size_ == 0) {
        return false;
    }
    take();
    --size_;
    not_full_.notify_one();
    return true;
}

void queue_core::close()
{
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
}

void cancel_all()
{
    if (self.task) {
        throw std::logic_error{"cancel_all: a task cannot wait for itself"};
    }
    for (;;) {
        live_task newest;
        {
            const std::lock_guard lock{live_mutex};
            if (live.empty()) {
                return;
            }
            newest = live.back(); // it stays there: who else cancels all waits for it, too
        }
        newest.stop.request_stop();
        { // live_mutex is free: the task's end needs it
            std::unique_lock lock{newest.state->mutex};
            newest.state->ended.wait(lock, [&] { return newest.state->over; });
        }
        forget(newest.state);
    }
}

int run(const std::function<void()>& main)
{
    std::stop_source stop_main;
    std::atomic<bool> interrupted = false;
    std::exception_ptr error;
    {
        const given::signal_thread on_ctrl_c{[&] {
            interrupted = true;
            cancel_all();
            stop_main.request_stop();
        }};
        const identity before = std::exchange(self, {stop_main.get_token()});
        try {
            main();
        } catch (...) {
            error = std::current_exception();
        }
        self = before;
        cancel_all();
    } // joins the signal thread: nobody writes `interrupted` any more
    if (interrupted) {
        return 130;
    }
    if (error) {
        std::rethrow_exception(error);
    }
    return 0;
}

void producer_and_consumer(int items, std::chrono::nanoseconds pause, std::ostream& out)
{
    queue<int> numbers;
    auto worker = spawn([&] {
        while (const auto number = numbers.get()) {
            out << "Got: " << *number << std::endl;
        }
    });
    for (int n = 0; n < items; ++n) {
        numbers.put(n);
        sleep(pause);
    }
    numbers.close(); // Python's q.put(None)
    worker.join();
}

void calc_primes(int end, int tasks, std::vector<int>& found, const std::function<bool(int)>& test)
{
    if (tasks < 1) {
        throw std::invalid_argument{"calc_primes: tasks = " + std::to_string(tasks)};
    }
    std::atomic<int> next = 0;
    std::vector<std::vector<int>> shares(tasks); // one for each task: nothing to lock
    std::exception_ptr stopped_by;
    {
        std::vector<task<void>> workers;
        try {
            for (auto& share : shares) {
                workers.push_back(spawn([&] {
                    for (;;) {
                        check_cancelled();
                        const int n = next++;
                        if (n >= end) {
                            return;
                        }
                        if (test(n)) {
                            share.push_back(n);
                        }
                    }
                }));
            }
            for (auto& worker : workers) {
                worker.join();
            }
        } catch (...) {
            stopped_by = std::current_exception();
        }
    } // whoever still works is cancelled and joined: now the shares are ours
    const auto old_size = static_cast<std::ptrdiff_t>(found.size());
    for (const auto& share : shares) {
        found.insert(found.end(), share.begin(), share.end());
    }
    std::sort(found.begin() + old_size, found.end());
    if (stopped_by) {
        std::rethrow_exception(stopped_by);
    }
}

} // namespace thredo
