// The report on a failing schedule: what went wrong, the schedule with a column for each thread,
// who waits for whom, one line of advice and the line that runs this schedule again.
//
// SPDX-License-Identifier: MIT
#include "explore/report.hpp"

#include "explore/story.hpp"
#include "explore/story_json.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <unistd.h>

namespace explorer {
namespace {

constexpr std::size_t page_width = 100;
constexpr std::size_t most_rows = 60;

std::string shortened(std::string text, std::size_t width)
{
    if (text.size() > width) {
        text.resize(width > 2 ? width - 2 : width);
        text += "..";
    }
    return text;
}

std::string padded(const std::string& text, std::size_t width)
{
    std::string out = shortened(text, width - 1);
    out.resize(width, ' ');
    return out;
}

struct row {
    int thread;
    std::string what;
    place where;
    bool fails; // the step at which the schedule failed

    bool operator==(const row& other) const
    {
        return thread == other.thread && what == other.what && where.file == other.where.file &&
               where.line == other.where.line;
    }
};

class report_writer {
public:
    report_writer(const story& told, long planned)
        : story_(told), book_(told.book()), outcome_(told.outcome()), planned_(planned)
    {}

    std::string write()
    {
        headline();
        collect_rows();
        schedule();
        if (outcome_.kind == "deadlock" || outcome_.kind == "stuck" ||
            outcome_.kind == "livelock") {
            who_waits();
        }
        if (outcome_.kind == "wrong result" || outcome_.kind == "data race") {
            for (const auto& [name, deeds] : story_.last_values()) {
                wrapped("Last values of " + name + ": " + deeds, "");
            }
        }
        footer();
        return out_;
    }

private:
    static std::string short_name(const place& where)
    {
        return std::filesystem::path(where.file).filename().string() + ":" +
               std::to_string(where.line);
    }

    void line(const std::string& text)
    {
        std::string whole = shortened(text, page_width);
        whole.erase(whole.find_last_not_of(' ') + 1);
        out_ += whole + "\n";
    }

    void headline()
    {
        emphasized(outcome_.kind + ", found in schedule " + std::to_string(outcome_.schedules) +
                   " of " + std::to_string(planned_));
        wrapped(book_.text, "  ");
        for (const int number : {book_.before, book_.at}) {
            const place where = story_.place_of(number);
            const event& one = book_.log[number];
            if (where.known() && one.what != op::required) {
                line("  " + thread_name(one.thread) + ": " + story_.description(number) + "   " +
                     where.file + ":" + std::to_string(where.line) + "   " + where.text);
            }
        }
        out_ += "\n";
    }

    void emphasized(const std::string& text)
    {
        out_ += colored_ ? "\033[1;31m" + text + "\033[0m\n" : text + "\n";
    }

    void wrapped(const std::string& text, const std::string& indent)
    {
        std::string rest = text;
        while (indent.size() + rest.size() > page_width) {
            auto cut = rest.rfind(' ', page_width - indent.size());
            if (cut == std::string::npos || cut == 0) {
                cut = page_width - indent.size();
            }
            line(indent + rest.substr(0, cut));
            rest.erase(0, rest[cut] == ' ' ? cut + 1 : cut);
        }
        line(indent + rest);
    }

    void collect_rows()
    {
        for (const int number : story_.steps()) {
            const row fresh{book_.log[number].thread, story_.description(number),
                            story_.place_of(number), number == book_.at};
            if (!rows_.empty() && rows_.back() == fresh) {
                rows_.back().fails |= fresh.fails;
                continue;
            }
            rows_.push_back(fresh);
            fold_loops();
        }
    }

    // A loop's rounds look alike: keep the first.
    void fold_loops()
    {
        for (std::size_t period = 1; period <= 6 && rows_.size() >= 2 * period; ++period) {
            const auto end = rows_.end();
            const auto length = static_cast<std::ptrdiff_t>(period);
            if (std::equal(end - length, end, end - 2 * length)) {
                rows_.erase(end - length, end);
                folded_ += period;
                return;
            }
        }
    }

