// Leading the search, from the parent's side: which strategy gets how many schedules, what becomes
// of a child that says nothing any more, and how the shortest failing schedule is looked for.
//
// This file is compiled like the judged code, so that inline functions which both contain are
// instrumented whichever copy the linker keeps. Its own hooks are idle: no schedule runs here.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"

#include "explore/ledger.hpp"
#include "explore/report.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char* todo_page __attribute__((weak)); // given/todo.hpp, where it is linked

namespace explorer {

// engine/lives.cpp
namespace runtime {
[[noreturn]] void run_child(ledger* shared, void (*body)(void*), void* argument);
void run_here(ledger* shared, void (*body)(void*), void* argument);
} // namespace runtime

bool in_this_process = false;

namespace {

using steady = std::chrono::steady_clock;

constexpr long default_schedules = 2000;
constexpr int systematic_share = 4;       // a fourth of the schedules, for each of two ways
constexpr long shortest_schedules = 2000; // tried in search of a shorter failing one ...
constexpr int shortest_children = 40;     // ... and so many failures
constexpr int simplifications = 60;
constexpr auto stuck_after = std::chrono::seconds(2);

int searches = 0; // in this process; part of the replay line

// The ledger in memory shared with children.
class shared_ledger {
public:
    shared_ledger()
    {
        void* memory = mmap(nullptr, sizeof(ledger), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::system_error(errno, std::generic_category(), "mmap");
        }
        book_ = static_cast<ledger*>(memory);
    }
    ~shared_ledger() { munmap(book_, sizeof(ledger)); }
    shared_ledger(const shared_ledger&) = delete;
    shared_ledger& operator=(const shared_ledger&) = delete;

    ledger* operator->() const { return book_; }
    ledger& operator*() const { return *book_; }

private:
    ledger* book_;
};

bool is_set(const char* name)
{
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0';
}

// A whole number from the environment; `otherwise` when it is not set.
long from_environment(const char* name, long least, long otherwise)
{
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') {
        return otherwise;
    }
    char* end = nullptr;
    errno = 0;
    const long value = std::strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < least) {
        throw std::invalid_argument(std::string(name) + ": '" + text +
                                    "' is not a whole number from " + std::to_string(least) +
                                    " up");
    }
    return value;
}

// What the environment says, or else the defaults.
struct settings {
    long schedules = from_environment("WORKBOOK_SCHEDULES", 1, default_schedules);
    long seed = from_environment("WORKBOOK_SEED", 1, 1);
    long seconds = from_environment("WORKBOOK_EXPLORE_SECONDS", 1, default_seconds);
};

enum class ending { passed, failed, out_of_time };

class search_session {
public:
    search_session(const std::function<void()>& body, const options& chosen, int number)
        : body_(body), chosen_(chosen), number_(number)
    {
        const settings said;
        if (chosen_.schedules == 0) {
            chosen_.schedules = (said.schedules + chosen_.one_in - 1) / chosen_.one_in;
        }
        if (chosen_.seed == 0) {
            chosen_.seed = static_cast<std::uint64_t>(said.seed);
        }
        seconds_ = std::chrono::seconds(said.seconds);
        deadline_ = steady::now() + seconds_;
        real_threads_ = chosen_.real_threads;
    }

    // Throws std::invalid_argument if the environment holds what search() does not understand.
    static void check_environment()
    {
        [[maybe_unused]] const settings said;
        if (const char* asked = std::getenv("WORKBOOK_REPLAY");
            asked != nullptr && *asked != '\0') {
            parse_replay(asked);
        }
    }

    result run()
    {
        if (const char* asked = std::getenv("WORKBOOK_REPLAY");
            asked != nullptr && *asked != '\0') {
            const auto parsed = parse_replay(asked);
            if (parsed.search == number_ || parsed.search == 0) { // 0: whichever comes
                return replay_only(parsed);
            }
        }
        ending end = try_schedules();
        if (end == ending::failed && !report_failure() && !real_threads_) {
            end = start_again_with_real_threads();
            if (end == ending::failed) {
                report_failure();
            }
        }
        if (end == ending::passed) {
            outcome_.report = passed_line();
        } else if (end == ending::out_of_time) {
            outcome_.out_of_time = true;
            outcome_.report = "ran out of time after " + std::to_string(outcome_.schedules) +
                              " of " + std::to_string(chosen_.schedules) +
                              " schedules: no verdict. Is the machine busy? Make the body smaller, "
                              "or raise WORKBOOK_EXPLORE_SECONDS.";
        }
        outcome_.real_threads = real_threads_;
        return outcome_;
    }

