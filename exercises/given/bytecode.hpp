// A tiny bytecode interpreter, the size of a lecture: four instructions, one accumulator per
// thread, variables that all threads share. Like CPython's, it holds a lock while it runs bytecode,
// offers it to the others between two bytecodes, and gives it up around a call that blocks. It
// knows no lock type: it is handed four functions, so that any GIL, or none, can be tried.
//
// It starts no thread. Each thread that calls run() is an interpreter of its own.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

namespace given {

/// What an interpreter wants from the lock that it runs under.
struct interpreter_lock {
    std::function<void()> acquire;        ///< called once, before the first bytecode
    std::function<void()> release;        ///< called once, after the last one or on an exception
    std::function<void()> check_interval; ///< called before each bytecode
    /// Runs a call that blocks, without the lock; holds it again on return and on an exception.
    std::function<void(const std::function<void()>& blocking_call)> allow_threads;
};

/// The interpreter without a GIL: nothing is locked and blocking calls are simply made. Threads
/// that run under it may not share variables.
interpreter_lock no_lock();

enum class opcode {
    load,  ///< LOAD i: copy variable i into the accumulator
    add,   ///< ADD n: add the number n to the accumulator
    store, ///< STORE i: copy the accumulator into variable i
    sleep, ///< SLEEP n: a blocking call of n microseconds
};

struct instruction {
    opcode code;
    int operand;
};

/// `n += 1` for the variable of that number, as any interpreter compiles it: LOAD, ADD, STORE.
std::vector<instruction> increment(int variable);

/// Runs the bytecode `times` times under `lock`, in the calling thread, and returns when it is
/// done. Throws std::out_of_range for a variable that does not exist; what the lock throws passes
/// through. Threads may share `variables` if they share a lock.
void run(const std::vector<instruction>& bytecode, std::vector<long>& variables, long times,
         const interpreter_lock& lock);

} // namespace given
