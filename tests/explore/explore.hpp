// The schedule explorer: runs a small piece of concurrent code under thousands of schedules, one
// after the other, and shows the shortest one that fails. The code under test is plain std::; this
// header is all that a test includes. WORKBOOK.md, "Appendix: the schedule explorer", says what a
// pass means and what it does not.
//
// The schedules run in a child process of the caller's. Only one of its threads runs at a time, and
// at each operation on a mutex, an atomic and so on a strategy picks who goes on. As long as nobody
// can tell the difference, they are contexts of one thread of the kernel's, because those are
// exchanged a hundred times faster. A failure is told only if it comes with real threads, too.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/compared.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace explorer {

/// How long a search may take, in seconds of real time, unless WORKBOOK_EXPLORE_SECONDS says
/// otherwise. Many times what one takes: a busy machine must not leave a case without a verdict.
inline constexpr int default_seconds = 75;

struct options {
    /// How many schedules to try. 0: WORKBOOK_SCHEDULES from the environment, else 2000.
    long schedules = 0;
    /// Of the schedules that the environment asks for, one in so many: where one takes a
    /// millisecond and not some ten microseconds.
    long one_in = 1;
    /// Where there are too many schedules for a proof, the systematic part tries those with at most
    /// so many preemptions (switches away from a thread that could have gone on).
    int preemptions = 2;
    /// How many spurious wakeups of condition variables one schedule may hold.
    int spurious = 1;
    /// How often the atomics of one schedule may give an older value than the newest, where their
    /// memory orders allow it; most mistakes need no more than four. In the part that is tried at
    /// random only: the systematic part is sequentially consistent. 0: nowhere.
    int older_values = 4;
    /// Whether two unordered accesses to the same plain variable are a failure.
    bool races = true;
    /// Whether memory is one that a schedule allocates, never gives back, and that nothing leads to
    /// once it is over.
    bool leaks = true;
    /// Also switch threads at plain (not atomic) reads and writes. For code that races on purpose.
    bool plain_points = false;
    /// Time-outs and sleeps may end although other threads could still run. Otherwise virtual time
    /// moves only when nobody can run.
    bool eager_time = false;
    /// What may go wrong on the simulated network, so many times in one schedule. send(), recv()
    /// and their relatives move one byte where they could move more.
    int short_transfers = 0;
    /// Calls that would wait give EINTR instead.
    int interruptions = 0;
    /// A connection breaks while it is used: both ends see a reset.
    int resets = 0;
    /// A connect() is refused although somebody listens.
    int refusals = 0;
    /// A connect() hangs: nobody answers, and after 127 s it gives ETIMEDOUT, as on Linux.
    int hangs = 0;
    /// A connection falls silent while it is used: nothing that is sent or ended from then on
    /// arrives, on either side. Who sends is told after 924 s (ETIMEDOUT), who only waits never.
    int silences = 0;
    /// A socket() gives EMFILE, once somebody listens: before that, it is a test's set-up.
    int socket_failures = 0;
    /// An accept() gives EMFILE, and the client goes on waiting.
    int accept_failures = 0;
    /// A process (see processes.hpp) cannot be started: EAGAIN.
    int fork_failures = 0;
    /// Processes are killed, at any moment that another one can tell.
    int deaths = 0;
    /// A fresh process for each schedule: for bodies that change statics. About ten times slower.
    bool isolate = false;
    /// Threads of the kernel's from the start: several times slower. A body that asks for what only
    /// those have, such as a thread's number, gets them in any case.
    bool real_threads = false;
    /// A schedule with more steps than this is a livelock.
    long max_steps = 20000;
    /// 0: WORKBOOK_SEED from the environment, else 1. The same seed gives the same verdict.
    std::uint64_t seed = 0;
    /// The kind of failure that is looked for, if one is: no advice is to take that away, too.
    std::string wanted = {};
};

struct result {
    bool failed = false;       // a schedule failed, or the search itself could not be done
    bool exhausted = false;    // every schedule within the preemption bound was tried
    bool proof = false;        // one of each kind was tried: no other schedule does anything else;
                               // the report says if that holds with sequential consistency only
    long older_values = 0;     // in so many schedules atomics could give older values
    long distinct = 0;         // a proof: so many kinds there are
    bool out_of_time = false;  // the wall-clock bound came first: no verdict
    bool unproved = false;     // WORKBOOK_PROOF asked for a proof, and there is none: no verdict
    bool real_threads = false; // the verdict is that of threads of the kernel's
    long schedules = 0;        // how many were run, the failing one included
    std::string kind;          // "data race", "deadlock", ... empty when nothing failed
    std::string wanted;        // as the options say
    std::string report;        // for people; when nothing failed, one line on what was tried
    std::string replay;        // what WORKBOOK_REPLAY must hold to run the failing schedule again
};

