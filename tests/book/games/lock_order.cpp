// Two counts, each with its own lock, and two threads that need both. Can everybody wait for ever?
//
// T0: the test
// T1: moves one to the left
// T2: moves one to the right
//
// SPDX-License-Identifier: MIT
#include "book/games/games.hpp"
#include "explore/explore.hpp"

#include <mutex>
#include <thread>

namespace {

struct two_counts {
    std::mutex left_lock;
    std::mutex right_lock;
    int left = 5;
    int right = 5;

    void move_to_the_left()
    {
        const std::lock_guard from{right_lock};
        const std::lock_guard to{left_lock};
        --right;
        ++left;
    }

    void move_to_the_right()
    {
        const std::lock_guard from{left_lock};
        const std::lock_guard to{right_lock};
        --left;
        ++right;
    }
};

} // namespace

void lock_order()
{
    two_counts counts;
    std::thread one{[&] { counts.move_to_the_left(); }};
    std::thread other{[&] { counts.move_to_the_right(); }};
    one.join();
    other.join();
}
