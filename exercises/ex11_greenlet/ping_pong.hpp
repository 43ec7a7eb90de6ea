// Two call stacks taking turns, with nothing between them but the switch. One thread; nobody
// decides who runs next, each side names the other.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

/// Calls say("ping 1"), say("pong 1"), say("ping 2") and so on, up to "pong <rounds>": the pings
/// from a loop in one context, the pongs from a loop in another, both made here and gone when it
/// returns. Says nothing when rounds < 1. `say` must not throw.
void ping_pong(int rounds, const std::function<void(const std::string&)>& say);
