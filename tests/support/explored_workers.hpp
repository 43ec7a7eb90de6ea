// Workers without processes: inside explore(), those of given::fork_server are threads of the
// schedule (explore/processes.hpp), which the search may kill whenever it likes.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"
#include "explore/processes.hpp"

#include "given/fork_server.hpp"

#include <csignal>
#include <functional>

namespace support {

/// explore(), with each worker of a pool that `body` makes as a process of the schedule's. A pool
/// that leaves one unburied is a failure.
inline void explore_pool(std::function<void()> body, explorer::options chosen = {})
{
    static constexpr given::process_calls simulated{
        [](int (*body)(int), int channel) {
            return explorer::start_process(given::live_as_worker, body, channel);
        },
        [](pid_t worker) { explorer::kill_process(worker, SIGKILL); },
        [](pid_t worker) {
            const explorer::process_end end = explorer::wait_for_process(worker);
            return given::exit_status{end.signal, end.status};
        }};
    given::simulated_processes = &simulated;
    chosen.one_in = 4;
    explore(
        [&] {
            body();
            EXPLORE_REQUIRE(explorer::processes_left() == 0);
        },
        chosen);
    given::simulated_processes = nullptr;
}

} // namespace support
