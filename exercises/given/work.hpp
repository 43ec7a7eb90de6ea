// Simulated request processing: a fixed amount of work, as the lecture's `for i in
// xrange(1000000): pass`. A fixed amount and not "until so much time has passed": two threads that
// watch the clock on one core are done at the same time, as if each had a core to itself. The
// literal empty loop would not do either; at -O2 the compiler deletes it. No threads.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>

namespace given {

/// What a server does for each client before it answers. Called from the server's threads, by
/// several at once if the server has several. Throws nothing but std::exceptions.
using work = std::function<void()>;

/// Does `steps` steps of arithmetic, each of which needs the one before, so that no compiler can
/// shorten or drop them. About a nanosecond each.
void spend(long steps);

/// How many steps take `duration` on this machine when nothing else runs; measured at each call
/// (some 15 ms; call it before starting threads).
long steps_in(std::chrono::microseconds duration);

/// Work of a fixed number of steps: as many as take `duration` on an idle core of this machine.
work fixed_work(std::chrono::microseconds duration);

} // namespace given
