// What a running case tells its supervisor: a page of memory that both processes share. It survives
// whatever becomes of the case, so a TODO that was reached and a wait that never ended are known
// even after a crash or a kill. Nothing that stands there makes a pass: results.hpp has what does.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/todo.hpp"

#include <atomic>
#include <string_view>

namespace support {

/// How a thread came to where it is.
struct trace {
    static constexpr int most_frames = 32;

    std::atomic<int> whole; // 1 once the rest is written, 2 while it is
    int process;
    int thread;
    int signal;        // that ended the process; 0: none did
    const void* about; // the exception, or the address that could not be used
    int frames;
    void* frame[most_frames]; // return addresses, the innermost first
    char what[240];           // the exception's type and text
};

struct watch_page {
    static constexpr int wait_slots = 32;
    static constexpr int wait_text = 160;
    static constexpr int most_throws = 16;
    static constexpr int most_threads = 24;
    static constexpr int most_notes = 4;
    static constexpr int most_descriptors = 64; // whose opening is kept
    static constexpr int note_text = 320;

    char todo[todo_page_size];               // todo()'s message; empty while none was reached
    std::atomic<int> wait_taken[wait_slots]; // 1 while the text beside it is somebody's wait
    char wait_for[wait_slots][wait_text];
    std::atomic<int> trying_itself;   // 1 while the checker does so, before the case begins
    std::atomic<int> seconds_allowed; // raised by the case's own tags
    char cannot_judge[512];           // why no verdict can be given; empty otherwise

    // See traces.hpp; while a case is explored there are none.
    std::atomic<int> traced; // the case's process, once they are left
    trace end;               // of the case's process, by a signal or std::terminate
    trace end_of_a_child;    // that of the first process of the case's that ended so
    std::atomic<int> throws;
    trace thrown[most_throws]; // the last ones, in turn
    const void* unexpected;    // the exception that broke off the case; null: none
    std::atomic<int> standing;
    trace stands[most_threads]; // where the threads were when the supervisor asked
    std::atomic<int> notes;
    char note[most_notes][note_text]; // the last ones, in turn
    char gave_up[wait_text];          // why the case cannot go on; empty: it can
    trace opened[most_descriptors];   // by its number, where each was opened last
    std::atomic<int> left_open;       // one of those that are still open and should not be; 0: none
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

/// Tells, if the case fails, of something that it saw: "a client got no reply". Only the last few
/// are kept. May be called from any thread.
void happened(std::string_view what, std::string_view detail = {}) noexcept;

/// Ends the case, which cannot go on because of this. Never returns: the supervisor looks where all
/// threads are, and ends them.
[[noreturn]] void give_up(std::string_view why);

} // namespace support
