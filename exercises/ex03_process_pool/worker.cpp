// The worker's loop is yours: receive, run, reply. It runs in a process of its own, which ends when
// it returns.
//
// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include "channel.hpp"
#include "given/remote_call.hpp"
#include "given/todo.hpp"

#include <string>

int serve_tasks([[maybe_unused]] int channel)
{
    todo("answer each request with one reply, until the pool closes its end");
}
