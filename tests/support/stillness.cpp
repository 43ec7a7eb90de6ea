// SPDX-License-Identifier: MIT
#include "support/stillness.hpp"

#include "support/processes_below.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>

namespace support {
namespace {

constexpr std::chrono::milliseconds between_looks{500};

// Adds the thread's state and how often it has stopped running to `seen`; false if it can run.
bool add_thread(const std::filesystem::path& thread, std::string& seen)
{
    std::ifstream file(thread / "status");
    bool waits = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("State:")) {
            const std::size_t letter = line.find_first_not_of(" \t", sizeof "State:" - 1);
            // Sleeping, stopped or ended; not running, nor waiting for the disk.
            waits = letter != std::string::npos &&
                    std::string_view("STtZX").find(line[letter]) != std::string_view::npos;
            seen += thread.filename().string() + line;
        } else if (line.find("ctxt_switches:") != std::string::npos) {
            seen += line;
        }
    }
    return waits;
}

// What every thread of every process below this one does; empty if one could run.
std::string look_around()
{
    std::string seen;
    const bool still = for_each_thread("self", [&](const std::string& process, const auto& thread) {
        return process == "self" || add_thread(thread, seen);
    });
    return still ? seen : std::string();
}

} // namespace

bool stillness::lasts()
{
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) {
        return false;
    }
    next_look_ = now + between_looks;
    std::string seen = look_around();
    looks_ = !seen.empty() && seen == seen_ ? looks_ + 1 : 0;
    seen_ = std::move(seen);
    return looks_ * between_looks >= long_stillness;
}

} // namespace support
