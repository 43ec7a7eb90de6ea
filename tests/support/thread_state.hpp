// Whether a case's own thread sits in the kernel, waiting. A test that must act *while* an answer
// waits there, and not before, asks this from another thread, by eventually(first_thread_waits).
//
// SPDX-License-Identifier: MIT
#pragma once

namespace support {

/// True while the process's first thread sleeps in the kernel. Reads /proc; from any thread.
bool first_thread_waits();

} // namespace support
