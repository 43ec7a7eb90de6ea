// The checkers' main. `checker "a promise"` runs exactly that case under a supervisor and ends with
// 0 only if it ran, made an assertion and passed. Catch2's own main would not do: given a name that
// no case has, version 2 runs nothing and reports success.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "explore/report/page.hpp"
#include "support/catch_runner.hpp"
#include "support/kept_stderr.hpp"
#include "support/machine.hpp"
#include "support/results.hpp"
#include "support/supervisor.hpp"
#include "support/traces.hpp"
#include "support/watch_page.hpp"

#if __has_include(<catch2/catch_test_case_info.hpp>)
#include <catch2/catch_test_case_info.hpp>
#include <catch2/interfaces/catch_interfaces_registry_hub.hpp>
#include <catch2/interfaces/catch_interfaces_testcase.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using catch_listener = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
using catch_listener = Catch::TestEventListenerBase;
#endif

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

// Defined where the checker is linked with the schedule explorer; canary_sings() tries the explorer
// on races that it must find, in this very binary. Absent, and then null, elsewhere.
namespace explorer {
[[gnu::weak]] bool environment_is_valid(std::string& why);
[[gnu::weak]] bool canary_sings(std::string& why);
[[gnu::weak]] extern bool in_this_process;
} // namespace explorer

// There in builds with AddressSanitizer.
extern "C" [[gnu::weak]] void __lsan_do_leak_check();

#ifdef __SANITIZE_THREAD__
// libstdc++ counts the holders of an exception inside its library, where ThreadSanitizer does not
// see the count: what the last holder destroys looks to it like a race with another one's reading.
// Of the calls inside the library it sees the innermost only: the text's end is one, too.
extern "C" const char* __tsan_default_suppressions()
{
    return "race:std::__exception_ptr::exception_ptr::_M_release\n"
           "race:std::runtime_error::~runtime_error\n"
           "race:std::logic_error::~logic_error\n";
}
#endif

namespace {

using support::note_that_it_cannot_judge;
using support::outcome;
using support::page;
using support::verdict;

constexpr const char* usage =
    "usage: CHECKER \"a promise\"      run one case; exit 0 passed, 1 failed, 3 a TODO is not "
    "done\n"
    "       CHECKER --list           the promises, one a line\n"
    "       CHECKER --all            run every case\n"
    "       CHECKER --show \"...\"     run one case and show what it prints, also if it passes\n"
    "       CHECKER --debug \"...\"    run one case in this process, without supervisor (for gdb)\n"
    "       CHECKER --record \"...\"   run one case for workbook_supervisor, in its page\n"
    "checks of the tests themselves:\n"
    "       CHECKER --fails \"...\"    succeed if each of these cases fails\n"
    "       CHECKER --unfinished \"...\"  succeed if each of these cases stops at a TODO\n"
    "       CHECKER --half \"a TODO\"  succeed if every case passes or stops at this TODO, and one "
    "does\n"
    "exit 2: bad usage or no such case; 4: the checker cannot judge\n";

struct promise {
    std::string sentence;
    bool soak;
    bool explored;
};

bool has_tag(const Catch::TestCaseInfo& info, const char* name)
{
    return std::any_of(info.tags.begin(), info.tags.end(), [&](const auto& tag) {
#if __has_include(<catch2/catch_test_case_info.hpp>)
        return tag.original == Catch::StringRef(name);
#else
        return tag == name;
#endif
    });
}

std::vector<promise> promises()
{
    std::vector<promise> all;
    for (const auto& test : Catch::getRegistryHub().getTestCaseRegistry().getAllTests()) {
        const Catch::TestCaseInfo& info = test.getTestCaseInfo();
        all.push_back({info.name, has_tag(info, "soak"), has_tag(info, "explore")});
    }
    return all;
}

// Catch2 puts the sides of a long comparison on lines of their own; other line breaks belong to the
// values.
std::string on_one_line(const std::string& text)
{
    static const std::set<std::string> signs = {"==", "!=", "<", ">", "<=", ">="};
    std::string out;
    bool first = true;
    bool after_sign = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line); first = false) {
        const bool sign = signs.contains(line);
        out += first ? "" : sign || after_sign ? " " : "\\n";
        out += line;
        after_sign = sign;
    }
    return out;
}

