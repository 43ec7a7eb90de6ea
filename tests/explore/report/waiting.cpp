// SPDX-License-Identifier: MIT
#include "explore/report/waiting.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace explorer {
namespace {

bool is_notification(const event& one)
{
    return one.shown && (one.what == op::notify_one || one.what == op::notify_all ||
                         one.what == op::atomic_notify);
}

bool is_wait(const event& one)
{
    return one.shown && (one.what == op::wait || one.what == op::atomic_wait);
}

bool is_end_of_wait(const event& one)
{
    return one.shown &&
           (one.what == op::woken || one.what == op::spurious_wakeup || one.what == op::time_out);
}

constexpr int most_waits_compared = 30; // the last ones

// One wait, with what came before and after it.
class one_wait {
public:
    one_wait(const history& all, int wait) : all_(all), wait_(wait), thread_(all.at(wait).thread)
    {
        end_ = all.first(wait + 1, all.end(), [&](const event& one) {
            return one.thread == thread_ && is_end_of_wait(one);
        });
        start_ = all.first(1, wait, [&](const event& one) {
            return one.what == op::start && one.other == thread_;
        });
        begin_ = all.last(1, wait, [&](const event& one) { // of this thread's look at things
            return mine(one) && is_end_of_wait(one);
        });
        begin_ = std::max(begin_, start_);
    }

    // Of one that came to nothing.
    cause in_vain() const
    {
        if (end_ != 0 && all_.at(end_).what != op::time_out) {
            return {};
        }
        for (const auto kind : {&one_wait::looked_then_slept, &one_wait::without_a_look,
                                &one_wait::notified_before_the_change, &one_wait::only_one_woken,
                                &one_wait::unheard, &one_wait::nobody_notified}) {
            if (cause found = (this->*kind)(); !found.sentence.empty()) {
                return found;
            }
        }
        return {};
    }

    // Of one after which the thread went on.
    cause not_looked_again() const
    {
        if (end_ == 0 || all_.at(end_).what == op::time_out) {
            return {};
        }
        const std::string line = line_of_look();
        const std::vector<int> looks = looks_at(line);
        const int waits_again = all_.first(
            end_ + 1, all_.end(), [&](const event& one) { return mine(one) && is_wait(one); });
        const int gone = all_.first(end_ + 1, all_.end(), [&](const event& one) {
            return mine(one) && (one.what == op::unlock || one.what == op::ended);
        });
        if (waits_again != 0 || (gone == 0 && all_.told().book().at == 0)) {
            return {};
        }
        const int until = gone != 0 ? gone : all_.end();
        for (int i = end_ + 1; i < until && !looks.empty(); ++i) {
            if (mine(all_.at(i)) && is_memory(all_.at(i).what) && all_.where(i) == line) {
                return {};
            }
        }
        if (looks.empty() && has(all_.text(wait_), ",")) { // it has a predicate, of its own
            return {};
        }
        const bool by_itself = all_.last(wait_, end_ + 1, [&](const event& one) {
            return mine(one) && one.what == op::spurious_wakeup;
        }) != 0;
        const int notified = all_.last(
            wait_, end_, [&](const event& one) { return !mine(one) && is_notified(one); });
        std::vector<int> shown = {wait_, notified, end_, gone};
        shown.insert(shown.end(), looks.begin(), looks.end());
        const int taken = all_.last(begin_, wait_, [&](const event& one) {
            return !mine(one) && one.thread != all_.at(notified).thread && all_.writes(one) &&
                   look_at(one.address) != 0;
        });
        shown.push_back(taken);
        return {who() +
                    (by_itself ? " wakes by itself, as a waiting thread may, and goes on"
                               : " is woken from " + condition() + " and goes on") +
                    (!looks.empty() ? " without looking again at what it waited for (" + line + ")."
                                    : " without looking whether there is anything to go on with."),
                "Look again after each waking: while (...) " + condition() + ".wait(lock), or " +
                    condition() + ".wait(lock, predicate).",
                shown};
    }

private:
    bool mine(const event& one) const { return one.thread == thread_; }
    std::string who() const { return all_.thread(wait_); }
    std::string condition() const { return part_of(all_.name(wait_), "the condition"); }
    int until() const { return end_ != 0 ? end_ : all_.end(); }

    bool is_changed_by_others(std::uint64_t address) const
    {
        return all_.first(start_, all_.end(), [&](const event& one) {
            return !mine(one) && all_.writes(one) && one.address == address;
        }) != 0;
    }

    bool is_notified(const event& one) const
    {
        return is_notification(one) && one.object == all_.at(wait_).object;
    }

    // This thread's last look at this word before it began to wait; not the condition's own look.
    int look_at(std::uint64_t address) const
    {
        for (int i = wait_ - 1; i > begin_; --i) {
            if (mine(all_.at(i)) && all_.reads(all_.at(i)) && all_.at(i).address == address &&
                !all_.in_header(i, "condition_variable")) {
                return i;
            }
        }
        return 0;
    }

