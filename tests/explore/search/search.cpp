// Leading the search: which strategy gets how many schedules, and what is made of what came of it.
//
// This folder is compiled like the judged code, so that inline functions which both contain are
// instrumented whichever copy the linker keeps. Its own hooks are idle: no schedule runs here.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"

#include "explore/report/page.hpp"
#include "explore/report/report.hpp"
#include "explore/search/budget.hpp"
#include "explore/search/replaying.hpp"
#include "explore/search/settings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>

namespace explorer {

bool in_this_process = false;

namespace {

int searches = 0; // in this process; part of the replay line

class search_session {
public:
    search_session(const std::function<void()>& body, const options& chosen, int number)
        : chosen_(chosen),
          number_(number),
          child_(body, chosen.real_threads),
          book_(&child_.book()),
          budget_(child_, chosen_, settings().proof)
    {
        const settings said;
        if (chosen_.schedules == 0) {
            chosen_.schedules = (said.schedules + chosen_.one_in - 1) / chosen_.one_in;
        }
        if (chosen_.seed == 0) {
            chosen_.seed = static_cast<std::uint64_t>(said.seed);
        }
        seconds_ = std::chrono::seconds(said.seconds);
        child_.set_time(seconds_);
    }

    result run()
    {
        if (const replay_line asked = asked_replay(); asked.search >= 0) {
            return replay_only(asked.what);
        }
        ending end = spend();
        if (end == ending::failed && !report_failure() && !child_.has_real_threads()) {
            end = start_again_with_real_threads();
            if (end == ending::failed) {
                report_failure();
            }
        }
        if (end == ending::failed && settings().proof > 0) { // a test may have wanted just that
            std::printf("found: %s\n", outcome_.kind.c_str());
        }
        if (end == ending::passed) {
            outcome_.report = budget_.in_words();
            outcome_.unproved = settings().proof > 0 && !budget_.spent().proof;
        } else if (end == ending::out_of_time) {
            outcome_.out_of_time = true;
            outcome_.report = "ran out of time after " + std::to_string(outcome_.schedules) +
                              " of " + std::to_string(chosen_.schedules) +
                              " schedules: no verdict. Is the machine busy? Make the body smaller, "
                              "or raise WORKBOOK_EXPLORE_SECONDS.";
        }
        outcome_.real_threads = child_.has_real_threads();
        return outcome_;
    }

    // For a debugger: without a child. A failure ends the process.
    result run_in_this_process()
    {
        if (!is_set("WORKBOOK_REPLAY")) {
            child_.run_freely();
        } else if (const replay_line asked = asked_replay(); asked.search >= 0) {
            prepare_replay(child_, chosen_, asked.what, false, child_.has_real_threads());
            child_.run_here();
        }
        outcome_.schedules = 1;
        outcome_.report = "ran once, in this process";
        return outcome_;
    }

    // Until the first failure, and no more.
    result run_briefly()
    {
        note_briefly(spend());
        return outcome_;
    }

    result run_randomly(search_kind way)
    {
        note_briefly(budget_.explore(budget_.planned(way, chosen_.schedules)));
        return outcome_;
    }

    detail::census take_census(bool reduced, bool unlock_points)
    {
        budget_.use_unlock_points(unlock_points);
        search_plan all = budget_.planned(reduced ? search_kind::reduced : search_kind::depth_first,
                                          chosen_.schedules);
        all.preemption_bound = std::numeric_limits<int>::max();
        all.count_traces = !reduced;
        const ending end = budget_.explore(all);
        detail::census found;
        found.failure = end == ending::failed ? book_->kind : "";
        found.complete = end == ending::passed && book_->exhausted;
        found.in_relation = book_->reduced.met == obstacle::none;
        found.tried_lock = book_->tried_lock;
        found.schedules = budget_.spent().schedules;
        found.kinds = book_->reduced.distinct;
        return found;
    }

private:
    // ---- the schedules

    void note_briefly(ending end)
    {
        outcome_ = budget_.spent();
        outcome_.failed = end == ending::failed;
        outcome_.out_of_time = end == ending::out_of_time;
        outcome_.real_threads = child_.has_real_threads();
        outcome_.kind = outcome_.failed ? book_->kind : "";
    }

    // What contexts have shown does not come with threads of the kernel's: then those decide.
    ending start_again_with_real_threads()
    {
        child_.use_real_threads();
        book_->longest = 0;
        book_->tried_lock = false;
        child_.set_time(seconds_);
        return spend();
    }

    ending spend()
    {
        const ending end = budget_.spend();
        outcome_ = budget_.spent();
        return end;
    }

