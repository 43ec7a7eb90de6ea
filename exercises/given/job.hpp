// A task that is ready to run: something to call, with everything it needs packed inside.
//
// std::function would do, but it insists on being copied, and a std::packaged_task or a lambda that
// owns a std::unique_ptr can only be moved. (std::move_only_function comes with C++23.) A job
// belongs to one thread at a time: whoever hands it over moves it.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

namespace given {

class job {
public:
    /// Nothing to do. Must not be called.
    job() = default;

    /// Keeps `task`, anything that can be called without arguments; its result is dropped.
    template <class Task>
    explicit job(Task task) : task_(std::make_unique<holder<Task>>(std::move(task)))
    {}

    /// Runs the task, once, on the calling thread. Throws what the task throws.
    void operator()() { task_->run(); }

    /// Whether there is something to do.
    explicit operator bool() const { return task_ != nullptr; }

private:
    struct runnable {
        virtual ~runnable() = default;
        virtual void run() = 0;
    };

    template <class Task>
    struct holder final : runnable {
        explicit holder(Task task) : task_(std::move(task)) {}
        void run() override { task_(); }
        Task task_;
    };

    std::unique_ptr<runnable> task_;
};

} // namespace given
