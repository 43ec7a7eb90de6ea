// A pool of threads behind the process pool's interface, as multiprocessing.dummy is in Python.
//
// Each worker is a thread that takes jobs from one queue until the queue is closed and empty. The
// caller gets a std::future for each task; result and exception travel through it. The destructor
// closes the queue, and the workers are joined after they have run what was queued.
//
// The templates below are given: they pack a call of any type into a job. The rest is yours.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "blocking_queue.hpp"
#include "given/job.hpp"

#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

class dummy_pool {
public:
    /// Starts `workers` threads. Throws std::invalid_argument when workers < 1, std::system_error
    /// when a thread cannot be started (those already started are joined first).
    explicit dummy_pool(int workers);

    /// Takes no more tasks, runs those still queued, joins the workers. Blocks until then.
    ~dummy_pool();

    dummy_pool(const dummy_pool&) = delete;
    dummy_pool& operator=(const dummy_pool&) = delete;

    /// Queues f(args...) for the next idle worker and returns at once. Tasks start in the order in
    /// which they came. Callable and arguments are copied or moved into the task (std::ref for a
    /// reference). The future has the result, or throws what f threw. Throws std::logic_error
    /// after close(). A task may call it too; but a task that waits for another task's future holds
    /// a worker meanwhile, and on a single worker waits for ever.
    template <class F, class... Args>
    auto apply_async(F f, Args... args) -> std::future<std::invoke_result_t<F, Args...>>;

    /// The results of f for each item of `range`, in its order; the workers compute them, calling
    /// f from several threads at once. Blocks until all are done, then throws the first error in
    /// the range's order, if there was one. Not to be called from a task.
    template <class F, class Range>
    auto map(F f, const Range& range)
        -> std::vector<std::invoke_result_t<F&, decltype(*std::begin(range))>>;

    /// No more tasks. Those already queued will still run. Returns at once. Again: no effect.
    void close();

    /// Waits until every queued task has run and the workers have ended. Throws std::logic_error
    /// before close(). Again: no effect. For one thread at a time, and not for a task.
    void join();

    /// The number of workers.
    int size() const { return size_; }

private:
    void work();                                // what each worker does
    void run_all(std::vector<given::job> jobs); // what map() does with its jobs

    int size_;
    blocking_queue<given::job> jobs_;
    std::vector<std::jthread> workers_; // last member: joined before the queue is destroyed
};

template <class F, class... Args>
auto dummy_pool::apply_async(F f, Args... args) -> std::future<std::invoke_result_t<F, Args...>>
{
    using result = std::invoke_result_t<F, Args...>;
    std::tuple<Args...> packed(std::move(args)...);
    auto call = [f = std::move(f), packed = std::move(packed)]() mutable -> result {
        return std::apply(std::move(f), std::move(packed));
    };
    std::packaged_task<result()> task(std::move(call));
    std::future<result> future = task.get_future();
    jobs_.push(given::job(std::move(task)));
    return future;
}

template <class F, class Range>
auto dummy_pool::map(F f, const Range& range)
    -> std::vector<std::invoke_result_t<F&, decltype(*std::begin(range))>>
{
    using result = std::invoke_result_t<F&, decltype(*std::begin(range))>;
    std::vector<std::optional<result>> results(std::size(range));
    std::vector<given::job> jobs;
    auto slot = results.begin();
    for (auto item = std::begin(range); item != std::end(range); ++item, ++slot) {
        jobs.emplace_back([&f, item, slot] { *slot = std::invoke(f, *item); });
    }
    run_all(std::move(jobs)); // the jobs refer to f, range and results: all must end here

    std::vector<result> values;
    for (std::optional<result>& each : results) {
        values.push_back(std::move(*each));
    }
    return values;
}
