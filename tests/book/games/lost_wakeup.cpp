// One thread waits for an item, another one brings it. Can the first sleep for ever?
//
// T0: the test
// T1: the taker
// T2: the giver
//
// SPDX-License-Identifier: MIT
#include "book/games/games.hpp"
#include "explore/explore.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

struct place_for_one {
    std::mutex mutex;
    std::condition_variable ready;
    std::atomic<bool> item = false;

    void take()
    {
        std::unique_lock lock{mutex};
        while (!item) {
            ready.wait(lock);
        }
    }

    void give()
    {
        item = true;
        ready.notify_one();
    }
};

} // namespace

void lost_wakeup()
{
    place_for_one place;
    std::thread taker{[&] { place.take(); }};
    std::thread giver{[&] { place.give(); }};
    taker.join();
    giver.join();
}
