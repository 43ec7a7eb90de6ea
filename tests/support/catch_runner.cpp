// Catch2's runner, behind the one function that the checkers call. Version 2 as some distributions
// ship it is compiled already: then packages.cmake takes that, and this file is not built.
//
// SPDX-License-Identifier: MIT
#include "support/catch_runner.hpp"

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
// Without its signal handlers, which would live on in forked children and print a report there.
// (Version 3 has none that do.)
#define CATCH_CONFIG_RUNNER
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#include <catch2/catch.hpp>
#endif

int workbook_catch_run(int argc, char** argv)
{
    return Catch::Session().run(argc, argv);
}
