// Processes for inside explore(). Each is a thread of the schedule with descriptors of its own, and
// ends as a process does: it returns, calls _exit(), or is killed in the midst of whatever it does.
// No destructor runs then, and the simulated kernel closes its descriptors. The search may kill it
// at any moment, if options.deaths says so.
//
// What real processes have and these do not: memory of their own. So what they run must not change
// globals that others use, and takes no mutex of theirs.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace explorer {

struct process_end {
    int signal; // 0: it ended by itself, with ...
    int status;
};

using process_body = int (*)(int channel);

/// Starts one that runs `life(body, channel)`, which gives its exit status, with its own copy of
/// `channel`. Its number is that of no real process; getpid() gives it there. -1, and errno, when
/// there is no descriptor left, or no room, as options.fork_failures says.
pid_t start_process(int (*life)(process_body body, int channel), process_body body, int channel);

/// The copy of `channel` that the calling process was started with.
int own_channel();

/// Sends a deadly signal, or none (0). Nothing happens to a process that has ended. False: there is
/// no such process in this schedule.
bool kill_process(pid_t process, int signal);

/// Blocks until it has ended.
process_end wait_for_process(pid_t process);

/// How many of this schedule's were not waited for.
int processes_left();

} // namespace explorer
