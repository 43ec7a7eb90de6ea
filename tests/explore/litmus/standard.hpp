// The litmus tests of the literature: which outcome tells what, and whether it is allowed.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

namespace litmus {

struct standard_test {
    const char* name;
    const char* text;
    const char* asks_for; // an outcome, see satisfies()
    bool allowed;         // by the explorer's model
    bool allowed_by_standard;
};

const std::vector<standard_test>& standard_tests();

} // namespace litmus
