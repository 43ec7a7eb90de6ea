// The kernel's Landlock, by its numbers: not every system's headers know them.
//
// SPDX-License-Identifier: MIT
#include "confine.hpp"

#include <cstdint>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr long create_ruleset = 444;
constexpr long add_rule = 445;
constexpr long restrict_self = 446;
constexpr int beneath_a_path = 1;
constexpr std::uint64_t write_file = 1 << 1;

struct [[gnu::packed]] path_rule {
    std::uint64_t allowed;
    std::int32_t folder;
};

bool allow_writing_in(int ruleset, const char* path)
{
    const int folder = open(path, O_PATH | O_CLOEXEC);
    if (folder < 0) {
        return true; // what is not there needs no rule
    }
    const path_rule rule{write_file, folder};
    const bool added = syscall(add_rule, ruleset, beneath_a_path, &rule, 0) == 0;
    close(folder);
    return added;
}

} // namespace

bool forbid_writing_files()
{
    const std::uint64_t handled = write_file;
    const int ruleset = static_cast<int>(syscall(create_ruleset, &handled, sizeof handled, 0));
    if (ruleset < 0) {
        return false;
    }
    const bool done = allow_writing_in(ruleset, "/tmp") && allow_writing_in(ruleset, "/dev") &&
                      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                      syscall(restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return done;
}
