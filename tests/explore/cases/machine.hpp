// Runs a random program.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/cases/random_program.hpp"
#include "explore/cases/small_network.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <semaphore>
#include <shared_mutex>
#include <vector>

namespace cases {

class machine {
public:
    // What the schedule came to: what each thread saw, and what is left.
    std::uint64_t run(const program& what);

private:
    void obey(const std::vector<instruction>& all, std::size_t thread);
    std::uint64_t obey(instruction one, std::size_t thread);

    std::array<std::mutex, 2> mutex_;
    std::array<std::uint64_t, 2> number_{}; // guarded by the mutex of the same number
    std::array<std::atomic<std::uint64_t>, 2> atomic_{};
    std::condition_variable changed_;
    bool flag_ = false; // guarded by mutex_[0]
    std::counting_semaphore<100> units_{1};
    std::timed_mutex timed_;
    std::shared_mutex shared_;
    std::uint64_t shared_number_ = 0; // guarded by shared_
    std::once_flag once_;
    std::atomic<int> atomic_int_ = 0;
    std::uint64_t plain_ = 0; // raced for
    std::optional<small_network> network_;
    std::array<std::uint64_t, 4> seen_{};
};

} // namespace cases
