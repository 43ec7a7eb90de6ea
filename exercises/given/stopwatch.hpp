// How long something takes, for the tables that the programs print. Never for a verdict: a time
// says something about this machine at this moment.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace given {

/// The time that `work` takes, in milliseconds: the median of five runs, or of one if that takes
/// longer than 0.3 s already. Runs it on the calling thread.
inline double median_ms(const std::function<void()>& work)
{
    using clock = std::chrono::steady_clock;
    std::vector<double> times;
    while (times.empty() || (times.size() < 5 && times.front() < 300)) {
        const auto start = clock::now();
        work();
        times.push_back(std::chrono::duration<double, std::milli>(clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

} // namespace given
