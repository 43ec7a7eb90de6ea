// A pool of worker processes behind the interface of dummy_pool. Each worker is served through a
// channel of its own and holds at most one task; the others wait in a queue here.
//
// Threads: the callers', which put tasks into the queue, and one of ours, the collector, which
// hands tasks to idle workers, collects replies and buries dead workers. It ends when the pool is
// closed and the last task is done; join() waits for it. The workers have a thread each, in
// their own processes, forked by given::fork_server.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/child.hpp"
#include "given/descriptor.hpp"
#include "given/fork_server.hpp"
#include "given/remote_call.hpp"
#include "given/waker.hpp"

#include <cstring>
#include <deque>
#include <exception>
#include <future>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <sys/types.h>

using given::remote_error;
using given::sendable;

/// What a task's future throws when the task was lost with the worker that held it.
class worker_died : public std::runtime_error {
public:
    worker_died(pid_t pid, given::exit_status how)
        : std::runtime_error("worker " + std::to_string(pid) +
                             (how.signal != 0
                                  ? " was killed by signal " + std::to_string(how.signal) + " (" +
                                        strsignal(how.signal) + ")"
                                  : " exited with status " + std::to_string(how.status))),
          pid_(pid),
          how_(how)
    {}

    pid_t pid() const noexcept { return pid_; }

    /// The signal that ended the worker; 0 when it ended by itself.
    int signal() const noexcept { return how_.signal; }

    /// The exit status of a worker that ended by itself.
    int status() const noexcept { return how_.status; }

private:
    pid_t pid_;
    given::exit_status how_;
};

class process_pool {
public:
    /// Starts `workers` processes. Throws std::invalid_argument for fewer than one,
    /// std::system_error when the system has no room for them, and std::logic_error when this is
    /// the process's first pool and other threads run already (see given::fork_server::start()).
    explicit process_pool(int workers);

    /// close() and join().
    ~process_pool();

    process_pool(const process_pool&) = delete;
    process_pool& operator=(const process_pool&) = delete;

    /// Has `task(arguments...)` run in a worker. Does not wait for it: get() of the future does,
    /// and gives the result, or throws remote_error (the task threw) or worker_died (the worker
    /// that held the task is gone). Tasks are started in the order in which they came. A plain
    /// function; parameters and result are `sendable`. From any thread; throws std::logic_error
    /// after close().
    template <class Result, class... Parameters>
    requires given::sendable_result<Result> &&(given::sendable_parameter<Parameters>&&...)
        std::future<Result> apply_async(Result (*task)(Parameters...),
                                        const std::remove_cvref_t<Parameters>&... arguments)
    {
        auto call =
            std::make_unique<given::promised_call<Result>>(given::encode_call(task, arguments...));
        auto result = call->get_future();
        submit(std::move(call));
        return result;
    }

    /// task(each) for each element of `range`, in workers; the results in the order of the range.
    /// Blocks until all are done; then throws the first error in that order, if any.
    template <class Result, class Parameter, std::ranges::input_range Range>
    std::vector<Result> map(Result (*task)(Parameter), const Range& range)
    {
        std::vector<std::future<Result>> futures;
        for (const auto& each : range) {
            futures.push_back(apply_async(task, each));
        }
        for (auto& each : futures) {
            each.wait();
        }
        std::vector<Result> results;
        for (auto& each : futures) {
            results.push_back(each.get());
        }
        return results;
    }

    /// No more tasks from now on; those in the queue are still done. Does not wait. Calling it
    /// again does nothing. From any thread.
    void close();

    /// Blocks until all tasks are done and the workers are gone. Throws std::logic_error before
    /// close(). Calling it again does nothing. From one thread at a time.
    void join();

    /// How many workers were asked for.
    int size() const noexcept { return size_; }

    /// The processes that are there to work now: without the dead ones as soon as a future has
    /// reported the death, none after join(). From any thread.
    std::vector<pid_t> worker_pids() const;

private:
    struct worker {
        given::child process;
        given::descriptor channel;         // our end; nobody but the worker holds the other one
        std::unique_ptr<given::call> held; // the task it works on; null while it is idle

        bool is_busy() const noexcept { return held != nullptr; }
    };
    using worker_position = std::list<worker>::iterator;

    void submit(std::unique_ptr<given::call> call);
    worker start_worker();

    // In the collector's thread:
    void collect();
    void dispatch();
    worker_position find_idle_worker();
    void wait_for_news();
    void receive(worker_position from);
    void bury(worker_position dead);
    void fail_queue();
    void dismiss_workers();

    const int size_;
    std::shared_ptr<given::fork_server> server_;
    given::waker news_;             // wakes the collector; for submit() and close()
    std::exception_ptr last_death_; // the newest worker_died, for fail_queue(); the collector's own
    mutable std::mutex mutex_;      // guards queue_ and closed_, and workers_ while it changes size
    std::deque<std::unique_ptr<given::call>> queue_; // not handed to a worker yet; oldest first
    bool closed_ = false;                            // never reset
    std::list<worker> workers_; // changed by the collector alone, which may read it unlocked
    std::thread collector_;     // joined by join()
};
