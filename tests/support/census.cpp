// SPDX-License-Identifier: MIT
#include "support/census.hpp"

#include "support/rendezvous.hpp"
#include "support/watch_page.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>

namespace support {
namespace {

int entries_in(const char* folder)
{
    namespace fs = std::filesystem;
    return static_cast<int>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// Each thread of ours has its own list of the children that it forked.
int count_children()
{
    int children = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream list(thread.path() / "children");
        children += static_cast<int>(
            std::distance(std::istream_iterator<int>(list), std::istream_iterator<int>()));
    }
    return children;
}

} // namespace

census take_census()
{
    // The folder that is being read is itself a descriptor.
    return {.threads = entries_in("/proc/self/task"),
            .children = count_children(),
            .descriptors = entries_in("/proc/self/fd") - 1};
}

bool back_to(const census& before, std::source_location asked_in)
{
    const bool back = eventually([&] { return take_census() == before; }, asked_in);
    if (!back) {
        std::ostringstream text;
        text << "5 s later there are " << take_census() << "; before there were " << before;
        happened(text.str());
    }
    return back;
}

std::ostream& operator<<(std::ostream& out, const census& counted)
{
    return out << counted.threads << " threads, " << counted.children << " children, "
               << counted.descriptors << " descriptors";
}

} // namespace support
