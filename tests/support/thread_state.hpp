// Whether a thread sits in the kernel, waiting. A test that must act *while* an answer waits there,
// and not before, asks this from another thread, by eventually(first_thread_waits) for example.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace support {

/// True while that thread of this process sleeps in a system call; false when it runs or is gone.
/// Reads /proc; from any thread.
bool is_asleep(pid_t thread);

/// How often that thread of this process went to sleep or was sent there. Reads /proc; from any
/// thread.
long switches(pid_t thread);

/// is_asleep() of the process's first thread.
bool first_thread_waits();

} // namespace support