// Catch2 has "{?}" for a value that it cannot show. Empty where it shows none.
std::string told_values(std::string text)
{
    static const std::string unknown = "{?}";
    if (text.find(unknown) != std::string::npos &&
        text.find_first_not_of("{?}=!<> ") == std::string::npos) {
        return {};
    }
    for (auto at = text.find(unknown); at != std::string::npos; at = text.find(unknown, at)) {
        text.replace(at, unknown.size(), "...");
    }
    return text;
}

// The length of the UTF-8 letter that begins there; 0: none does.
std::size_t letter_at(const std::string& text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t size = byte(at) < 0x80 ? 1 : byte(at) >= 0xf0 ? 4 : byte(at) >= 0xe0 ? 3 : 2;
    bool whole =
        (byte(at) < 0x80 || (byte(at) >= 0xc2 && byte(at) <= 0xf4)) && at + size <= text.size();
    for (std::size_t i = 1; whole && i < size; ++i) {
        whole = (byte(at + i) & 0xc0) == 0x80;
    }
    return whole ? size : 0;
}

// Of a value: "\0" for a zero byte, at which the rest would be cut off; and no byte that is no
// text.
std::string readable(const std::string& text)
{
    std::string out;
    std::size_t rest = 0; // of a letter
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char one = text[i];
        const std::size_t letter = rest > 0 ? rest : letter_at(text, i);
        rest = letter > 0 ? letter - 1 : 0;
        if (one == '\0') {
            out += "\\0";
        } else if (static_cast<unsigned char>(one) < ' ' || letter == 0) {
            char code[8];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(one));
            out += code;
        } else {
            out += one;
        }
    }
    return out;
}

// Of what was said on stderr, which may be a lot: its first lines, and how many there are besides.
std::string begin_of(const std::string& said)
{
    constexpr int most = 5;
    std::string out;
    int count = 0;
    std::istringstream lines(support::without_repetitions(said));
    for (std::string line; std::getline(lines, line); ++count) {
        out += count < most ? line + "\n" : "";
    }
    return count <= most ? out : out + "(and " + std::to_string(count - most) + " more lines)\n";
}

// Prints a broken promise as a beginner wants to read it: the sentence, what was demanded, what
// came.
void print_failure(const Catch::AssertionStats& stats)
{
    const Catch::AssertionResult& result = stats.assertionResult;
    explorer::page out;
    const auto say = [&](const std::string& text) { out.wrapped(readable(text), "  ", "      "); };
    // Catch2 has no expression for an exception from elsewhere: "{Unknown expression after ...}".
    if (result.hasExpression() && result.getExpression()[0] != '{') {
        say(on_one_line(result.getExpressionInMacro()));
    }
    if (result.getResultType() == Catch::ResultWas::DidntThrowException) {
        say("but no exception came");
    } else if (result.getResultType() == Catch::ResultWas::ThrewException) {
        say("but an exception came: " + on_one_line(std::string(result.getMessage())));
    } else if (result.hasExpandedExpression()) {
        if (const std::string was = told_values(on_one_line(result.getExpandedExpression()));
            !was.empty()) {
            say("but it was: " + was);
        }
    } else if (const std::string said = std::string(result.getMessage());
               said.find('\n') == std::string::npos) {
        out.wrapped(said);
    } else { // the explorer's report
        out.whole(said);
    }
    for (const auto& info : stats.infoMessages) {
        if (info.type == Catch::ResultWas::Info) {
            say("where " + on_one_line(info.message));
        }
    }
    const std::string file = result.getSourceInfo().file;
    if (!file.ends_with("explore_catch.cpp")) { // the explorer's report tells of its own schedule
        if (const std::string said = support::kept_stderr::said_now(); !said.empty()) {
            say("on stderr it said: " + on_one_line(begin_of(said)));
        }
        out.whole("  " + file + ":" + std::to_string(result.getSourceInfo().line));
    }
    std::fputs(out.taken().c_str(), stdout);
    std::fflush(stdout);
}