    // For a debugger: without a child. A failure ends the process.
    result run_in_this_process()
    {
        auto* body = const_cast<std::function<void()>*>(&body_);
        const char* asked = std::getenv("WORKBOOK_REPLAY");
        if (asked == nullptr || *asked == '\0') {
            call_body(body);
        } else {
            const asked_replay parsed = parse_replay(asked);
            if (parsed.search == number_ || parsed.search == 0) {
                prepare_replay(parsed.what, false);
                runtime::run_here(&*book_, call_body, body);
            }
        }
        outcome_.schedules = 1;
        outcome_.report = "ran once, in this process";
        return outcome_;
    }

    // Until the first failure, and no more.
    result run_briefly()
    {
        note_briefly(try_schedules());
        return outcome_;
    }

    result run_randomly()
    {
        note_briefly(explore(plan_for(search_kind::random, chosen_.schedules)));
        return outcome_;
    }

    detail::census take_census(bool reduced, bool unlock_points)
    {
        unlock_points_ = unlock_points;
        plan all =
            plan_for(reduced ? search_kind::reduced : search_kind::depth_first, chosen_.schedules);
        all.preemptions = std::numeric_limits<int>::max();
        all.count_traces = !reduced;
        const ending end = explore(all);
        detail::census found;
        found.failure = end == ending::failed ? book_->kind : "";
        found.complete = end == ending::passed && book_->exhausted;
        found.in_relation = !book_->reduced.given_up;
        found.tried_lock = book_->tried_lock;
        found.schedules = outcome_.schedules;
        found.kinds = book_->reduced.distinct;
        return found;
    }

private:
    void note_briefly(ending end)
    {
        outcome_.failed = end == ending::failed;
        outcome_.out_of_time = end == ending::out_of_time;
        outcome_.real_threads = real_threads_;
        outcome_.kind = outcome_.failed ? book_->kind : "";
    }

    // What contexts have shown does not come with threads of the kernel's: then those decide.
    ending start_again_with_real_threads()
    {
        real_threads_ = true;
        outcome_ = {};
        exhausted_bound_ = -1;
        book_->longest = 0;
        book_->tried_lock = false;
        deadline_ = steady::now() + seconds_;
        return try_schedules();
    }

    ending try_schedules()
    {
        const ending end = try_schedules_with(false);
        if (end != ending::passed || !book_->tried_lock) {
            return end;
        }
        // A try_lock() tells whether another thread is between lock() and unlock(): once more, with
        // steps there.
        outcome_ = {};
        exhausted_bound_ = -1;
        return try_schedules_with(true);
    }

    // First one schedule of each kind that differs: if that comes to an end, it is a proof. Else
    // all with no preemption, one, two ...: most mistakes need few. Then at random.
    ending try_schedules_with(bool unlock_points)
    {
        unlock_points_ = unlock_points;
        const long share = std::max(1L, chosen_.schedules / systematic_share);
        ending end = explore(plan_for(search_kind::reduced, share));
        diverged_ = book_->diverged;
        if (end == ending::passed && book_->exhausted && !book_->reduced.given_up) {
            outcome_.exhausted = true;
            outcome_.proof = true;
            outcome_.distinct = book_->reduced.distinct;
        }
        if (end != ending::passed || outcome_.proof) {
            return end;
        }
        if (!diverged_) {
            end = try_few_preemptions(2 * share);
        }
        const long rest = chosen_.schedules - outcome_.schedules;
        return end != ending::passed || rest <= 0 ? end
                                                  : explore(plan_for(search_kind::random, rest));
    }

