// Monkey patching, after gevent: blocking calls in code that has never heard of greenlets suspend
// the greenlet that makes them, and not the thread.
//
// The program defines nanosleep(), recv() and eight more itself. The linker then binds every call
// of these names to the program's functions, from whatever object file or shared library the call
// comes; only libc's calls to itself are bound inside libc. So they are in place from the start,
// and hand everything on to libc's own until patch_all() has been called. No thread runs in here.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace green {

/// From now on, for good and in all threads: nanosleep, clock_nanosleep, sleep, usleep, poll, read,
/// recv, send, connect and accept let the thread's other greenlets run where they would block, if a
/// greenlet makes the call. In other threads and on a thread's own stack they are what they were.
/// A call that is under way stays what it was when it began.
void patch_all();

/// True once patch_all() has been called.
bool patched();

} // namespace green
