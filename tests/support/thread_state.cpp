// SPDX-License-Identifier: MIT
#include "support/thread_state.hpp"

#include <fstream>
#include <string>
#include <unistd.h>

namespace support {

bool is_asleep(pid_t thread)
{
    // "1234 (name) S ...": the name may hold anything, so look behind its last parenthesis.
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string stat;
    std::getline(file, stat);
    const std::size_t name_ends = stat.rfind(')');
    return name_ends != std::string::npos && stat.substr(name_ends, 3) == ") S";
}

long switches(pid_t thread)
{
    long count = 0;
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.find("voluntary_ctxt_switches") != std::string::npos) {
            count += std::stol(line.substr(line.find(':') + 1));
        }
    }
    return count;
}

bool first_thread_waits()
{
    return is_asleep(::getpid());
}

} // namespace support