    // Until so many schedules were run in all.
    ending try_few_preemptions(long limit)
    {
        for (int bound = 0; bound <= chosen_.preemptions; ++bound) {
            const long left = limit - outcome_.schedules;
            if (left <= 0) {
                break;
            }
            plan within = plan_for(search_kind::depth_first, left);
            within.preemptions = bound;
            const long before = outcome_.schedules;
            if (const ending end = explore(within); end != ending::passed) {
                return end;
            }
            diverged_ = book_->diverged; // then there is no telling what was tried
            if (diverged_ || !book_->exhausted) {
                break;
            }
            exhausted_bound_ = bound;
            exhausted_schedules_ = outcome_.schedules - before;
            if (!book_->bounded) {
                break; // there are no others
            }
        }
        outcome_.exhausted = exhausted_bound_ >= chosen_.preemptions;
        return ending::passed;
    }

    plan plan_for(search_kind kind, long limit) const
    {
        plan made{};
        made.kind = kind;
        made.races = chosen_.races;
        made.plain_points = chosen_.plain_points;
        made.eager_time = chosen_.eager_time;
        made.isolate = chosen_.isolate;
        made.unlock_points = unlock_points_;
        made.real_threads = real_threads_;
        made.preemptions = chosen_.preemptions;
        made.spurious = chosen_.spurious;
        const int mishaps[] = {chosen_.short_transfers, chosen_.interruptions,   chosen_.resets,
                               chosen_.refusals,        chosen_.accept_failures, chosen_.deaths};
        std::copy(std::begin(mishaps), std::end(mishaps), made.mishaps);
        made.max_steps = chosen_.max_steps;
        made.seed = chosen_.seed;
        made.limit = limit;
        return made;
    }

    // Runs up to the plan's limit of schedules; counts them in the outcome.
    ending explore(const plan& what)
    {
        begin(what);
        const ending end = run_child();
        outcome_.schedules += book_->done + (end == ending::failed);
        return end;
    }

    void begin(const plan& what)
    {
        book_->todo = what;
        book_->done = 0;
        book_->depth = 0;
        book_->reduced.depth = 0;
        book_->reduced.kept_touches = 0;
        book_->reduced.restarted = false;
        book_->reduced.given_up = false;
        book_->reduced.distinct = 0;
        book_->exhausted = false;
        book_->bounded = false;
        book_->diverged = false;
    }

    ending run_child()
    {
        const long longest = book_->longest;
        const ending end = run_child_once();
        if (!book_->needs_real_threads) {
            return end;
        }
        // Nothing of what it did counts.
        real_threads_ = true;
        book_->needs_real_threads = false;
        book_->longest = longest;
        plan again = book_->todo;
        again.real_threads = true;
        begin(again);
        return run_child_once();
    }

