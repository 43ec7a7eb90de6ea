// Threads, tasks and what they use: who outlives whom.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <queue>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace cases {
namespace {

template <bool Wrong>
void join_missing()
{
    std::atomic<int> count = 0;
    {
        std::thread worker([&] { ++count; });
        if constexpr (!Wrong) {
            worker.join();
        }
    }
    EXPLORE_REQUIRE(count == 1);
}

template <bool Wrong>
void detached_reference()
{
    auto count = std::make_unique<std::atomic<int>>(0);
    std::thread worker([used = count.get()] { ++*used; });
    if constexpr (Wrong) {
        worker.detach();
    } else {
        worker.join();
    }
    count.reset();
}

// The write comes after the last step of its thread, and the variable's end after none.
template <bool Wrong>
void write_to_a_local_of_a_function_that_returned()
{
    const auto publish = [] {
        std::atomic<int> published = 0;
        int after = 0;
        std::thread writer([&] {
            if constexpr (Wrong) {
                published = 1;
                after = 2;
            } else {
                after = 2;
                published = 1;
            }
        });
        while (published == 0) {
        }
        writer.detach();
    };
    publish();
}

template <bool Wrong>
struct task {
    std::promise<int> outcome;
    std::function<int()> function;

    void run()
    {
        try {
            outcome.set_value(function());
        } catch (...) {
            if constexpr (!Wrong) {
                outcome.set_exception(std::current_exception());
            }
        }
    }
};

template <bool Wrong>
void exception_swallowed()
{
    auto work = std::make_shared<task<Wrong>>();
    work->function = []() -> int { throw std::runtime_error("boom"); };
    auto outcome = work->outcome.get_future();
    std::thread worker([work] { work->run(); });
    bool caught = false;
    try {
        outcome.get();
    } catch (const std::runtime_error&) {
        caught = true;
    }
    worker.join();
    EXPLORE_REQUIRE(caught);
}

enum class flaw { none, drops_tasks, stop_without_lock };

template <flaw Flaw>
class pool {
public:
    explicit pool(int workers)
    {
        for (int i = 0; i < workers; ++i) {
            workers_.emplace_back([this] { work(); });
        }
    }

    ~pool()
    {
        if constexpr (Flaw == flaw::stop_without_lock) {
            stopped_ = true;
        } else {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        work_ready_.notify_all();
        for (std::thread& worker : workers_) {
            worker.join();
        }
    }

    void submit(std::function<void()> job)
    {
        {
            const std::lock_guard lock(mutex_);
            jobs_.push(std::move(job));
        }
        work_ready_.notify_one();
    }

private:
    void work()
    {
        for (;;) {
            std::function<void()> job;
            {
                std::unique_lock lock(mutex_);
                work_ready_.wait(lock, [&] { return stopped_ || !jobs_.empty(); });
                if (Flaw == flaw::drops_tasks ? stopped_ : stopped_ && jobs_.empty()) {
                    return;
                }
                job = std::move(jobs_.front());
                jobs_.pop();
            }
            job();
        }
    }

    std::mutex mutex_;
    std::condition_variable work_ready_;     // notified by submit() and the destructor
    std::queue<std::function<void()>> jobs_; // guarded by mutex_
    bool stopped_ = false;                   // guarded by mutex_
    std::vector<std::thread> workers_;       // joined by the destructor
};

template <flaw Flaw>
void pool_of_two()
{
    std::atomic<int> done = 0;
    {
        pool<Flaw> workers(2);
        for (int i = 0; i < 3; ++i) {
            workers.submit([&] { ++done; });
        }
    }
    EXPLORE_REQUIRE(done == 3);
}

// A request to stop is no change of anything that the mutex guards: it can come between the look
// and the sleep. The wait that takes the stop_token itself knows how to handle that.
template <bool Wrong>
class cancellable_wait {
public:
    // Until an item comes or the wait is cancelled.
    void wait(const std::stop_token& cancelled)
    {
        if constexpr (Wrong) {
            std::unique_lock lock(mutex_);
            while (!item_ && !cancelled.stop_requested()) {
                changed_.wait(lock);
            }
        } else {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, cancelled, [&] { return item_; });
        }
    }

