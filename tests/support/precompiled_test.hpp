// What nearly every test includes, compiled once for all of them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/precompiled_answer.hpp"
