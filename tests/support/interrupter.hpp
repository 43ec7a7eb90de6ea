// Signals that interrupt a system call for certain. A signal which arrives a moment too early
// interrupts nothing and shows nothing; so the thread is first seen asleep in the kernel, then
// signalled, then the handler is seen to have run.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/rendezvous.hpp"
#include "support/thread_state.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <source_location>
#include <string>
#include <vector>

#include <unistd.h>

namespace support {

/// True when SIGUSR1 cannot interrupt the thread, because it blocks that signal.
inline bool is_out_of_reach(pid_t thread)
{
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/status");
    for (std::string word; file >> word;) {
        if (word == "SigBlk:") {
            file >> word;
            return (std::stoull(word, nullptr, 16) >> (SIGUSR1 - 1) & 1) != 0;
        }
    }
    return false;
}

/// The threads of this process besides the calling one and those that block SIGUSR1, as
/// ThreadSanitizer's own do.
inline std::vector<pid_t> other_threads()
{
    std::vector<pid_t> threads;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        const pid_t thread = std::stoi(entry.path().filename().string());
        if (thread != gettid() && !is_out_of_reach(thread)) {
            threads.push_back(thread);
        }
    }
    return threads;
}

/// While it lives, SIGUSR1 does nothing but interrupt: its handler is set without SA_RESTART. It is
/// the only one: Catch2's own, from version 3 on, are set aside. One at a time.
class interrupter {
public:
    interrupter()
    {
        struct sigaction action {};
        for (std::size_t i = 0; i < catchs_own.size(); ++i) {
            sigaction(catchs_own[i], &action, &aside_[i]); // to the default
        }
        action.sa_handler = [](int) { ++handled; };
        sigaction(SIGUSR1, &action, &before_);
    }
    ~interrupter()
    {
        sigaction(SIGUSR1, &before_, nullptr);
        for (std::size_t i = 0; i < catchs_own.size(); ++i) {
            sigaction(catchs_own[i], &aside_[i], nullptr);
        }
    }
    interrupter(const interrupter&) = delete;
    interrupter& operator=(const interrupter&) = delete;

    /// Interrupts the system call that `thread` sleeps in; waits for it to fall asleep first.
    /// Blocks at most 5 s for each. False when the thread is gone or never slept.
    bool interrupt(pid_t thread, std::source_location asked_in = std::source_location::current())
    {
        const std::string life = "/proc/self/task/" + std::to_string(thread);
        if (!eventually([&] { return is_asleep(thread) || !std::filesystem::exists(life); },
                        asked_in) ||
            !is_asleep(thread)) {
            return false;
        }
        const int before = handled;
        return tgkill(getpid(), thread, SIGUSR1) == 0 &&
               eventually([&] { return handled > before; }, asked_in);
    }

private:
    static constexpr std::array catchs_own{SIGINT, SIGTERM, SIGABRT};
    inline static std::atomic<int> handled = 0;
    struct sigaction before_ {};
    std::array<struct sigaction, catchs_own.size()> aside_{};
};

} // namespace support
