// SPDX-License-Identifier: MIT
#include "support/processes_below.hpp"

#include <fstream>
#include <system_error>
#include <vector>

namespace support {

std::string first_line(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

bool for_each_thread(
    const std::string& first,
    const std::function<bool(const std::string&, const std::filesystem::path&)>& action)
{
    bool all_there = true;
    std::vector<std::string> processes{first};
    for (std::size_t i = 0; i < processes.size(); ++i) {
        const std::string process = processes[i];
        std::error_code gone;
        std::filesystem::directory_iterator thread("/proc/" + process + "/task", gone);
        for (; !gone && thread != end(thread); thread.increment(gone)) {
            if (!action(process, thread->path())) {
                return false;
            }
            std::ifstream children(thread->path() / "children");
            for (std::string child; children >> child;) {
                processes.push_back(child);
            }
        }
        all_there = all_there && !gone;
    }
    return all_there;
}

} // namespace support
