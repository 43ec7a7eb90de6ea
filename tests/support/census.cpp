// SPDX-License-Identifier: MIT
#include "support/census.hpp"

#include "support/rendezvous.hpp"
#include "support/watch_page.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>

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

std::string link_of(int descriptor)
{
    std::error_code gone;
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), gone);
}

// Without that of the folder that is being read.
std::set<int> open_descriptors()
{
    std::set<int> open;
    for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
        open.insert(std::atoi(one.path().filename().c_str()));
    }
    std::erase_if(open, [](int one) { return ::fcntl(one, F_GETFD) == -1; });
    return open;
}

// "a socket", "a pipe", "/dev/null".
std::string kind_of(int descriptor)
{
    const std::string text = link_of(descriptor);
    int listens = 0;
    socklen_t size = sizeof listens;
    if (text.starts_with("socket:")) {
        ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
        return listens != 0 ? "a socket that listens" : "a socket";
    }
    return text.starts_with("pipe:")                    ? "a pipe's end"
           : text.starts_with("anon_inode:[eventfd]")   ? "an eventfd"
           : text.starts_with("anon_inode:[eventpoll]") ? "an epoll"
           : text.starts_with("anon_inode:[pidfd]")     ? "a process's pidfd"
                                                        : text;
}

// "; still open are 5 (a socket), 6 (a socket)", of those that were not there before.
std::string left_open(const census& before, const census& now)
{
    constexpr int most = 4;
    std::string text;
    int count = 0;
    for (const int one : now.numbers) {
        if (!before.numbers.contains(one) && ++count <= most) {
            text += (text.empty() ? "; still open: " : ", ") + std::to_string(one) + " (" +
                    kind_of(one) + ")";
        }
    }
    return text + (count > most ? " and " + std::to_string(count - most) + " more" : "");
}

// For the report, which tells where it was opened.
void note_what_is_left(const census& before, const census& now)
{
    for (const int one : now.numbers) {
        if (page != nullptr && !before.numbers.contains(one)) {
            page->left_open = one;
            return;
        }
    }
}

} // namespace

census take_census()
{
    const std::set<int> open = open_descriptors();
    return {.threads = entries_in("/proc/self/task"),
            .children = count_children(),
            .descriptors = static_cast<int>(open.size()),
            .numbers = open};
}

bool back_to(const census& before, std::source_location asked_in)
{
    const bool back = eventually([&] { return take_census() == before; }, asked_in);
    if (!back) {
        std::ostringstream text;
        const census now = take_census();
        text << "5 s later there are " << now << "; before there were " << before
             << left_open(before, now);
        happened(text.str());
        note_what_is_left(before, now);
    }
    return back;
}

std::ostream& operator<<(std::ostream& out, const census& counted)
{
    return out << counted.threads << " threads, " << counted.children << " children, "
               << counted.descriptors << " descriptors";
}

} // namespace support
