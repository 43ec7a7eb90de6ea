// The exchange of one call stack for another: all that the processor has to be told when a context
// is left for another one. On x86-64 and 64-bit Arm; elsewhere WORKBOOK_EXCHANGES_STACKS is not
// defined.
//
// SPDX-License-Identifier: MIT
#pragma once

#if defined(__x86_64__) || defined(__aarch64__)
#define WORKBOOK_EXCHANGES_STACKS 1

extern "C" {

/// Puts on a new stack what the first workbook_exchange_stacks() to it needs: it will call
/// entry(argument), which must not return. `end` is the stack's end, a multiple of 16. Returns the
/// stack pointer to enter with.
void* workbook_prepare_stack(void* end, void (*entry)(void*), void* argument);

/// Leaves the caller's stack, whose stack pointer goes to *left, and goes on where the stack with
/// the pointer `entered` was left. Returns when somebody enters the caller's again.
void workbook_exchange_stacks(void** left, void* entered);
}

#endif
