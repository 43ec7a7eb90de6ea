// What a running case tells its supervisor: a page of memory that both processes share. It survives
// whatever becomes of the case, so a TODO that was reached, a wait that never ended and the count
// of assertions are known even after a crash or a kill.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/todo.hpp"

#include <atomic>
#include <string_view>

namespace support {

struct watch_page {
    static constexpr int wait_slots = 32;
    static constexpr int wait_text = 120;

    char todo[todo_page_size];               // todo()'s message; empty while none was reached
    std::atomic<int> wait_taken[wait_slots]; // 1 while the text beside it is somebody's wait
    char wait_for[wait_slots][wait_text];
    std::atomic<int> seconds_allowed; // raised by the case's own tags
    std::atomic<int> cases_run;
    std::atomic<int> assertions;
    std::atomic<int> completed; // set last, by the case's process: its verdict is whole
    std::atomic<int> failed;    // valid once completed is set
    char cannot_judge[512];     // why no verdict can be given; empty otherwise
};

/// The page of this process; null outside a supervised case. Set once, before any thread starts.
extern watch_page* page;

/// Publishes what this thread waits for while the object lives. Costs no lock and never throws;
/// with all slots taken the wait is not published.
class waiting_for {
public:
    explicit waiting_for(std::string_view what) noexcept;
    ~waiting_for();
    waiting_for(const waiting_for&) = delete;
    waiting_for& operator=(const waiting_for&) = delete;

private:
    int slot_ = -1;
};

} // namespace support