// What the witness saw.
struct {
    int cases = 0;
    int assertions = 0;
    int failures = 0;
} seen;

// Whether the expression itself is what is expected to hold, and not what it throws.
bool can_be_turned(const Catch::AssertionInfo& info)
{
    const std::string macro(info.macroName.begin(), info.macroName.end());
    const bool of_an_expression = macro.starts_with("REQUIRE") || macro.starts_with("CHECK");
    const bool of_a_throw =
        macro.find("THROW") != std::string::npos && macro.find("THROWS_WITH") == std::string::npos;
    return of_an_expression && !of_a_throw &&
           (info.resultDisposition & Catch::ResultDisposition::SuppressFail) == 0;
}

// Expects the opposite. A failure is no end then: the case goes on as if all were well.
void turn(Catch::AssertionInfo& info)
{
    const int turned = (info.resultDisposition ^ Catch::ResultDisposition::FalseTest) &
                       ~Catch::ResultDisposition::Normal;
    info.resultDisposition = static_cast<Catch::ResultDisposition::Flags>(
        turned | Catch::ResultDisposition::ContinueOnFailure);
}

// Counts what ran, because a pass counts only if exactly the named case ran and asserted something;
// and reports, the same for both versions of Catch2, whose own reports are sent nowhere.
class witness : public catch_listener {
public:
#if __has_include(<catch2/catch_test_case_info.hpp>)
    explicit witness(const Catch::IConfig* config) : catch_listener(config)
    {
        hear_of_every_start(m_preferences);
    }
#else
    using catch_listener::catch_listener;
#endif

    void testCaseStarting(const Catch::TestCaseInfo& info) override
    {
        sentence_ = info.name;
        if (page && has_tag(info, "soak")) {
            page->seconds_allowed = 120;
        }
        if (page && has_tag(info, "explore")) { // which ends by itself, and says how far it came
            const char* said = std::getenv("WORKBOOK_EXPLORE_SECONDS"); // empty: not set
            const int seconds = said && *said ? std::atoi(said) : explorer::default_seconds;
            page->seconds_allowed += std::clamp(seconds, 0, 3600);
        }
    }

    void assertionStarting(const Catch::AssertionInfo& info) override
    {
        turned_ = can_be_turned(info) && support::shall_be_turned();
        if (turned_) {
            turn(const_cast<Catch::AssertionInfo&>(info)); // Catch2's, which looks at it next
        }
    }

#if __has_include(<catch2/catch_test_case_info.hpp>)
    void assertionEnded(const Catch::AssertionStats& stats) override
    {
        look_at(stats);
    }
#else
    bool assertionEnded(const Catch::AssertionStats& stats) override
    {
        look_at(stats);
        return true;
    }
#endif

    void testCaseEnded(const Catch::TestCaseStats& stats) override
    {
        seen.cases += 1;
        seen.assertions += static_cast<int>(stats.totals.assertions.total());
    }

private:
    // Newer versions tell of an assertion before it is made only those who ask for it.
    template <class Preferences>
    static void hear_of_every_start(Preferences& mine)
    {
        if constexpr (requires { mine.shouldReportAllAssertionStarts; }) {
            mine.shouldReportAllAssertionStarts = true;
        }
    }

    void look_at(const Catch::AssertionStats& stats)
    {
        if (stats.assertionResult.isOk()) {
            return;
        }
        if (page && stats.assertionResult.getResultType() == Catch::ResultWas::ThrewException) {
            const std::exception_ptr thrown = std::current_exception();
            std::memcpy(&page->unexpected, &thrown, sizeof page->unexpected);
        }
        const bool expected =
            turned_ && stats.assertionResult.getResultType() == Catch::ResultWas::ExpressionFailed;
        turned_ = false;
        seen.failures += 1;
        support::tell_failure(expected);
        if (expected) {
            return;
        }
        if (!sentence_.empty()) {
            explorer::page headline;
            headline.wrapped("Broken promise: " + sentence_);
            std::fputs(headline.taken().c_str(), stdout);
            sentence_.clear();
        }
        print_failure(stats);
    }

