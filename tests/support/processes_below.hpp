// What /proc says of a process and of those that it has started.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace support {

/// Empty when there is no such file, or none any more.
std::string first_line(const std::filesystem::path& file);

/// Calls action(process, its folder in /proc) for each thread of the process ("self", or its
/// number) and of all below it, until it returns false. False then, and when one of the processes
/// was gone before its threads were seen.
bool for_each_thread(
    const std::string& first,
    const std::function<bool(const std::string&, const std::filesystem::path&)>& action);

} // namespace support
