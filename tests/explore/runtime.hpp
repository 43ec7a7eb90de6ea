// The inside of the exploring child: what its parts know of one another.
//
//   engine/        what carries a thread, a context or a thread of the kernel's (engine.hpp), and
//                  the child's life, schedule after schedule (lives.cpp)
//   schedule/      who may go on at each step, virtual time, handing over the turn; writing events
//                  down when a failing schedule is replayed; failing
//   strategies/    which of them does, and what the steps touch
//   memory/        the heap, and happens-before over every access to memory
//   hooks/         the calls that the judged code makes: pthread, futex, time, heap, the compiler's
//                  __tsan_*, and what lies outside the model
//   world/         a kernel of its own: sockets, pipes, timers, epoll
//
// Only the thread that has the turn runs, mostly as a context of one thread of the kernel's (see
// engine/engine.hpp); so nothing in here needs a lock.
//
// All of this is compiled without instrumentation and uses none of the standard library's
// templates and inline functions. The linker keeps one copy of each inline function: if that were
// ours, the judged code's accesses inside it would go unseen.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/engine/lives.hpp"
#include "explore/engine/stacks.hpp"
#include "explore/memory/heap.hpp"
#include "explore/memory/lifetimes.hpp"
#include "explore/memory/races.hpp"
#include "explore/schedule/execution.hpp"
#include "explore/schedule/fairness.hpp"
#include "explore/schedule/record.hpp"
#include "explore/schedule/scheduler.hpp"
#include "explore/strategies/strategy.hpp"
