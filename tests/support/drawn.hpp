// Numbers of a test's that an answer must not know by heart.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace support {

/// `usual`, for whoever runs the test by himself. Where hand-ins are graded, and with
/// WORKBOOK_NUMBERS in the environment, a number from `least` to `most` which that seed gives: the
/// same in each run of the case, whatever the answer is. In the case's first thread, and never
/// under the explorer: a schedule is repeated with the numbers that it was found with.
int drawn(int usual, int least, int most);

} // namespace support
