// The interpreter's loop: offer the lock, then execute one bytecode; nothing else happens between
// two bytecodes. The accumulator is the thread's own and survives a switch. That is all it takes
// to lose an update.
//
// SPDX-License-Identifier: MIT
#include "given/bytecode.hpp"

#include <chrono>
#include <thread>

namespace given {

interpreter_lock no_lock()
{
    return {
        .acquire = [] {},
        .release = [] {},
        .check_interval = [] {},
        .allow_threads = [](const std::function<void()>& blocking_call) { blocking_call(); },
    };
}

std::vector<instruction> increment(int variable)
{
    return {{opcode::load, variable}, {opcode::add, 1}, {opcode::store, variable}};
}

void run(const std::vector<instruction>& bytecode, std::vector<long>& variables, long times,
         const interpreter_lock& lock)
{
    long accumulator = 0;
    const auto execute = [&](const instruction& next) {
        switch (next.code) {
        case opcode::load:
            accumulator = variables.at(next.operand);
            break;
        case opcode::add:
            accumulator += next.operand;
            break;
        case opcode::store:
            variables.at(next.operand) = accumulator;
            break;
        case opcode::sleep:
            lock.allow_threads(
                [&] { std::this_thread::sleep_for(std::chrono::microseconds(next.operand)); });
            break;
        }
    };

    lock.acquire();
    try {
        for (long round = 0; round < times; ++round) {
            for (const instruction& next : bytecode) {
                lock.check_interval();
                execute(next);
            }
        }
    } catch (...) {
        lock.release();
        throw;
    }
    lock.release();
}

} // namespace given
