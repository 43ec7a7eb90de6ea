// A file in memory rather than a pipe: it never fills up, and can be read at any time.
//
// SPDX-License-Identifier: MIT
#include "support/kept_stderr.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sstream>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace support {

kept_stderr::kept_stderr()
    : file_{::memfd_create("stderr", MFD_CLOEXEC)},
      before_{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)}
{
    if (file_.get() < 0 || before_.get() < 0 || ::dup2(file_.get(), STDERR_FILENO) < 0) {
        throw std::system_error(errno, std::generic_category(),
                                "cannot keep what is said on stderr");
    }
    now_ = this;
}

kept_stderr::~kept_stderr()
{
    now_ = nullptr;
    std::fflush(stderr);
    ::dup2(before_.get(), STDERR_FILENO);
}

std::string kept_stderr::said_now()
{
    return now_ != nullptr ? now_->said() : std::string();
}

std::string kept_stderr::said() const
{
    std::fflush(stderr);
    std::string all;
    std::array<char, 512> piece{};
    for (ssize_t size; (size = ::pread(file_.get(), piece.data(), piece.size(),
                                       static_cast<off_t>(all.size()))) > 0;) {
        all.append(piece.data(), static_cast<std::size_t>(size));
    }
    return all;
}

std::string without_repetitions(const std::string& text)
{
    std::string out;
    std::string before;
    long again = 0;
    bool report = false; // its indented lines are told as they are: they may be parts of a value
    const auto tell = [&] {
        if (again > 0) {
            out += "  (and " + std::to_string(again) + " more such lines)\n";
        }
        again = 0;
    };
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line); before = line) {
        if (line == before && !line.empty() && !(report && line.front() == ' ')) {
            ++again;
            continue;
        }
        tell();
        report = report || line.starts_with("Broken promise: ");
        out += line + (lines.eof() ? "" : "\n");
    }
    tell();
    return out;
}

} // namespace support
