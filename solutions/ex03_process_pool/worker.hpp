// What a worker does all its life, in a process of its own and in that process's only thread. (Or,
// under the explorer, in a thread beside others: so nothing is kept in globals.)
//
// SPDX-License-Identifier: MIT
#pragma once

/// Serves the tasks that arrive through `channel`, one after the other, and sends one reply for
/// each: its result, or what it threw (given/remote_call.hpp makes both). A task that throws does
/// not end the worker. Returns 0, the worker's exit status, when the pool has closed its end of
/// the channel. Throws std::system_error when the channel breaks in the middle of a message.
int serve_tasks(int channel);
