// PLACEHOLDER: the idea, the threads involved, who waits for them.
//
// The caller's thread starts the others, waits for all of them and only then returns or throws.
//
// SPDX-License-Identifier: MIT
#pragma once

/// PLACEHOLDER: each function's promise, what it throws, whether it blocks, who calls it.
///
/// Starts `threads` threads that each add 1 to one sum, `times` times, and returns the sum. Blocks
/// until all of them are joined. Throws std::invalid_argument when threads < 1.
int sum_of_ones(int threads, int times);
