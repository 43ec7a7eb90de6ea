// SPDX-License-Identifier: MIT
#pragma once

/// Runs Catch2's cases as its own main() would: the cases that the arguments name. Returns the
/// number of cases that failed, or another status that is not 0.
extern "C" int workbook_catch_run(int argc, char** argv);
