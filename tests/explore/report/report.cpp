// The report on a failing schedule: what went wrong and why, the schedule with a column for each
// thread, who waits for whom and the line that runs this schedule again.
//
// SPDX-License-Identifier: MIT
#include "explore/report/report.hpp"

#include "explore/report/columns.hpp"
#include "explore/report/excerpt.hpp"
#include "explore/report/page.hpp"
#include "explore/report/story.hpp"
#include "explore/report/story_json.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace explorer {
namespace {

constexpr std::size_t page_with_columns = 80; // below that a column for each thread has no room
constexpr std::size_t most_lines = 45;
constexpr std::size_t least_rows = 12;
constexpr std::size_t most_rows = 24;
constexpr std::size_t most_values = 3; // variables whose last values are told
constexpr std::size_t most_said = 5;   // lines of stderr
constexpr std::size_t most_calls = 3;  // that led to where a thread waits

bool all_steps_asked_for()
{
    const char* said = std::getenv("WORKBOOK_STEPS");
    return said != nullptr && std::string(said) == "all";
}

std::size_t lines_in(const std::string& text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

class report_writer {
public:
    report_writer(const story& told, long planned)
        : story_(told), book_(told.book()), outcome_(told.outcome()), planned_(planned), rows_(told)
    {}

    std::string write()
    {
        const std::string begin = taken(&report_writer::headline);
        const std::string values = taken(&report_writer::what_is_left);
        if (!all_steps_asked_for()) {
            const std::size_t others = lines_in(begin + values) + 12; // and the table's own
            const std::size_t most = others < most_lines ? most_lines - others : 0;
            rows_.shorten(static_cast<int>(std::clamp(most, least_rows, most_rows)));
        }
        return begin + taken(&report_writer::schedule) + values + taken(&report_writer::footer);
    }

private:
    std::string taken(void (report_writer::*part)())
    {
        (this->*part)();
        return out_.taken();
    }

    void headline()
    {
        out_.headline(outcome_.kind + ", found in schedule " + std::to_string(outcome_.schedules) +
                      " of " + std::to_string(planned_));
        out_.wrapped(book_.text, "  ", "  ");
        for (const int number : {book_.before, book_.at}) {
            const place where = story_.place_of(number);
            const event& one = book_.log[number];
            if (where.known() && one.what != op::required) {
                out_.wrapped(thread_name(one.thread) + ": " + story_.description(number) + "   " +
                                 with_text(where),
                             "  ", "      ");
                if (const place caller = story_.caller_of(number); caller.known()) {
                    out_.wrapped("called at " + with_text(caller), "      ", "      ");
                }
            }
        }
        out_.whole("");
        if (!story_.why().sentence.empty()) {
            out_.wrapped("Cause: " + story_.why().sentence);
        }
        if (!story_.why().advice.empty()) {
            out_.wrapped("Advice: " + story_.why().advice);
        }
        if (!story_.why().sentence.empty() || !story_.why().advice.empty()) {
            out_.whole("");
        }
    }

    static std::string with_text(const place& where)
    {
        return where.file + ":" + std::to_string(where.line) + "   " + where.text;
    }

    void schedule()
    {
        if (rows_.rows().empty()) {
            return;
        }
        out_.wrapped(
            "The shortest failing schedule found; time runs downward, and > marks what decides:");
        out_.whole("");
        const bool in_columns = out_.width() >= page_with_columns;
        const columns table(in_columns ? rows_.rows() : std::vector<row>{}, out_.width());
        if (in_columns) {
            out_.line(table.head());
        }
        for (const row& one : rows_.rows()) {
            if (one.left_out > 0) {
                out_.line("  ... " + std::to_string(one.left_out) + " steps");
            } else if (in_columns) {
                table_row(one, table.text_of(one));
            } else {
                narrow_row(one);
            }
            mark_gap(one);
        }
        say_what_was_left_out();
        out_.whole("");
    }

    void table_row(const row& one, const std::string& text)
    {
        if (one.fails) {
            out_.emphasized(text);
        } else {
            out_.line(text);
        }
    }

    void narrow_row(const row& one)
    {
        const std::string who =
            thread_name(one.thread) + (one.actor.empty() ? "" : " " + one.actor);
        const std::string what = who + " " + one.what;
        out_.wrapped(what, one.decides || one.fails || one.mishap ? "> " : "  ", "      ");
        if (one.where.known()) {
            out_.wrapped(short_name(one.where) + "  " + one.where.text, "    ", "      ");
        }
    }

    void mark_gap(const row& one)
    {
        const int gap = story_.why().gap;
        if (gap != 0 && std::find(one.events.begin(), one.events.end(), gap) != one.events.end()) {
            out_.wrapped("-- the gap: " + thread_name(one.thread) +
                             " has looked, and does not wait yet",
                         "  ", "  ");
        }
    }

    void say_what_was_left_out()
    {
        std::string said;
        const auto add = [&](int count, const char* which) {
            if (count > 0) {
                said += (said.empty() ? "" : ", ") + std::to_string(count) + which;
            }
        };
        add(rows_.before(), " earlier");
        add(rows_.between(), " in between");
        add(rows_.after(), " later");
        if (!said.empty()) {
            out_.wrapped("Steps not shown: " + said +
                             ". To see all: WORKBOOK_STEPS=all in front of the last line.",
                         "  ", "  ");
        }
        if (rows_.folded() > 0) {
            out_.wrapped("(" + std::to_string(rows_.folded()) +
                             " more steps: further rounds of a loop, like the one shown)",
                         "  ", "  ");
        }
    }

    void what_is_left()
    {
        if (outcome_.kind == "deadlock" || outcome_.kind == "stuck" ||
            outcome_.kind == "livelock") {
            who_waits();
        }
        if (outcome_.kind == "wrong result" || outcome_.kind == "data race") {
            last_values();
        }
    }

    void who_waits()
    {
        out_.line("Who waits for what:");
        for (int i = 0; i < book_.threads; ++i) {
            const standing& one = book_.thread[i];
            if (one.waits_in == op::ended) {
                continue;
            }
            out_.wrapped(thread_name(i) + " " + story_.wait_text(one) + "   " +
                             story_.where_called(one.event, most_calls),
                         "  ", "      ");
        }
        out_.whole("");
    }

    // Of those that the cause is about; else of the first few.
    void last_values()
    {
        std::set<std::string> wanted;
        for (const int number : story_.why().steps) {
            wanted.insert(story_.objects().of(book_.log[number]));
        }
        const auto all = story_.last_values();
        const bool any = std::any_of(all.begin(), all.end(),
                                     [&](const auto& one) { return wanted.contains(one.first); });
        std::size_t told = 0;
        for (const auto& [name, deeds] : all) {
            const bool matters = any ? wanted.contains(name) : story_.why().sentence.empty();
            if (matters && told < most_values) {
                out_.wrapped("Last values of " + name + ": " + deeds);
                ++told;
            }
        }
    }

    void footer()
    {
        if (book_.said[0] != '\0') {
            out_.line("Said on stderr:");
            std::istringstream said(book_.said);
            std::string one;
            for (std::size_t told = 0; told < most_said && std::getline(said, one); ++told) {
                out_.wrapped(one, "  ", "  ");
            }
            out_.line("");
        }
        if (!story_.problem().empty()) {
            out_.wrapped("Note: " + story_.problem() + ".");
        }
        std::set<std::string> files;
        for (const row& one : rows_.rows()) {
            if (one.where.known()) {
                files.insert(one.where.file);
            }
        }
        std::string list;
        for (const std::string& file : files) {
            list += (list.empty() ? "" : ", ") + file;
        }
        if (!list.empty()) {
            out_.wrapped("Files: " + list);
        }
        out_.wrapped("How to read this: WORKBOOK.md#how-to-read-a-report");
        out_.whole("Again:  WORKBOOK_REPLAY=" + outcome_.replay + " " + command_line());
    }

    // As a shell would need it.
    static std::string command_line()
    {
        std::ifstream in("/proc/self/cmdline", std::ios::binary);
        const std::string raw{std::istreambuf_iterator<char>(in), {}};
        std::string text;
        std::size_t at = 0;
        while (at < raw.size()) {
            const std::string word = raw.c_str() + at;
            at += word.size() + 1;
            const bool plain =
                !word.empty() &&
                word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                                       "QRSTUVWXYZ0123456789_-+=./:,@") == std::string::npos;
            text += (text.empty() ? "" : " ") + (plain ? word : quoted(word));
        }
        return text;
    }

    static std::string quoted(const std::string& word)
    {
        std::string out = "\"";
        for (const char letter : word) {
            if (letter == '"' || letter == '\\' || letter == '$' || letter == '`') {
                out += '\\';
            }
            out += letter;
        }
        return out + "\"";
    }

    const story& story_;
    const ledger& book_;
    const result& outcome_;
    const long planned_;
    excerpt rows_;
    page out_;
};

} // namespace

std::string write_report(const ledger& book, const result& outcome, long planned)
{
    const story told(book, outcome);
    if (const char* file = std::getenv("WORKBOOK_STORY"); file != nullptr && *file != '\0') {
        std::ofstream(file) << json_of(told, planned);
    }
    return report_writer(told, planned).write();
}

} // namespace explorer
