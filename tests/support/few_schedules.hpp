// Bodies of which a schedule takes long, such as a pool with its workers.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"

#include <cstdlib>

namespace support {

/// `chosen` with so many schedules, or with as many as WORKBOOK_SCHEDULES asks for, if it does.
inline explorer::options few_schedules(long schedules, explorer::options chosen = {})
{
    chosen.schedules = std::getenv("WORKBOOK_SCHEDULES") != nullptr ? 0 : schedules;
    return chosen;
}

} // namespace support
