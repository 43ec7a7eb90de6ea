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

bool first_thread_waits()
{
    return is_asleep(::getpid());
}

} // namespace support
