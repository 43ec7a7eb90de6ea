// The inside of the exploring child: what its parts know of one another (README.md has their map).
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
