// What Catch2's compiled runner calls instead of the system's functions (packages.cmake redirects
// it): it shall handle no signals, as catch_runner.cpp says why.
//
// SPDX-License-Identifier: MIT
extern "C" int workbook_no_sigaction(int, const void*, void*)
{
    return 0;
}

extern "C" int workbook_no_sigaltstack(const void*, void*)
{
    return 0;
}