    // Its looks in that line.
    std::vector<int> looks_at(const std::string& line) const
    {
        std::vector<int> found;
        for (int i = wait_ - 1; i > begin_ && !line.empty(); --i) {
            if (mine(all_.at(i)) && all_.reads(all_.at(i)) && all_.where(i) == line) {
                found.push_back(i);
            }
        }
        return found;
    }

    // The line that decides whether it waits: where it looked last at what others change.
    std::string line_of_look() const
    {
        for (int i = wait_ - 1; i > begin_; --i) {
            if (mine(all_.at(i)) && all_.reads(all_.at(i)) &&
                !all_.in_header(i, "condition_variable") && !all_.in_header(i, "stop_token") &&
                is_changed_by_others(all_.at(i).address)) {
                return all_.where(i);
            }
        }
        return {};
    }

    // Somebody else's last change in [from, to) of what this thread looked at there.
    int change(int from, int to, int by = -1) const
    {
        const std::string line = line_of_look();
        return all_.last(from, to, [&](const event& one) {
            if (mine(one) || !all_.writes(one) || (by >= 0 && one.thread != by)) {
                return false;
            }
            const int look = look_at(one.address);
            return look != 0 && (all_.where(look) == line || all_.where(look) == all_.where(wait_));
        });
    }

    std::string thing(int number) const { return part_of(all_.name(number), "what it looked at"); }

    cause looked_then_slept() const
    {
        for (int notified = wait_; notified > begin_;) {
            notified = all_.last(begin_, notified,
                                 [&](const event& one) { return !mine(one) && is_notified(one); });
            if (notified == 0) {
                break;
            }
            // Of all that was changed for this notification what this thread looked at last.
            int look = 0;
            int changed = 0;
            for (int i = notified - 1; i > begin_; --i) {
                const event& one = all_.at(i);
                const bool theirs = one.thread == all_.at(notified).thread && all_.writes(one);
                if (const int seen = theirs ? look_at(one.address) : 0; seen > look && seen < i) {
                    look = seen;
                    changed = i;
                }
            }
            if (look != 0 && look_at(all_.at(changed).address) == look) {
                return lost(look, changed, notified);
            }
        }
        return {};
    }

    cause lost(int look, int changed, int notified) const
    {
        const bool stop = asks_to_stop(all_, look, changed);
        const std::string begin =
            who() + " looked " + (stop ? "whether it is to stop" : "at " + thing(look)) + " (" +
            all_.told().where_called(look) + "); then " + all_.thread(notified) +
            (stop ? " asked it to (" : " changed it (") + all_.where(changed) + ") and notified " +
            condition() + " (" + all_.where(notified) + "); only then did " + who() +
            " begin to wait (" + all_.where(wait_) + "), and that notification is lost.";
        return {begin,
                advice_on_lost(all_, stop, changed, notified),
                {look, changed, notified, wait_},
                look};
    }

    // It locked, and waits, and has looked at nothing.
    cause without_a_look() const
    {
        const int notified = all_.last(
            begin_, wait_, [&](const event& one) { return !mine(one) && is_notified(one); });
        const int lock = all_.taken(wait_, all_.at(wait_).other);
        const int look = all_.first(lock, wait_, [&](const event& one) {
            return mine(one) && all_.reads(one) && is_changed_by_others(one.address);
        });
        const bool predicate = has(all_.text(wait_), "[") || !has(all_.text(wait_), "wait(");
        if (notified == 0 || lock == 0 || look != 0 || lock < notified || predicate) {
            return {};
        }
        return {all_.thread(notified) + " notified " + condition() + " (" + all_.where(notified) +
                    ") before " + who() + " began to wait (" + all_.where(wait_) + "), and " +
                    who() + " does not look first whether it need wait at all.",
                "Wait for a fact, not for a notification: " + condition() +
                    ".wait(lock, predicate) looks first.",
                {notified, wait_}};
    }

    cause notified_before_the_change() const
    {
        const int changed = change(wait_, until());
        if (changed == 0) {
            return {};
        }
        const int by = all_.at(changed).thread;
        const auto by_it = [&](const event& one) { return one.thread == by && is_notified(one); };
        const int notified = all_.last(start_, changed, by_it);
        const int later =
            all_.first(changed, until(), [&](const event& one) { return is_notified(one); });
        if (notified == 0 || later != 0) {
            return {};
        }
        const int before = all_.last(start_, notified, by_it);
        const int own_change = change(std::max(before, start_), notified, by);
        if (own_change != 0) { // then it was notified of that
            return {};
        }
        return {all_.thread(changed) + " notifies " + condition() + " (" + all_.where(notified) +
                    ") and changes " + thing(changed) + " only afterwards (" + all_.where(changed) +
                    "): " + who() + ", in between, finds nothing new and waits.",
                "First change it, then notify.",
                {notified, look_at(all_.at(changed).address), wait_, changed}};
    }

