// workbook_supervisor CHECKER "a promise" [ASSERTIONS]: runs one case of a checker that nobody here
// trusts. The checker's own supervisor shares its program with judged code, whose global objects'
// initializers come before main; this program holds none. Of so many ASSERTIONS one has its
// expectation turned round. From its standard input comes the seed of the numbers that the case
// draws; nothing there means the usual ones. It is no argument, which judged code could look up.
//
// workbook_supervisor --confines: succeeds where judged code can be kept from writing files.
//
// The first line that it prints is `<verdict> <assertions> <asked>`: how many there were, and how
// many of them could have been turned round. The rest is what to show for it. Only this process can
// write there: the case's output comes through a pipe and is part of the rest.
//
// SPDX-License-Identifier: MIT
#include "confine.hpp"
#include "support/supervisor.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

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
    case support::verdict::forged:
        return "forged";
    }
    return "cannot-judge";
}

// The case finds nothing more there.
std::uint64_t read_seed()
{
    unsigned long long seed = 0;
    if (std::scanf("%llu", &seed) != 1) {
        seed = 0;
    }
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    close(nothing);
    return seed;
}

} // namespace

int main(int argc, char** argv)
{
    const bool confined = forbid_writing_files();
    if (argc == 2 && std::string_view(argv[1]) == "--confines") {
        return confined ? 0 : 1;
    }
    if (argc != 3 && argc != 4) {
        std::fputs("usage: workbook_supervisor CHECKER \"a promise\" [ASSERTIONS]\n", stderr);
        return 2;
    }
    prctl(PR_SET_DUMPABLE, 0); // no process of the same user may look into this one or change it
    try {
        const int assertions = argc == 4 ? std::atoi(argv[3]) : 0;
        const support::outcome result =
            support::supervise_program({argv[1], "--record", argv[2]}, assertions, read_seed());
        std::printf("%s %d %d\n", word(result.is), result.assertions, result.asked);
        std::fwrite(result.text.data(), 1, result.text.size(), stdout); // zero bytes and all
        return std::fflush(stdout) == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
