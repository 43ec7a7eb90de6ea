// Running one case so that its verdict can be trusted, whatever the judged code does.
//
// The case runs in a process of its own, forked while this one has a single thread. This one keeps
// the time limit, reads what the case prints, and afterwards kills and counts whatever was left
// behind: it is the "subreaper" to which orphans come, also those that changed their session. A
// watchdog thread could do none of this: it dies with the process that it watches, and it forbids
// that process to fork.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace support {

enum class verdict {
    passed,
    failed,       // an assertion, a crash, the time limit, or something left behind
    todo,         // a TODO of the stub was reached
    cannot_judge, // the checker itself is at fault; never a pass
    forged,       // it passes whatever is expected of it
};

struct outcome {
    verdict is = verdict::cannot_judge;
    std::string
        text; // what to show for it, ending in a line break; when passed, what the case printed
    int assertions = 0; // that the case made, by its own account
    int asked = 0;      // of these, with an expectation that could have been turned round
};

/// Runs `body` in a child process and waits for it. `body` tells its result as results.hpp says;
/// the child ends with std::exit when body returns. Blocks until the child and all its descendants
/// are gone. The numbers that it draws come from WORKBOOK_NUMBERS, if that is set: a seed, or
/// "smallest" or "largest", for the ends of what may be drawn. Must be called while this process
/// has one thread.
outcome supervise(const std::function<void()>& body);

/// The same for a program, which finds the watch page at descriptor program_page and sends its
/// results to program_results; see find_supervisor(). So this process holds no judged code, not
/// even a global object's initializer. One of the first `assertions` assertions, chosen at random,
/// has its expectation turned round: if it holds all the same, and the case passes when it runs as
/// it is, again and again, it is forged. With 0 none is. The numbers that the case draws come from
/// `seed`; with 0 they are the usual ones.
outcome supervise_program(const std::vector<std::string>& command, int assertions,
                          std::uint64_t seed);

constexpr int program_page = 3;
constexpr int program_results = 4;

/// In that program, before anything else: sets support::page, and where results go; closes the
/// first descriptor. Without a page there it does neither.
void find_supervisor();

} // namespace support
