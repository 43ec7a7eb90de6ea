// SPDX-License-Identifier: MIT
#include "support/rendezvous.hpp"

#include "support/watch_page.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace support {
namespace {

constexpr std::chrono::seconds patience{5};

std::string in_words(const std::source_location& asked_in)
{
    const std::string file = asked_in.file_name();
    return file.substr(file.rfind('/') + 1) + ":" + std::to_string(asked_in.line());
}

} // namespace

rendezvous::rendezvous(int parties) : parties_(parties) {}

bool rendezvous::arrive_and_wait()
{
    std::unique_lock lock(mutex_);
    if (++waiting_ > most_waiting_) {
        most_waiting_ = waiting_;
    }
    if (waiting_ == parties_) {
        waiting_ = 0;
        ++meeting_;
        met_.notify_all();
        return true;
    }
    const waiting_for note("a rendezvous of " + std::to_string(parties_) + ", " +
                           std::to_string(waiting_) + " here");
    const long mine = meeting_;
    const bool met = met_.wait_for(lock, patience, [&] { return meeting_ != mine; });
    if (!met) {
        happened(std::to_string(parties_) + " were to be at work at the same time, and " +
                 std::to_string(waiting_) + " of them waited 5 s in vain for the others");
        --waiting_;
    }
    return met;
}

int rendezvous::most_waiting() const
{
    const std::lock_guard lock(mutex_);
    return most_waiting_;
}

void gate::open()
{
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
}

bool gate::wait(std::source_location asked_in)
{
    std::unique_lock lock(mutex_);
    const waiting_for note("a gate that is still closed");
    const bool opened = opened_.wait_for(lock, patience, [&] { return open_; });
    if (!opened) {
        happened("waited 5 s in vain: " + in_words(asked_in));
    }
    return opened;
}

bool eventually(const std::function<bool()>& condition, std::source_location asked_in)
{
    const waiting_for note("a condition that does not hold yet");
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            const bool holds = condition();
            if (!holds) {
                happened("waited 5 s in vain: " + in_words(asked_in));
            }
            return holds;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

} // namespace support
