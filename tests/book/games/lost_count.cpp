// A server counts its clients. Can two of them get the same number?
//
// T0: the test
// T1: client 1
// T2: client 2
//
// SPDX-License-Identifier: MIT
#include "book/games/games.hpp"
#include "explore/explore.hpp"

#include <atomic>
#include <thread>

namespace {

struct server {
    std::atomic<int> count = 0;

    int handle()
    {
        const int seen = count.load();
        // here it works for the client
        count.store(seen + 1);
        return seen + 1;
    }
};

} // namespace

void lost_count()
{
    server shared;
    int client_1_got = 0;
    int client_2_got = 0;
    std::thread client_1{[&] { client_1_got = shared.handle(); }};
    std::thread client_2{[&] { client_2_got = shared.handle(); }};
    client_1.join();
    client_2.join();
    EXPLORE_REQUIRE(client_1_got != client_2_got);
}
