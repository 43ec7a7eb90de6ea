// What the explorer's speed is measured with: plain C++20 that knows nothing of the explorer.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace bench {

/// Two threads read a number, work, and write it back one larger.
void read_work_write();

/// A bounded queue, one producer of four items, two consumers.
void one_producer_two_consumers();

/// A thread pool of two workers is given three tasks and closed.
void pool_of_two();

/// Free-running work for measuring what idle hooks cost: containers, strings, locks, atomics.
/// Returns a checksum.
unsigned long everyday_work(int rounds);

} // namespace bench
