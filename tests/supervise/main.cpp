// workbook_supervisor CHECKER "a promise": runs one case of a checker that nobody here trusts. The
// checker's own supervisor shares its program with judged code, whose global objects' initializers
// come before main; this program holds none.
//
// The first line that it prints is `<verdict> <assertions>`, the rest what to show for it. Only
// this process can write there: the case's output comes through a pipe and is part of the rest.
//
// SPDX-License-Identifier: MIT
#include "support/supervisor.hpp"

#include <cstdio>
#include <exception>

#include <sys/prctl.h>

namespace {

const char* word(support::verdict is)
{
    switch (is) {
    case support::verdict::passed:
        return "passed";
    case support::verdict::failed:
        return "failed";
    case support::verdict::todo:
        return "todo";
    case support::verdict::cannot_judge:
        return "cannot-judge";
    }
    return "cannot-judge";
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::fputs("usage: workbook_supervisor CHECKER \"a promise\"\n", stderr);
        return 2;
    }
    prctl(PR_SET_DUMPABLE, 0); // no process of the same user may look into this one or change it
    try {
        const support::outcome result = support::supervise_program({argv[1], "--record", argv[2]});
        std::printf("%s %d\n%s", word(result.is), result.assertions, result.text.c_str());
        return std::fflush(stdout) == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