    ending run_child_once()
    {
        book_->state = status::running;
        book_->kind[0] = '\0';
        book_->text[0] = '\0';
        book_->reached_todo[0] = '\0';
        book_->ended_how = 0;
        book_->process = 0;
        std::fflush(nullptr);
        const pid_t parent = getpid();
        const pid_t child = fork();
        if (child < 0) {
            throw std::system_error(errno, std::generic_category(), "fork");
        }
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent) {
                _exit(1);
            }
            runtime::run_child(&*book_, call_body, const_cast<std::function<void()>*>(&body_));
        }
        const bool in_time = watch(child);
        int how = 0;
        while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
        }
        hand_on_todo();
        if (!in_time) {
            return ending::out_of_time;
        }
        if (book_->state == status::passed) {
            return ending::passed;
        }
        if (book_->state == status::running) {
            note_unknown_end(book_->ended_how != 0 ? book_->ended_how : how);
        }
        return ending::failed;
    }

    static void call_body(void* body) { (*static_cast<std::function<void()>*>(body))(); }

    // Until the child ends. False when time ran out; the child is killed then.
    bool watch(pid_t child)
    {
        const int ended = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
        auto beat = book_->beat;
        auto alive_at = steady::now();
        double cpu_then = 0;
        bool in_time = true;
        for (bool asked = false;;) {
            pollfd event{ended, POLLIN, 0};
            if (::poll(&event, 1, 100) > 0) {
                break;
            }
            const auto now = steady::now();
            if (now > deadline_ || (asked && now - alive_at > stuck_after)) {
                in_time = now <= deadline_;
                kill(child, SIGKILL);
                break;
            }
            const pid_t judged = book_->process != 0 ? book_->process : child;
            if (book_->beat != beat) {
                beat = book_->beat;
                alive_at = now;
                cpu_then = cpu_seconds(judged);
            } else if (now - alive_at > stuck_after && !asked &&
                       (cpu_seconds(judged) - cpu_then > 1 || all_asleep(judged))) {
                // Not merely kept from running: it computes without a step, or sleeps.
                asked = true;
                alive_at = now;
                syscall(SYS_tgkill, judged, book_->tid[book_->running], SIGURG);
            }
        }
        close(ended);
        return in_time;
    }

    static double cpu_seconds(pid_t process)
    {
        clockid_t clock{};
        timespec used{};
        if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) {
            return 0;
        }
        return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
    }

    static bool all_asleep(pid_t process)
    {
        std::error_code gone;
        const std::string tasks = "/proc/" + std::to_string(process) + "/task";
        for (const auto& thread : std::filesystem::directory_iterator(tasks, gone)) {
            std::ifstream file(thread.path() / "stat");
            std::string line;
            std::getline(file, line);
            const auto name_end = line.rfind(')');
            if (name_end == std::string::npos || line.size() < name_end + 3 ||
                line[name_end + 2] == 'R') {
                return false;
            }
        }
        return true;
    }

    // todo() in the child left its message in the ledger; the supervisor looks at its own page.
    void hand_on_todo()
    {
        if (book_->reached_todo[0] != '\0' && &todo_page != nullptr && todo_page != nullptr &&
            todo_page[0] == '\0') {
            std::snprintf(todo_page + 1, todo_page_size - 1, "%s", book_->reached_todo + 1);
            todo_page[0] = book_->reached_todo[0]; // last, as todo() does
        }
    }

    void note_unknown_end(int how)
    {
        const bool todo = book_->reached_todo[0] != '\0';
        std::snprintf(book_->kind, sizeof book_->kind, "%s", todo ? "todo" : "crash");
        if (WIFSIGNALED(how)) {
            std::snprintf(book_->text, sizeof book_->text,
                          "the process was ended by signal %d (%s)", WTERMSIG(how),
                          strsignal(WTERMSIG(how)));
        } else {
            std::snprintf(book_->text, sizeof book_->text,
                          "the process ended with exit status %d in the middle of a schedule",
                          WEXITSTATUS(how));
        }
        book_->at = 0;
        book_->before = 0;
        book_->threads = 0;
    }

    // ---- a failure

    struct schedule {
        std::vector<std::uint8_t> choices;
        int spurious = 0;
        bool unlock_points = false;
        long steps = 0;
        long switches = 0;
    };

    schedule last_schedule() const
    {
        return {{book_->choice, book_->choice + book_->chosen},
                book_->todo.spurious,
                book_->todo.unlock_points,
                book_->steps,
                book_->switches};
    }

    static bool shorter(const schedule& a, const schedule& b)
    {
        return a.steps + 4 * a.switches < b.steps + 4 * b.switches;
    }

    // False: it did not come again.
    bool report_failure()
    {
        outcome_.failed = true;
        outcome_.kind = book_->kind;
        const std::string text = book_->text;
        const schedule found = last_schedule();
        schedule best = found;
        const bool todo = outcome_.kind == "todo";
        if (!todo && outcome_.kind != "stuck" && outcome_.kind != "too big") {
            best = shortest(best);
        }
        outcome_.replay = format_replay(best);
        if (todo) {
            outcome_.report = book_->reached_todo;
            return true;
        }
        if (fails_again(best) || fails_again(found)) {
            outcome_.report = write_report(*book_, outcome_, chosen_.schedules);
            return true;
        }
        outcome_.report = outcome_.kind + " in schedule " + std::to_string(outcome_.schedules) +
                          ": " + text +
                          "\nThe same schedule alone does not fail: something is kept from one "
                          "schedule to the next, such as a static, or differs by itself. Try "
                          "explore(body, {.isolate = true}).";
        return false;
    }

    // Records the schedule; true if it failed as it did before.
    bool fails_again(const schedule& one)
    {
        outcome_.replay = format_replay(one);
        return record(one) == ending::failed && outcome_.kind == book_->kind;
    }

    // The shortest failing schedule of the same kind with 0, 1, 2 preemptions and no spurious
    // wakeup; else the one given, with as little as possible in it that is not the plain course.
    schedule shortest(const schedule& found)
    {
        schedule best = found;
        for (int bound = 0; bound <= 2; ++bound) {
            plan within = plan_for(search_kind::depth_first, shortest_schedules);
            within.preemptions = bound;
            within.spurious = 0;
            begin(within);
            bool any = false;
            for (int i = 0; i < shortest_children && run_child() == ending::failed; ++i) {
                if (outcome_.kind == book_->kind) {
                    const schedule one = last_schedule();
                    if (!any || shorter(one, best)) {
                        best = one;
                    }
                    any = true;
                }
                if (!next_branch()) {
                    break;
                }
            }
            if (any) {
                return best;
            }
        }
        return simplified(best);
    }

    // Choice 0 goes the plain course: on with the same thread. Puts it wherever the failure stays.
    schedule simplified(schedule best)
    {
        int tries = simplifications;
        for (std::size_t i = best.choices.size(); i-- > 0 && tries > 0;) {
            if (i >= best.choices.size() || best.choices[i] == 0) {
                continue;
            }
            --tries;
            schedule simpler = best;
            simpler.choices[i] = 0;
            if (replay(simpler, false, real_threads_) == ending::failed &&
                outcome_.kind == book_->kind) {
                if (const schedule one = last_schedule(); !shorter(best, one)) {
                    best = one;
                }
            }
        }
        return best;
    }

    // After a failure: on to the next branch of the systematic search. False: there is none.
    bool next_branch()
    {
        book_->done = book_->done + 1;
        while (book_->depth > 0) {
            node& last = book_->path[book_->depth - 1];
            if (last.taken + 1 < last.of) {
                ++last.taken;
                return book_->done < book_->todo.limit;
            }
            --book_->depth;
        }
        return false;
    }

    // Runs the schedule again twice: to learn which memory is shared, and to write events down.
    // The second time with real threads: what contexts have found must come with those, too.
    ending record(const schedule& one)
    {
        deadline_ = std::max(deadline_, steady::now() + std::chrono::seconds(default_seconds));
        book_->shared_words_known = false;
        if (outcome_.kind != "stuck") {
            if (const ending first = replay(one, true, real_threads_); first != ending::failed) {
                return first;
            }
        }
        return replay(one, true, true);
    }

    ending replay(const schedule& one, bool recording, bool real_threads)
    {
        prepare_replay(one, recording);
        book_->todo.real_threads = real_threads;
        return run_child();
    }

    void prepare_replay(const schedule& one, bool recording)
    {
        plan again = plan_for(search_kind::replay, 1);
        again.spurious = one.spurious;
        again.unlock_points = one.unlock_points;
        again.record = recording;
        again.stop = is_set("WORKBOOK_STOP");
        begin(again);
        book_->given = static_cast<int>(one.choices.size());
        std::copy(one.choices.begin(), one.choices.end(), book_->replay);
    }

    // ---- replay lines: "search:spurious:choices", the choices run-length encoded as "0x12.1.0x3";
    // a u after the second number: with steps before each unlock()

    struct asked_replay {
        int search;
        schedule what;
    };

    std::string format_replay(const schedule& one) const
    {
        auto last = one.choices.end();
        while (last != one.choices.begin() && *(last - 1) == 0) {
            --last; // what follows the given choices is always choice 0
        }
        std::string text = std::to_string(number_) + ":" + std::to_string(one.spurious) +
                           (one.unlock_points ? "u:" : ":");
        for (auto at = one.choices.begin(); at != last;) {
            auto next = std::find_if(at, last, [&](auto choice) { return choice != *at; });
            if (at != one.choices.begin()) {
                text += '.';
            }
            text += std::to_string(*at);
            if (next - at > 1) {
                text += "x" + std::to_string(next - at);
            }
            at = next;
        }
        return text;
    }

    static asked_replay parse_replay(const std::string& text)
    {
        const std::invalid_argument bad("WORKBOOK_REPLAY: '" + text +
                                        "' is not a replay line such as 1:0:0x3.1");
        const char* at = text.c_str();
        const auto number = [&](long most) {
            char* end = nullptr;
            if (*at < '0' || *at > '9') {
                throw bad;
            }
            const long value = std::strtol(at, &end, 10);
            if (value > most) {
                throw bad;
            }
            at = end;
            return value;
        };
        const auto expect = [&](char wanted) {
            if (*at++ != wanted) {
                throw bad;
            }
        };
        asked_replay asked{};
        asked.search = static_cast<int>(number(1'000'000));
        expect(':');
        asked.what.spurious = static_cast<int>(number(1000));
        asked.what.unlock_points = *at == 'u';
        at += asked.what.unlock_points;
        expect(':');
        while (*at != '\0') {
            const long choice = number(2 * most_threads);
            long times = 1;
            if (*at == 'x') {
                ++at;
                times = number(most_choices);
            }
            if (asked.what.choices.size() + static_cast<std::size_t>(times) > most_choices) {
                throw bad;
            }
            asked.what.choices.insert(asked.what.choices.end(), static_cast<std::size_t>(times),
                                      static_cast<std::uint8_t>(choice));
            if (*at == '.') {
                ++at;
            } else if (*at != '\0') {
                throw bad;
            }
        }
        return asked;
    }

    // A replay shows a failure; it is never a pass, or a forgotten variable would pass everything.
    result replay_only(const asked_replay& asked)
    {
        outcome_.failed = true;
        outcome_.schedules = 1;
        outcome_.replay = format_replay(asked.what);
        bool fails = record(asked.what) == ending::failed;
        if (!fails && !real_threads_) {
            real_threads_ = true;
            fails = record(asked.what) == ending::failed;
        }
        outcome_.real_threads = real_threads_;
        if (fails) {
            outcome_.kind = book_->kind;
            outcome_.report = outcome_.kind == "todo"
                                  ? std::string(book_->reached_todo)
                                  : write_report(*book_, outcome_, chosen_.schedules);
        } else {
            outcome_.kind = "replay";
            outcome_.report =
                std::string("replayed: this schedule does not fail") +
                (book_->diverged ? " and is not the same any more: the code has changed." : ".") +
                " One schedule is no verdict: run again without WORKBOOK_REPLAY.";
        }
        return outcome_;
    }

    std::string passed_line() const
    {
        if (outcome_.proof) {
            return outcome_.distinct == 1 ? "passed: the only schedule; a proof"
                                          : "passed: all " + std::to_string(outcome_.distinct) +
                                                " schedules that differ: a proof";
        }
        std::string line = "passed: " + std::to_string(outcome_.schedules) + " schedules";
        if (diverged_) {
            return line + ", at random: the body does not do the same each time";
        }
        if (exhausted_bound_ >= 0) {
            line += ", among them all " + std::to_string(exhausted_schedules_) + " with at most " +
                    std::to_string(exhausted_bound_) +
                    (exhausted_bound_ == 1 ? " preemption" : " preemptions");
        }
        return line;
    }

    const std::function<void()>& body_;
    options chosen_;
    const int number_;
    std::chrono::seconds seconds_{};
    steady::time_point deadline_;
    bool real_threads_ = false; // contexts will not do, see explore/engine/engine.hpp
    shared_ledger book_;
    result outcome_;
    int exhausted_bound_ = -1;     // all schedules with at most so many preemptions were tried: ...
    long exhausted_schedules_ = 0; // ... these
    bool unlock_points_ = false;
    bool diverged_ = false; // the same choices led elsewhere

    static constexpr std::size_t todo_page_size = 2048; // as in given/todo.hpp
};

} // namespace

bool environment_is_valid(std::string& why)
{
    try {
        search_session::check_environment();
        return true;
    } catch (const std::invalid_argument& error) {
        why = error.what();
        return false;
    }
}

result detail::first_failure(const std::function<void()>& body, const options& chosen)
{
    return search_session(body, chosen, 0).run_briefly();
}

result detail::random_schedules(const std::function<void()>& body, const options& chosen)
{
    return search_session(body, chosen, 0).run_randomly();
}

detail::census detail::every_schedule(const std::function<void()>& body, const options& chosen,
                                      bool reduced, bool unlock_points)
{
    return search_session(body, chosen, 0).take_census(reduced, unlock_points);
}

result search(std::function<void()> body, const options& chosen)
{
    if (exploring()) {
        throw std::logic_error("explorer::search inside an explored body");
    }
    try {
        search_session session(body, chosen, ++searches);
        return in_this_process ? session.run_in_this_process() : session.run();
    } catch (const std::invalid_argument& error) { // the environment
        result refused;
        refused.failed = true;
        refused.kind = "misuse";
        refused.report = error.what();
        return refused;
    }
}

} // namespace explorer