    std::string sentence_; // until its first broken assertion is printed
    bool turned_ = false;  // the assertion that is being made expects the opposite
};

int run_in_this_process(const promise& asked)
{
    std::string program = "checker", sentence = asked.sentence, out = "--out",
                nowhere = "/dev/null";
    char* arguments[] = {program.data(), sentence.data(), out.data(), nowhere.data(), nullptr};
    return workbook_catch_run(4, arguments);
}

// Why the explorer cannot judge in this program and environment; "" if it can. Where this itself
// does not come to an end, trying_itself stays for the supervisor to see.
std::string explorer_trouble()
{
    page->trying_itself = 1;
    std::string why;
    if (explorer::environment_is_valid && !explorer::environment_is_valid(why)) {
        return why;
    }
    if (explorer::canary_sings && !explorer::canary_sings(why)) {
        return "the explorer does not see a race that is there: " + why;
    }
    page->trying_itself = 0;
    return {};
}

void run_and_record(const promise& asked)
{
    if (const std::string why = asked.explored ? explorer_trouble() : ""; !why.empty()) {
        note_that_it_cannot_judge(why);
        return;
    }
#ifdef __SANITIZE_THREAD__
    // ThreadSanitizer starts threads of its own along with the first one; cases that count threads
    // shall find them there already.
    std::thread([] {}).join();
#endif
    if (!asked.explored) { // the explorer sees to itself
        support::leave_traces();
    }
    const bool failed = run_in_this_process(asked) != 0;
    if (failed && seen.failures == 0) {
        support::tell_failure(false);
    }
    if (seen.cases != 1) {
        note_that_it_cannot_judge(std::to_string(seen.cases) + " cases ran, not one");
    } else if (seen.assertions == 0 && !failed) {
        note_that_it_cannot_judge("the case made no assertion");
    }
    support::tell_end(seen.cases, seen.assertions);
}

outcome run_supervised(const promise& asked)
{
    return support::supervise([&] { run_and_record(asked); });
}

int exit_status(verdict is)
{
    switch (is) {
    case verdict::passed:
        return 0;
    case verdict::failed:
        return 1;
    case verdict::todo:
        return 3;
    case verdict::cannot_judge:
    case verdict::forged:
        return 4;
    }
    return 4;
}

const char* word(verdict is)
{
    switch (is) {
    case verdict::passed:
        return "passed";
    case verdict::failed:
        return "failed";
    case verdict::todo:
        return "TODO";
    case verdict::cannot_judge:
        return "cannot judge";
    case verdict::forged:
        return "forged";
    }
    return "?";
}

// Runs the cases; true if each has the verdict `expected`. What went otherwise is printed.
bool each_is(verdict expected, const std::vector<promise>& asked)
{
    bool all = true;
    for (const promise& one : asked) {
        const outcome result = run_supervised(one);
        std::printf("%s: %s\n", word(result.is), one.sentence.c_str());
        if (result.is != expected) {
            std::printf("  expected: %s\n%s", word(expected), result.text.c_str());
            all = false;
        }
    }
    return all;
}

// True if every case passes or stops at the TODO with this sentence, and at least one stops there.
bool stops_only_at(const std::string& sentence, const std::vector<promise>& asked)
{
    int stopped = 0;
    bool clean = true;
    for (const promise& one : asked) {
        const outcome result = run_supervised(one);
        const bool there = result.is == verdict::todo &&
                           result.text.find(": " + sentence + "\n") != std::string::npos;
        stopped += there;
        if (!there && result.is != verdict::passed) {
            std::printf("%s, and not at this TODO: %s\n%s", word(result.is), one.sentence.c_str(),
                        result.text.c_str());
            clean = false;
        }
    }
    std::printf("%d of %zu cases stop at: %s\n", stopped, asked.size(), sentence.c_str());
    return clean && stopped > 0;
}

