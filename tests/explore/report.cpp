// The report on a failing schedule: what went wrong, the schedule with a column for each thread,
// who waits for whom, one line of advice and the line that runs this schedule again.
//
// SPDX-License-Identifier: MIT
#include "explore/report.hpp"

#include "explore/names.hpp"
#include "explore/source_places.hpp"

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

struct advice {
    const char* kind;
    const char* text;
};

constexpr advice advices[] = {
    {"data race", "Guard both accesses with the same mutex, or make the variable atomic."},
    {"deadlock", "Ask of each wait who ends it, and of each pair of locks whether all take them in "
                 "one order."},
    {"livelock",
     "Do not ask again and again: wait on a condition variable that somebody notifies."},
    {"wrong result", "Look for a thread that acts on what it read before another thread wrote."},
    {"std::terminate", "Catch in the thread and hand the exception on; join every thread on every "
                       "path."},
    {"use after free", "Whoever owns the object must outlive its users: join them first."},
    {"misuse", "Read what the first line says: this call is wrong whatever the schedule."},
    {"crash", "Look at the last step of the thread that crashed, then at who wrote what it read."},
    {"stuck", "A loop without any step, or a call that waits for something outside the program."},
};

std::string advice_for(const std::string& kind)
{
    for (const advice& one : advices) {
        if (kind == one.kind) {
            return one.text;
        }
    }
    return "Make the body smaller.";
}

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

