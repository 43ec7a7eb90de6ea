// SPDX-License-Identifier: MIT
#pragma once

namespace cases {

/// Searches so many random programs, the first of them made from `first`, with and without the
/// reduction, and prints what differs. Returns how many do.
int compare_searches(long programs, long first, bool talkative);

} // namespace cases
