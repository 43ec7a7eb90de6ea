// The exploring child, seen from its parent: a process that runs the plan in the ledger, and is
// watched meanwhile, because it may crash, hang or go round in circles.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/ledger.hpp"

#include <chrono>
#include <functional>

#include <sys/types.h>

namespace explorer {

enum class ending { passed, failed, out_of_time };

class exploring_child {
public:
    /// `real_threads`: from the start. The body must outlive this object.
    exploring_child(const std::function<void()>& body, bool real_threads);
    ~exploring_child();
    exploring_child(const exploring_child&) = delete;
    exploring_child& operator=(const exploring_child&) = delete;

    /// Shared with the child. What happened stands here after its end, whatever that was.
    ledger& book() const { return *book_; }

    /// How much time there is from now on, at most or at least.
    void set_time(std::chrono::seconds most);
    void give_time(std::chrono::seconds least);

    /// Whether its threads are the kernel's: because the body asked for what only those have, or
    /// because somebody said so.
    bool has_real_threads() const { return real_threads_; }
    void use_real_threads() { real_threads_ = true; }

    /// Makes the ledger ready for a new plan.
    void begin(const search_plan& what);
    /// Goes on with the ledger as it is. Blocks until the child has ended.
    ending run();
    /// The same in this process, for a debugger. A failure ends it.
    void run_here();
    /// The body, once and freely, in this process.
    void run_freely();

private:
    ending run_once();
    bool watch(pid_t child);
    void hand_on_todo();
    void note_unknown_end(int how);

    const std::function<void()>& body_;
    ledger* book_;
    bool real_threads_;
    std::chrono::steady_clock::time_point deadline_;
};

} // namespace explorer
