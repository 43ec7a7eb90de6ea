// Work that takes processor time and nothing else: no memory, no system calls.
//
// SPDX-License-Identifier: MIT
#include "given/work.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace given {

void spend(long steps)
{
    // Reading and writing a volatile is visible behaviour, so the value must really be computed.
    volatile std::uint64_t visible = 1;
    std::uint64_t value = visible;
    for (long i = 0; i < steps; ++i) {
        value = value * 6364136223846793005u + 1442695040888963407u;
    }
    visible = value;
}

long steps_in(std::chrono::microseconds duration)
{
    // The quickest of some short runs is the one that nothing interrupted.
    constexpr long trial = 200'000;
    auto quickest = std::chrono::nanoseconds::max();
    for (int i = 0; i < 60; ++i) {
        const auto began = std::chrono::steady_clock::now();
        spend(trial);
        quickest =
            std::min<std::chrono::nanoseconds>(quickest, std::chrono::steady_clock::now() - began);
    }
    const double per_nanosecond =
        static_cast<double>(trial) / static_cast<double>(quickest.count());
    return std::lround(per_nanosecond * 1000.0 * static_cast<double>(duration.count()));
}

work fixed_work(std::chrono::microseconds duration)
{
    return [steps = steps_in(duration)] { spend(steps); };
}

} // namespace given
