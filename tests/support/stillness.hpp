// Whether the processes of a case still do anything. Those that only wait for each other will not
// end, and need not be watched until their time is over.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace support {

/// Longer than any wait of a test, which all end after 5 s.
constexpr std::chrono::seconds long_stillness{8};

/// Watches all processes below this one. Not thread-safe; does not block.
class stillness {
public:
    /// To be called again and again. True once every thread has waited, and none has been woken
    /// meanwhile, for long_stillness: counted by looks that found it so, hence never because the
    /// machine was busy or stood still. False where /proc does not tell.
    bool lasts();

private:
    std::string seen_; // what all threads were doing at the last look; empty: somebody could run
    int looks_ = 0;    // that saw the same
    std::chrono::steady_clock::time_point next_look_ = std::chrono::steady_clock::now();
};

} // namespace support
