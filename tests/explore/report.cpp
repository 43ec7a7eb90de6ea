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
          places_(all_addresses(book)),
          names_(book, places_)
    {}

    std::string write()
    {
        headline();
        collect_rows();
        schedule();
        if (outcome_.kind == "deadlock" || outcome_.kind == "stuck") {
            who_waits();
        }
        footer();
        return out_;
    }

private:
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
        if (number <= 0 || number >= book_.events) {
            return {};
        }
        const event& one = book_.log[number];
        return places_.of(one.frame, one.frames);
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
        line(outcome_.kind + ", found in schedule " + std::to_string(outcome_.schedules) + " of " +
             std::to_string(planned_));
        wrapped(book_.text, "  ");
        for (const int number : {book_.before, book_.at}) {
            const place where = place_of(number);
            if (where.known()) {
                const event& one = book_.log[number];
                line("  " + thread_name(one.thread) + " " + description(one) + "   " + where.file +
                     ":" + std::to_string(where.line) + "   " + where.text);
            }
        }
        out_ += "\n";
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

    static std::string value_text(std::uint64_t value, int size)
    {
        if (size == 8 && (value >> 40) != 0 && (value >> 40) != 0xffffff) {
            return "a pointer"; // differs from run to run
        }
        const int unused = 64 - 8 * size;
        return std::to_string(static_cast<std::int64_t>(value << unused) >> unused);
    }

    // What the thread did, in few words.
    std::string description(const event& one) const
    {
        const std::string name = names_.of(one);
        const std::string value =
            one.has_value ? " = " + value_text(one.value, one.size) : std::string();
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
            return one.has_old && one.old != one.value
                       ? name + ": " + value_text(one.old, one.size) + " -> " +
                             value_text(one.value, one.size)
                       : "read " + name + value;
        case op::deletion:
            return "delete";
        case op::required:
            return "requires";
        case op::raised:
            return "fails";
        case op::run:
        case op::yield:
        case op::wait_for_end:
            return "";
        }
        return "";
    }

    static bool is_memory(op what)
    {
        return what == op::read || what == op::write || what == op::load || what == op::store ||
               what == op::exchange;
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
        if (!one.shown) {
            return false;
        }
        if (one.what == op::once) {
            return false;
        }
        return !is_memory(one.what) || contended_.contains(one.address);
    }

    void collect_rows()
    {
        find_contended();
        for (int i = 1; i < book_.events; ++i) {
            if (!is_worth_a_row(i)) {
                continue;
            }
            const event& one = book_.log[i];
            const row fresh{one.thread, description(one), place_of(i)};
            if (!rows_.empty() && rows_.back() == fresh) {
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
        int most = 0;
        for (const row& one : rows_) {
            most = std::max(most, one.thread);
        }
        const int columns = most + 1;
        const bool narrow = columns > 4;
        const std::size_t width = narrow ? 4 : columns <= 2 ? 24 : columns == 3 ? 19 : 15;
        line("The shortest failing schedule found, from top to bottom:");
        out_ += "\n";
        std::string head = "  ";
        for (int i = 0; i < columns; ++i) {
            head += padded(thread_name(i), width);
        }
        line(head);
        const std::size_t first = rows_.size() > most_rows ? rows_.size() - most_rows : 0;
        if (first > 0) {
            line("  ... " + std::to_string(first) + " earlier steps");
        }
        for (std::size_t i = first; i < rows_.size(); ++i) {
            const row& one = rows_[i];
            std::string text = "  ";
            if (narrow) {
                for (int k = 0; k < columns; ++k) {
                    text += k == one.thread ? padded(thread_name(k), width) : padded(".", width);
                }
                text += padded(one.what, 24);
            } else {
                for (int k = 0; k < columns; ++k) {
                    text += k == one.thread ? padded(one.what, width) : std::string(width, ' ');
                }
            }
            if (one.where.known()) {
                text += padded(short_name(one.where), 24) + one.where.text;
            } else if (places_.problem().empty()) {
                text += "(in a library)";
            }
            line(text);
        }
        if (folded_ > 0) {
            line("  (" + std::to_string(folded_) + " steps of further rounds left out)");
        }
        out_ += "\n";
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

    void footer()
    {
        if (!places_.problem().empty()) {
            line("Note: " + places_.problem() + ".");
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
    const source_places places_;
    const names names_;
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