    cause only_one_woken() const
    {
        const int changed = change(wait_, until());
        const int notified = all_.last(changed, until(), [&](const event& one) {
            return is_notified(one) && one.what == op::notify_one;
        });
        const int woken = all_.first(notified, until(), [&](const event& one) {
            return !mine(one) && one.what == op::woken && one.object == all_.at(wait_).object;
        });
        if (changed == 0 || notified == 0 || woken == 0) {
            return {};
        }
        const std::string begin =
            "notify_one (" + all_.where(notified) + ") woke " + all_.thread(woken) + " alone";
        const std::string end = "; " + who() + " waits on, too (" + all_.where(wait_) + ").";
        if (const int asked = looks_whether_to_stop(woken, changed); asked != 0) {
            return {
                begin + ", which then looks whether it is to stop (" +
                    all_.told().where_called(asked) +
                    ") and leaves without having used what it was woken for" + end,
                "Let it use what it was woken for, though it is to stop; or let it notify again "
                "before its exception leaves.",
                {wait_, changed, notified, woken, asked}};
        }
        return {begin + end,
                "If both have to go on, notify_all(); if the one that was woken leaves without "
                "having used it, it must notify again.",
                {wait_, changed, notified, woken}};
    }

    // After it was woken, instead of changing that, too.
    int looks_whether_to_stop(int woken, int changed) const
    {
        const auto theirs = [&](const event& one) {
            return one.thread == all_.at(woken).thread &&
                   all_.where(all_.number_of(one)) != all_.where(woken);
        };
        const int next = all_.first(woken, all_.end(), [&](const event& one) {
            const bool uses = all_.writes(one) && one.address == all_.at(changed).address;
            return theirs(one) && (uses || one.what == op::unlock);
        });
        const int look = all_.last(woken, next, [&](const event& one) {
            return theirs(one) && all_.reads(one) &&
                   all_.in_header(all_.number_of(one), "stop_token");
        });
        return all_.at(next).what == op::unlock ? look : 0;
    }

    // Asked to stop while it waits.
    cause unheard() const
    {
        const int asked = stop_request(all_, thread_, wait_, until());
        if (asked == 0) {
            return {};
        }
        return {all_.thread(asked) + " asks " + who() + " to stop (" + all_.where(asked) +
                    "); the wait (" + all_.where(wait_) + ") does not hear that.",
                "Wait with the stop token: a std::condition_variable_any's wait(lock, token, "
                "predicate) ends when it is asked to.",
                {wait_, asked}};
    }

    // The last change by somebody who notifies now and then; else the last one.
    int change_to_be_notified() const
    {
        for (int i = until() - 1; i > wait_; --i) {
            const event& one = all_.at(i);
            const bool notifies = all_.first(1, all_.end(), [&](const event& other) {
                return other.thread == one.thread && is_notified(other);
            }) != 0;
            if (!mine(one) && all_.writes(one) && notifies) {
                return change(wait_, i + 1, one.thread);
            }
        }
        return change(wait_, until());
    }

    cause nobody_notified() const
    {
        const int changed = change_to_be_notified();
        const int notified =
            all_.first(changed, until(), [&](const event& one) { return is_notified(one); });
        if (changed == 0 || notified != 0) {
            return {};
        }
        return {all_.thread(changed) + " changed " + thing(changed) + " (" + all_.where(changed) +
                    ") while " + who() + " waited on " + condition() + " (" + all_.where(wait_) +
                    "), and nobody notified " + condition() + " afterwards.",
                "Notify after each change that somebody may wait for.",
                {look_at(all_.at(changed).address), wait_, changed}};
    }

    const history& all_;
    const int wait_;
    const int thread_;
    int start_ = 0; // of the thread
    int begin_ = 0; // of what it did since the wait before this one
    int end_ = 0;   // 0: it waits still
};

cause first_of_waits(const history& all, cause (one_wait::*kind)() const, bool ended = false)
{
    int left = all.end() <= most_steps_compared ? most_waits_compared : 0;
    for (int i = all.end() - 1; i > 0 && left > 0; --i) {
        left -= is_wait(all.at(i));
        const int thread = all.at(i).thread;
        if (is_wait(all.at(i)) && (!ended || all.first(i + 1, all.end(), [&](const event& one) {
                return one.thread == thread && is_end_of_wait(one);
            }) != 0)) {
            if (cause found = (one_wait(all, i).*kind)(); !found.sentence.empty()) {
                return found;
            }
        }
    }
    return {};
}

} // namespace

cause wait_in_vain(const history& all, bool ended)
{
    return first_of_waits(all, &one_wait::in_vain, ended);
}

cause not_looked_again(const history& all)
{
    return first_of_waits(all, &one_wait::not_looked_again);
}

} // namespace explorer
