// What is said on stderr while a case runs, by this process and in all of its threads.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/descriptor.hpp"

#include <string>

namespace support {

/// Stderr goes to a file of its own from now on, until the object dies. One at a time.
class kept_stderr {
public:
    /// Throws std::system_error when there can be no such file.
    kept_stderr();
    kept_stderr(const kept_stderr&) = delete;
    kept_stderr& operator=(const kept_stderr&) = delete;
    ~kept_stderr();

    /// All that was said until now.
    std::string said() const;

    /// The same of the one that lives; empty if none does.
    static std::string said_now();

private:
    inline static const kept_stderr* now_ = nullptr;
    given::descriptor file_;
    given::descriptor before_; // the stderr to go back to
};

/// What was said, for people: a line that comes again and again is shown once, with how often.
std::string without_repetitions(const std::string& text);

} // namespace support
