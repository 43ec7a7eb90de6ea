// Two loops, each of which stays where it is while the other one runs: what a function call cannot
// do, because a call's frame is gone when it returns.
//
// SPDX-License-Identifier: MIT
#include "ping_pong.hpp"

#include "given/context.hpp"

void ping_pong(int rounds, const std::function<void(const std::string&)>& say)
{
    given::context& home = given::context::current();
    given::context* other_side = nullptr; // pong, as soon as there is one
    given::context ping([&]() -> given::context& {
        for (int round = 1; round <= rounds; ++round) {
            say("ping " + std::to_string(round));
            given::switch_to(*other_side);
        }
        return *other_side; // pong is still inside its last round
    });
    given::context pong([&]() -> given::context& {
        for (int round = 1; round <= rounds; ++round) {
            say("pong " + std::to_string(round));
            given::switch_to(ping);
        }
        return home;
    });
    other_side = &pong;
    given::switch_to(ping);
}