    void schedule()
    {
        if (rows_.empty()) {
            return;
        }
        line("The shortest failing schedule found; time runs downward:");
        out_ += "\n";
        const std::size_t first = rows_.size() > most_rows ? rows_.size() - most_rows : 0;
        const layout columns = lay_out(first);
        line(columns.head);
        if (first > 0) {
            line("  ... " + std::to_string(first) + " earlier steps");
        }
        for (std::size_t i = first; i < rows_.size(); ++i) {
            const std::string text = columns.text_of(rows_[i]);
            if (rows_[i].fails) {
                emphasized(shortened(text, page_width));
            } else {
                line(text);
            }
        }
        if (folded_ > 0) {
            line("  (" + std::to_string(folded_) + " steps left out: more rounds of a loop)");
        }
        out_ += "\n";
    }

    // A column for each thread, as wide as what stands in it. For many threads narrow ones, and the
    // operations beside them.
    struct layout {
        std::vector<std::size_t> width;
        std::size_t operation = 0; // width of the operations' own column; 0: there is none
        std::size_t place = 0;
        std::string head = "  ";

        std::string text_of(const row& one) const
        {
            std::string text = "  ";
            for (std::size_t i = 0; i < width.size(); ++i) {
                const bool own = static_cast<int>(i) == one.thread;
                const std::string narrow = own ? thread_name(one.thread) : ".";
                text += padded(operation > 0 ? narrow : own ? one.what : "", width[i]);
            }
            if (operation > 0) {
                text += padded(one.what, operation);
            }
            return one.where.known() ? text + padded(short_name(one.where), place) + one.where.text
                                     : text;
        }
    };

    layout lay_out(std::size_t first) const
    {
        constexpr std::size_t widest = 22;
        constexpr std::size_t most_for_columns = 62;
        layout made;
        std::size_t operation = 0;
        for (std::size_t i = first; i < rows_.size(); ++i) {
            const row& one = rows_[i];
            const auto column = static_cast<std::size_t>(one.thread);
            made.width.resize(std::max(made.width.size(), column + 1), 6);
            const std::size_t needed = std::min(one.what.size() + 2, widest);
            made.width[column] = std::max(made.width[column], needed);
            operation = std::max(operation, needed);
            made.place = std::max(made.place, short_name(one.where).size() + 2);
        }
        std::size_t sum = 0;
        for (const std::size_t one : made.width) {
            sum += one;
        }
        if (sum > most_for_columns) {
            made.operation = operation;
            made.width.assign(made.width.size(), made.width.size() < 12 ? 4 : 3);
        }
        for (std::size_t i = 0; i < made.width.size(); ++i) {
            made.head += padded(thread_name(static_cast<int>(i)), made.width[i]);
        }
        return made;
    }

    void who_waits()
    {
        line("Who waits for what:");
        for (int i = 0; i < book_.threads; ++i) {
            const standing& one = book_.thread[i];
            if (one.waits_in == op::ended) {
                continue;
            }
            line("  " + thread_name(i) + " " + story_.wait_text(one) + "   " +
                 where_text(one.event));
        }
        out_ += "\n";
    }

    std::string where_text(int number) const
    {
        const place where = story_.place_of(number);
        return where.known() ? short_name(where) + "  " + where.text : std::string();
    }

    void footer()
    {
        if (!story_.problem().empty()) {
            line("Note: " + story_.problem() + ".");
        }
        std::set<std::string> files;
        for (const row& one : rows_) {
            if (one.where.known()) {
                files.insert(one.where.file);
            }
        }
        std::string list;
        for (const std::string& file : files) {
            list += (list.empty() ? "" : ", ") + file;
        }
        if (!list.empty()) {
            wrapped("Files: " + list, "");
        }
        wrapped("Advice: " + story_.advice() + " WORKBOOK.md#how-to-read-a-report has more.", "");
        // Not cut: it is there to be copied.
        out_ += "Again:  WORKBOOK_REPLAY=" + outcome_.replay + " " + command_line() + "\n";
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
    const bool colored_ = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    std::vector<row> rows_;
    std::size_t folded_ = 0;
    std::string out_;
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