    // ---- a failure

    // False: it did not come again.
    bool report_failure()
    {
        outcome_.failed = true;
        outcome_.kind = book_->kind;
        const std::string text = book_->text;
        const chosen_schedule found = last_schedule(*book_);
        chosen_schedule best = found;
        const bool todo = outcome_.kind == "todo";
        if (!todo && outcome_.kind != "stuck" && outcome_.kind != "too big") {
            best = shortest(child_, chosen_, best);
        }
        outcome_.replay = format_replay(number_, best);
        outcome_.wanted = chosen_.wanted;
        if (todo) {
            outcome_.report = book_->reached_todo;
            return true;
        }
        if (fails_again(best) || fails_again(found)) {
            outcome_.report = write_report(*book_, outcome_, chosen_.schedules);
            note_report();
            return true;
        }
        page out;
        out.wrapped(outcome_.kind + " in schedule " + std::to_string(outcome_.schedules) + ": " +
                    text);
        out.wrapped("The same schedule alone does not fail: something is kept from one schedule to "
                    "the next, such as a static, or differs by itself. Try explore(body, "
                    "{.isolate = true}).");
        outcome_.report = out.taken();
        return false;
    }

    // Records the schedule; true if it failed as it did before.
    bool fails_again(const chosen_schedule& one)
    {
        outcome_.replay = format_replay(number_, one);
        return record(one) == ending::failed && outcome_.kind == book_->kind;
    }

    // Runs the schedule again twice: to learn which memory is shared, and to write events down.
    // The second time with real threads: what contexts have found must come with those, too.
    ending record(const chosen_schedule& one)
    {
        child_.give_time(std::chrono::seconds(default_seconds));
        book_->shared_words_known = false;
        if (outcome_.kind != "stuck") {
            const ending first = replay(child_, chosen_, one, true, child_.has_real_threads());
            if (first != ending::failed) {
                return first;
            }
        }
        return replay(child_, chosen_, one, true, true);
    }

    // What the environment asks for, if that is this search; else of search -1.
    replay_line asked_replay() const
    {
        if (is_set("WORKBOOK_REPLAY")) {
            replay_line asked = parse_replay(std::getenv("WORKBOOK_REPLAY"));
            if (asked.search == number_ || asked.search == 0) { // 0: whichever comes
                return asked;
            }
        }
        return {-1, {}};
    }

    // A replay shows a failure; it is never a pass, or a forgotten variable would pass everything.
    result replay_only(const chosen_schedule& asked)
    {
        outcome_.failed = true;
        outcome_.schedules = 1;
        outcome_.wanted = chosen_.wanted;
        outcome_.replay = format_replay(number_, asked);
        bool fails = record(asked) == ending::failed;
        if (!fails && !child_.has_real_threads()) {
            child_.use_real_threads();
            fails = record(asked) == ending::failed;
        }
        outcome_.real_threads = child_.has_real_threads();
        if (fails) {
            outcome_.kind = book_->kind;
            outcome_.report = outcome_.kind == "todo"
                                  ? std::string(book_->reached_todo)
                                  : write_report(*book_, outcome_, chosen_.schedules);
            note_report();
        } else {
            outcome_.kind = "replay";
            outcome_.report =
                std::string("replayed: this schedule does not fail") +
                (book_->diverged ? " and is not the same any more: the code has changed." : ".") +
                " One schedule is no verdict: run again without WORKBOOK_REPLAY.";
        }
        return outcome_;
    }

    options chosen_;
    const int number_;
    std::chrono::seconds seconds_{};
    exploring_child child_;
    ledger* const book_; // the child's
    budget budget_;
    result outcome_;
};

search_kind kind_of(detail::sampling way)
{
    switch (way) {
    case detail::sampling::random_walk:
        return search_kind::random_walk;
    case detail::sampling::pct:
        return search_kind::pct;
    case detail::sampling::pos:
        return search_kind::pos;
    case detail::sampling::round_robin:
        return search_kind::round_robin;
    case detail::sampling::in_turn:
        break;
    }
    return search_kind::random;
}

} // namespace

bool environment_is_valid(std::string& why)
{
    try {
        [[maybe_unused]] const settings said;
        if (is_set("WORKBOOK_REPLAY")) {
            parse_replay(std::getenv("WORKBOOK_REPLAY"));
        }
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

result detail::random_schedules(const std::function<void()>& body, const options& chosen,
                                sampling way)
{
    return search_session(body, chosen, 0).run_randomly(kind_of(way));
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