void raise_descriptor_limit()
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 16384);
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Before all initializers of global objects: with the descriptor one of judged code's could write a
// verdict of its own.
[[gnu::constructor(101)]] void take_the_page(int argc, char** argv)
{
    if (argc == 3 && std::strcmp(argv[1], "--record") == 0) {
        support::find_supervisor();
    }
}

std::vector<promise> without_soak(std::vector<promise> all)
{
    std::erase_if(all, [](const promise& one) { return one.soak; });
    return all;
}

std::vector<promise> find(std::span<const std::string> sentences)
{
    const auto all = promises();
    std::vector<promise> found;
    for (const std::string& sentence : sentences) {
        const auto it = std::find_if(all.begin(), all.end(),
                                     [&](const auto& one) { return one.sentence == sentence; });
        if (it == all.end()) {
            throw std::invalid_argument("no case \"" + sentence +
                                        "\": the promises changed, configure and build again");
        }
        found.push_back(*it);
    }
    return found;
}

int run_checker(std::vector<std::string> arguments)
{
    const std::string mode =
        !arguments.empty() && arguments[0].starts_with("--") ? arguments[0] : std::string();
    if (!mode.empty()) {
        arguments.erase(arguments.begin());
    }
    if (mode == "--list" && arguments.empty()) {
        for (const promise& one : promises()) {
            std::puts(one.sentence.c_str());
        }
        return 0;
    }
    if (mode == "--all" && arguments.empty()) {
        return each_is(verdict::passed, without_soak(promises())) ? 0 : 1;
    }
    if (mode == "--half" && arguments.size() == 1) {
        return stops_only_at(arguments[0], without_soak(promises())) ? 0 : 1;
    }
    if (mode == "--fails" && !arguments.empty()) {
        return each_is(verdict::failed, find(arguments)) ? 0 : 1;
    }
    if (mode == "--unfinished" && !arguments.empty()) {
        return each_is(verdict::todo, find(arguments)) ? 0 : 1;
    }
    if (mode == "--debug" && arguments.size() == 1) {
        if (&explorer::in_this_process != nullptr) {
            explorer::in_this_process = true;
        }
        return run_in_this_process(find(arguments)[0]) == 0 ? 0 : 1;
    }
    if (mode == "--record" && arguments.size() == 1) {
        const promise asked = find(arguments)[0];
        if (page == nullptr) {
            throw std::invalid_argument("--record is for workbook_supervisor, which shares a page");
        }
        run_and_record(asked);
        std::exit(0); // judged code's global objects are destroyed, and that is judged too
    }
    if ((mode.empty() || mode == "--show") && arguments.size() == 1) {
        const outcome result = run_supervised(find(arguments)[0]);
        if (result.is != verdict::passed || mode == "--show") {
            std::fwrite(result.text.data(), 1, result.text.size(), stdout); // zero bytes and all
        }
        return exit_status(result.is);
    }
    std::fputs(usage, mode == "--help" ? stdout : stderr);
    return mode == "--help" ? 0 : 2;
}

// Ends this process without destroying global objects. Some are judged code's, whose destructor's
// _exit(0) would be taken for a pass; in the case's own process they are destroyed, and judged. Of
// what else comes at exit, LeakSanitizer's check is made here (it leaves by itself if it finds
// something), and ThreadSanitizer puts its status in: it intercepts _exit, but not std::_Exit.
[[noreturn]] void leave(int status)
{
    std::fflush(nullptr);
    if (__lsan_do_leak_check != nullptr) {
        __lsan_do_leak_check();
    }
    _exit(status);
}

} // namespace

CATCH_REGISTER_LISTENER(witness)

// Every checker asks for this, and so gets the main() below, whatever else defines one: two of them
// do not link.
extern "C" void workbook_checkers_main() {}

int main(int argc, char** argv)
{
    raise_descriptor_limit();
    try {
        leave(run_checker({argv + 1, argv + argc}));
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "%s\n", error.what());
        leave(2);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "Cannot judge: %s\n", error.what());
        leave(4);
    }
}
