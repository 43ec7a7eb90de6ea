// A task waits and can be cancelled: the cancel sets a flag, and calls back to wake the task. Can
// the task sleep for ever, though it was cancelled?
//
// T0: the test
// T1: the task
// T2: who cancels it
//
// at `on_cancel`: has wake_up called by the cancel
// at `on_cancel`, again: wake_up has returned
// at `notify_all`: wake_up is called: it wakes who waits
// at `lock{mutex}`: locks the mutex
// at `stop_requested`: looks at the flag
// at `changed.wait`: unlocks, waits to be woken, locks
// at `    }`: unlocks; wake_up is no longer to be called
// at `request_stop()`: sets the flag, then calls wake_up if somebody wants that
// at `request_stop()`, again: wake_up has returned
//
// SPDX-License-Identifier: MIT
#include "book/games/games.hpp"
#include "explore/explore.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace {

struct waiting_task {
    std::mutex mutex;
    std::condition_variable changed;
    std::stop_source flag;

    void run()
    {
        const auto wake_up = [this] { changed.notify_all(); };
        const std::stop_callback on_cancel{flag.get_token(), wake_up};
        std::unique_lock lock{mutex};
        while (!flag.stop_requested()) {
            changed.wait(lock);
        }
    }

    void cancel() { flag.request_stop(); }
};

} // namespace

void lost_cancel()
{
    waiting_task task;
    std::thread runs{[&] { task.run(); }};
    std::thread cancels{[&] { task.cancel(); }};
    runs.join();
    cancels.join();
}