std::string thread_name(int id)
{
    return "T" + std::to_string(id);
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
    report_writer(const ledger& book, const result& outcome, long planned)
        : book_(book),
          outcome_(outcome),
          planned_(planned),
          source_(all_addresses(book)),
          places_(all_places()),
          names_(book, places_)
    {}

    std::string write()
    {
        find_contended();
        headline();
        collect_rows();
        schedule();
        if (outcome_.kind == "deadlock" || outcome_.kind == "stuck" ||
            outcome_.kind == "livelock") {
            who_waits();
        }
        if (outcome_.kind == "wrong result" || outcome_.kind == "data race") {
            values();
        }
        footer();
        return out_;
    }

private:
    std::vector<place> all_places() const
    {
        std::vector<place> all(1); // event 0 is none
        for (int i = 1; i < book_.events; ++i) {
            all.push_back(source_.of(book_.log[i].frame, book_.log[i].frames));
        }
        return all;
    }

    static std::set<void*> all_addresses(const ledger& book)
    {
        std::set<void*> all;
        for (int i = 1; i < book.events; ++i) {
            all.insert(book.log[i].frame, book.log[i].frame + book.log[i].frames);
        }
        return all;
    }

    place place_of(int number) const
    {
        return number > 0 && number < book_.events ? places_[static_cast<std::size_t>(number)]
                                                   : place();
    }

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
            const place where = place_of(number);
            const event& one = book_.log[number];
            if (where.known() && one.what != op::required) {
                line("  " + thread_name(one.thread) + ": " + description(number) + "   " +
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

    // Pointers are left out: they differ from run to run.
    static bool looks_like_pointer(std::uint64_t value, int size)
    {
        return size == 8 && (value >> 40) != 0 && (value >> 40) != 0xffffff;
    }

    static std::string value_text(std::uint64_t value, int size)
    {
        const int unused = 64 - 8 * size;
        return std::to_string(static_cast<std::int64_t>(value << unused) >> unused);
    }

    static bool has_telling_value(const event& one)
    {
        return one.has_value && one.size <= 8 && !looks_like_pointer(one.value, one.size) &&
               !(one.has_old && looks_like_pointer(one.old, one.size));
    }

    // What the thread did, in few words.
    std::string description(int number) const
    {
        const event& one = book_.log[number];
        const std::string name = names_.of(one);
        if (is_inside_library(one, place_of(number)) && number != book_.at &&
            number != book_.before) {
            return "uses " + name;
        }
        const bool telling = has_telling_value(one);
        const std::string value = telling ? " = " + value_text(one.value, one.size) : std::string();
        switch (one.what) {
        case op::lock:
        case op::lock_exclusive:
            return "lock " + name;
        case op::lock_shared:
            return "lock_shared " + name;
        case op::unlock:
        case op::unlock_shared:
            return "unlock " + name;
        case op::try_lock:
            return "try_lock " + name;
        case op::try_lock_failed:
            return "try_lock " + name + ": no";
        case op::wait:
        case op::atomic_wait:
            return "wait " + name;
        case op::woken:
            return "woken " + name;
        case op::spurious_wakeup:
            return "WAKES BY ITSELF";
        case op::time_out:
            return "time out " + name;
        case op::blocked:
            if (one.object == 0) {
                return "waits for " + thread_name(one.other);
            }
            return "waits for " + name;
        case op::join:
            return "joined " + thread_name(one.other);
        case op::start:
            return "start " + thread_name(one.other);
        case op::ended:
            return "ends";
        case op::once:
            return "once " + name;
        case op::sleep:
            return "sleep";
        case op::acquire:
            return "acquire " + name;
        case op::release:
            return "release " + name;
        case op::notify_one:
            return "notify_one " + name;
        case op::notify_all:
            return "notify_all " + name;
        case op::atomic_notify:
            return "notify " + name;
        case op::load:
        case op::read:
            return "read " + name + value;
        case op::store:
        case op::write:
            return "write " + name + value;
        case op::exchange:
            return telling && one.has_old && one.old != one.value
                       ? name + ": " + value_text(one.old, one.size) + " -> " +
                             value_text(one.value, one.size)
                       : "read " + name + value;
        case op::deletion:
            return one.object != 0 ? "destroy " + name : "delete";
        case op::required:
            return "does not hold";
        case op::raised:
            return "fails";
        case op::run:
        case op::yield:
        case op::wait_for_end:
            return "is here";
        }
        return "";
    }

    // Memory that one thread set up and others only read tells nothing.
    void find_contended()
    {
        std::map<std::uint64_t, std::uint32_t> seen; // word -> threads
        for (int i = 1; i < book_.events; ++i) {
            const event& one = book_.log[i];
            if (!one.shown || !is_memory(one.what)) {
                continue;
            }
            std::uint32_t& by = seen[one.address];
            const bool writes = one.what == op::write || one.what == op::store ||
                                (one.what == op::exchange && one.old != one.value);
            if (writes && (by & ~(1u << one.thread)) != 0) {
                contended_.insert(one.address);
            }
            by |= 1u << one.thread;
        }
        for (const int number : {book_.before, book_.at}) {
            if (number > 0) {
                contended_.insert(book_.log[number].address);
            }
        }
    }

    bool is_worth_a_row(int number) const
    {
        const event& one = book_.log[number];
        if (number == book_.at || number == book_.before) {
            return true;
        }
        if (!one.shown || one.what == op::once) {
            return false;
        }
        if (!is_memory(one.what)) {
            return true;
        }
        if (outcome_.kind == "livelock" && started_ && one.object_sort == sort::atomic &&
            !is_inside_library(one, place_of(number))) {
            return true; // what it asks for, again and again
        }
        // Before the first thread starts, only what is certain to matter: a variable's first value.
        return contended_.contains(one.address) &&
               (started_ || (has_telling_value(one) && !is_inside_library(one, place_of(number))));
    }

    void collect_rows()
    {
        for (int i = 1; i < book_.events; ++i) {
            started_ = started_ || book_.log[i].what == op::start;
            if (!is_worth_a_row(i)) {
                continue;
            }
            const event& one = book_.log[i];
            const row fresh{one.thread, description(i), place_of(i), i == book_.at};
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
            line("  " + thread_name(i) + " " + wait_text(one) + "   " + where_text(one.event));
        }
        out_ += "\n";
    }

    std::string where_text(int number) const
    {
        const place where = place_of(number);
        return where.known() ? short_name(where) + "  " + where.text : std::string();
    }

    std::string wait_text(const standing& one) const
    {
        const std::string name = names_.of(one.object_sort, one.object);
        switch (one.waits_in) {
        case op::join:
            return "waits for the end of " + thread_name(one.joins);
        case op::wait_for_end:
            return "waits for the end of all threads (the body has returned)";
        case op::lock:
        case op::lock_shared:
        case op::lock_exclusive:
            return "waits to lock " + name +
                   (one.held_by >= 0 ? ", held by " + thread_name(one.held_by) : std::string());
        case op::wait:
            return "waits to be notified on " + name;
        case op::atomic_wait:
            return "waits for a change of " + name;
        case op::acquire:
            return "waits for a unit of " + name;
        case op::once:
            return "waits for the initialization that another thread began";
        default:
            return "could go on";
        }
    }

    // What each thread read and wrote last of the variables that they share.
    void values()
    {
        std::map<std::string, std::map<std::string, std::string>>
            last; // variable -> who did -> value
        std::map<std::string, std::vector<std::string>> order;
        for (int i = 1; i < book_.events; ++i) {
            const event& one = book_.log[i];
            const std::string name = names_.of(one);
            if (!one.shown || !is_memory(one.what) || !contended_.contains(one.address) ||
                !has_telling_value(one) || is_inside_library(one, place_of(i)) || name.empty() ||
                (outcome_.kind == "data race" && one.address != book_.log[book_.at].address)) {
                continue;
            }
            const bool changes = one.has_old && one.old != one.value;
            const bool reads =
                one.what == op::read || one.what == op::load || (one.has_old && !changes);
            const std::string who = thread_name(one.thread) + (reads ? " read " : " wrote ");
            if (last[name].count(who) == 0) {
                order[name].push_back(who);
            }
            last[name][who] = value_text(one.value, one.size);
        }
        for (const auto& [name, deeds] : order) {
            std::string text;
            for (const std::string& who : deeds) {
                text += (text.empty() ? "" : ", ") + who + last[name][who];
            }
            wrapped("Last values of " + name + ": " + text, "");
        }
    }

    void footer()
    {
        if (!source_.problem().empty()) {
            line("Note: " + source_.problem() + ".");
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
        wrapped("Advice: " + advice_for(outcome_.kind) +
                    " WORKBOOK.md#how-to-read-a-report has more.",
                "");
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

    const ledger& book_;
    const result& outcome_;
    const long planned_;
    const source_places source_;
    const std::vector<place> places_; // [i]: of event i
    const names names_;
    const bool colored_ = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    bool started_ = false; // a thread, so far
    std::set<std::uint64_t> contended_;
    std::vector<row> rows_;
    std::size_t folded_ = 0;
    std::string out_;
};

} // namespace

std::string write_report(const ledger& book, const result& outcome, long planned)
{
    return report_writer(book, outcome, planned).write();
}

} // namespace explorer
