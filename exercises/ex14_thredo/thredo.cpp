// Threads that can be cancelled: yours to write, in six steps. thredo.hpp says what each function
// promises; its private parts are yours too.
//
// SPDX-License-Identifier: MIT
#include "thredo.hpp"

#include "given/todo.hpp"

namespace thredo {

void check_cancelled()
{
    todo("throw cancelled if the calling task was asked to end");
}

void sleep([[maybe_unused]] std::chrono::nanoseconds duration)
{
    todo("wait for the duration or until the calling task is cancelled");
}

void shield([[maybe_unused]] const std::function<void()>& work)
{
    todo("call work while the cancellation of the calling task is held back");
}

task_core::task_core([[maybe_unused]] std::function<void()> body)
{
    todo("start a thread that calls body and then records how the task ended");
}

void task_core::join()
{
    todo("wait for the end of the task, or for a cancel of the calling one");
}

void task_core::cancel()
{
    todo("ask the task to end");
}

void queue_core::put([[maybe_unused]] const std::function<void()>& store)
{
    todo("wait for room or a cancel, then store");
}

bool queue_core::get([[maybe_unused]] const std::function<void()>& take)
{
    todo("wait for an item or a cancel, then take");
}

void queue_core::close()
{
    todo("let nobody wait any more");
}

void cancel_all()
{
    todo("cancel the newest task alive and wait for its end, until none is left");
}

int run([[maybe_unused]] const std::function<void()>& main)
{
    todo("call main so that Ctrl+C cancels all tasks and then main");
}

void producer_and_consumer([[maybe_unused]] int items,
                           [[maybe_unused]] std::chrono::nanoseconds pause,
                           [[maybe_unused]] std::ostream& out)
{
    todo("put the numbers into a queue from which a worker task prints them");
}

void calc_primes([[maybe_unused]] int end, [[maybe_unused]] int tasks,
                 [[maybe_unused]] std::vector<int>& found,
                 [[maybe_unused]] const std::function<bool(int)>& test)
{
    todo("let tasks test the numbers, and keep what they found when cancelled");
}

} // namespace thredo