    void wake() { changed_.notify_all(); }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_; // notified by wake() and by a request to stop
    bool item_ = false;                   // guarded by mutex_
};

template <bool Wrong>
void lost_cancel()
{
    cancellable_wait<Wrong> items;
    std::jthread worker([&](const std::stop_token& cancelled) { items.wait(cancelled); });
    worker.request_stop();
    items.wake();
}

// stop() called by two: both find that there is a thread to join.
template <bool Wrong>
void two_joiners()
{
    std::thread worker([] {});
    std::mutex mutex;
    const auto stop = [&] {
        std::unique_lock lock(mutex, std::defer_lock);
        if constexpr (!Wrong) {
            lock.lock();
        }
        if (worker.joinable()) {
            worker.join();
        }
    };
    std::thread first(stop);
    stop();
    first.join();
}

// Where the array was, the caller has nothing by the time the worker looks.
template <bool Wrong>
std::thread start_worker(std::atomic<int>& sum)
{
    std::array<int, 1000> numbers;
    numbers.fill(1);
    const auto add = [&sum](const std::array<int, 1000>& from) { sum += from[0]; };
    if constexpr (Wrong) {
        return std::thread([add, &numbers] { add(numbers); });
    } else {
        return std::thread([add, numbers] { add(numbers); });
    }
}

template <bool Wrong>
void local_of_a_function_that_returned()
{
    std::atomic<int> sum = 0;
    start_worker<Wrong>(sum).join();
}

// The worker is slow. Where the variable was, others have been meanwhile, and are.
template <bool Wrong>
void local_below_later_ones()
{
    std::atomic<int> rounds = 0;
    std::thread worker;
    const auto begin = [&] {
        auto found = std::make_shared<int>(0);
        int own = 0;
        int* where = &own;
        worker = std::thread([&rounds, where, found] {
            ++rounds;
            (Wrong ? *where : *found) = 7;
        });
    };
    const auto go_on = [&](int depth, const auto& again) -> int {
        std::array<int, 64> numbers;
        ++rounds;
        return depth == 0 ? numbers.size() : again(depth - 1, again) + 1;
    };
    begin();
    go_on(3, go_on);
    worker.join();
}

// The thread that has the variable waits for nobody, and nobody asks for it again.
template <bool Wrong>
void local_of_a_callers_past()
{
    std::atomic<bool> asked = false;
    const auto measure = [&asked](std::thread& helper) {
        int seconds = 0;
        helper = std::thread([&] {
            asked = true;
            ++seconds;
        });
        if (!Wrong) {
            helper.join();
        }
        while (!asked) {
        }
    };
    std::thread helper;
    measure(helper);
    if (Wrong) {
        helper.join();
    }
}

} // namespace

std::vector<twin> of_lifetimes()
{
    return {
        {"join_missing", "a thread is not joined", join_missing<true>, join_missing<false>},
        {"detached_reference", "a detached thread uses what is gone", detached_reference<true>,
         detached_reference<false>},
        {"write_after_the_flag", "a thread writes to a local after it has said that it is done",
         write_to_a_local_of_a_function_that_returned<true>,
         write_to_a_local_of_a_function_that_returned<false>},
        {"exception_swallowed", "the worker drops an exception", exception_swallowed<true>,
         exception_swallowed<false>},
        {"pool_drops_tasks", "the destructor drops tasks", pool_of_two<flaw::drops_tasks>,
         pool_of_two<flaw::none>},
        {"pool_stops_without_lock", "the stop flag is set outside the lock",
         pool_of_two<flaw::stop_without_lock>, pool_of_two<flaw::none>},
        {"lost_cancel", "a request to stop comes between look and sleep", lost_cancel<true>,
         lost_cancel<false>},
        {"two_joiners", "two threads join a third", two_joiners<true>, two_joiners<false>},
        {"local_of_a_function_that_returned", "a thread outlives the variable that it refers to",
         local_of_a_function_that_returned<true>, local_of_a_function_that_returned<false>},
        {"local_below_later_ones", "a local is written to while its place is used again",
         local_below_later_ones<true>, local_below_later_ones<false>},
        {"local_of_a_callers_past", "a local is written to after its function has returned",
         local_of_a_callers_past<true>, local_of_a_callers_past<false>},
    };
}

} // namespace cases
