// SPDX-License-Identifier: MIT
#include "explore/search/settings.hpp"

#include "explore/explore.hpp"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace explorer {
namespace {

constexpr long default_schedules = 2000;

// A whole number from the environment; `otherwise` when it is not set.
long from_environment(const char* name, long otherwise)
{
    if (!is_set(name)) {
        return otherwise;
    }
    const char* text = std::getenv(name);
    char* end = nullptr;
    errno = 0;
    const long value = std::strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < 1) {
        throw std::invalid_argument(std::string(name) + ": '" + text +
                                    "' is not a whole number from 1 up");
    }
    return value;
}

} // namespace

bool is_set(const char* name)
{
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0';
}

settings::settings()
    : schedules(from_environment("WORKBOOK_SCHEDULES", default_schedules)),
      seed(from_environment("WORKBOOK_SEED", 1)),
      seconds(from_environment("WORKBOOK_EXPLORE_SECONDS", default_seconds)),
      proof(from_environment("WORKBOOK_PROOF", 0))
{}

} // namespace explorer