/// Runs `body` under many schedules and says what came of it. Blocks; throws std::system_error when
/// no child process can be made. `body` runs in the child: what it changes in memory is not seen
/// here. It may start threads, must make its own objects anew each time and must do the same each
/// time apart from scheduling. Not to be called from inside an explored body.
result search(std::function<void()> body, const options& chosen = {});

/// True on a thread that is running inside an explored body.
bool exploring();

/// For the report: from now on the calling thread does what it does as `name`, a greenlet's or a
/// coroutine's; "" stands for the thread itself. Does nothing outside explored bodies.
void goes_on_as(const char* name);

/// When set, search() runs the body in this process instead of a child: once and freely, or, with
/// WORKBOOK_REPLAY, under that schedule. For debuggers.
extern bool in_this_process;

/// Whether search() understands what the environment tells it (WORKBOOK_SCHEDULES, WORKBOOK_SEED,
/// WORKBOOK_EXPLORE_SECONDS, WORKBOOK_PROOF, WORKBOOK_REPLAY). False, with the variable and what is
/// wrong with it in `why`, when it does not.
bool environment_is_valid(std::string& why);

/// Looks for two data races that are there, an unlocked push_back on a vector<int> and on a
/// vector<string>. False, with the reason in `why`, when one is not found: then this binary is
/// built or linked wrongly and the explorer's verdicts in it are worth nothing. Takes a few
/// milliseconds.
bool canary_sings(std::string& why);

namespace detail {
// What came of trying every schedule, or one of each kind that differs.
struct census {
    std::string failure;     // its kind; empty: none
    bool complete = false;   // there is no schedule left
    bool in_relation = true; // nothing happened that the reduction does not cover
    bool tried_lock = false; // then only steps before each unlock() show everything
    long schedules = 0;      // that were run
    long kinds = 0;          // that differ in more than the order of independent steps
};
census every_schedule(const std::function<void()>& body, const options& chosen, bool reduced,
                      bool unlock_points);

// search() up to the first failure, without looking for a shorter one and without a report.
result first_failure(const std::function<void()>& body, const options& chosen);

// The same with random schedules only, as many as asked for: to measure, and to compare the ways in
// which they are drawn.
enum class sampling { in_turn, random_walk, pct, pos, round_robin };
result random_schedules(const std::function<void()>& body, const options& chosen,
                        sampling way = sampling::in_turn);

// `was`: what was compared, in words; empty: unknown.
void require(bool holds, const char* was, const char* condition, const char* file, int line);
inline void require(const comparison& made, const char* condition, const char* file, int line)
{
    require(made.holds, made.was.c_str(), condition, file, line);
}
template <class T>
void require(const left_side<T>& whole, const char* condition, const char* file, int line)
{
    require(static_cast<bool>(whole), "", condition, file, line);
}
inline void require(bool holds, const char* condition, const char* file, int line)
{
    require(holds, "", condition, file, line);
}
} // namespace detail

} // namespace explorer

/// explorer::search, as a step of a Catch2 test case: counts as one passed assertion, or fails the
/// case with the report.
void explore(std::function<void()> body, const explorer::options& chosen = {});

/// The same for code that is to fail under some schedule, in this way ("wrong result"): fails the
/// case with the report if it fails in another one. Whether it fails at all is for the case to ask.
explorer::result explore_for(const char* kind, std::function<void()> body,
                             explorer::options chosen = {});

// Of "begin{} <= a == b" g++ says that it might not mean what it seems to; it takes no pragma from
// inside a macro.
#pragma GCC diagnostic ignored "-Wparentheses"

/// An assertion for inside explored bodies, where Catch2's macros are not allowed. Any thread. Of a
/// comparison that does not hold the report tells both values.
#define EXPLORE_REQUIRE(...)                                                                       \
    ::explorer::detail::require(::explorer::detail::begin{} <= __VA_ARGS__, #__VA_ARGS__,          \
                                __FILE__, __LINE__)
