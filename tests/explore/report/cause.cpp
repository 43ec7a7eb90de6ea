// SPDX-License-Identifier: MIT
#include "explore/report/cause.hpp"

#include "explore/report/history.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace explorer {
namespace {

bool has(const std::string& text, const char* part)
{
    return text.find(part) != std::string::npos;
}

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

std::string part_of(const std::string& name, const char* otherwise)
{
    return name.empty() ? otherwise : name;
}

// ---- data races

class race {
public:
    explicit race(const history& all)
        : all_(all), first_(all.told().book().before), second_(all.told().book().at)
    {}

    cause why() const
    {
        if (first_ == 0 || second_ == 0) {
            return {};
        }
        for (const auto kind : {&race::destroyed, &race::captured, &race::read_after_the_unlock,
                                &race::one_without_the_lock, &race::two_locks,
                                &race::published_relaxed, &race::nothing_held}) {
            if (cause found = (this->*kind)(); !found.sentence.empty()) {
                return found;
            }
        }
        return {};
    }

private:
    std::array<std::pair<int, int>, 2> both_ways() const
    {
        return {{{first_, second_}, {second_, first_}}};
    }

    std::string what() const
    {
        std::string name = all_.name(second_);
        if (name.empty()) {
            name = all_.name(first_);
        }
        return part_of(name, "the same memory");
    }

    std::string does(int number) const
    {
        return all_.writes(all_.at(number)) ? " writes " : " reads ";
    }

    cause destroyed() const
    {
        for (const auto& [user, destroyer] : both_ways()) {
            if (all_.at(destroyer).what == op::deletion) {
                return {all_.thread(destroyer) + " destroys (" + all_.where(destroyer) + ") what " +
                            all_.thread(user) + " uses (" + all_.where(user) +
                            "), and does not wait until " + all_.thread(user) + " is done with it.",
                        "Whoever destroys it must first wait for those who use it: join them.",
                        {first_, second_}};
            }
        }
        return {};
    }

    // A local variable of the thread that started the other one.
    cause captured() const
    {
        for (const auto& [owner, user] : both_ways()) {
            const event& change = all_.at(owner);
            if (change.stack_owner != change.thread + 1 || !all_.writes(change) ||
                change.address != all_.at(user).address || !all_.held(owner).empty() ||
                !all_.held(user).empty()) {
                continue;
            }
            const int start = all_.last(1, owner, [&](const event& one) {
                return one.shown && one.what == op::start && one.thread == change.thread &&
                       one.other == all_.at(user).thread;
            });
            const int again = all_.last(1, owner, [&](const event& one) {
                return all_.writes(one) && one.address == change.address;
            });
            const bool in_a_loop = again != 0 && has(all_.text(owner), "for (");
            if (start == 0) {
                continue;
            }
            return {all_.thread(user) + " uses " + what() + " (" + all_.where(user) +
                        "), a local variable of " + all_.thread(owner) +
                        "'s that it has by reference, and " + all_.thread(owner) +
                        (in_a_loop ? "'s loop has" : " has") + " gone on and changes it (" +
                        all_.where(owner) + ").",
                    in_a_loop || all_.reads(all_.at(user))
                        ? "If each thread is to have the value with which it was started, capture "
                          "it by value: no lock can give it that."
                        : "",
                    {start, first_, second_}};
        }
        return {};
    }

    // The mutex under which the other one's access is made and this one's is not; 0: there is none.
    int only_there(int here, int there) const
    {
        const std::set<int>& mine = all_.held(here);
        for (const int mutex : all_.held(there)) {
            if (!mine.contains(mutex)) {
                return mutex;
            }
        }
        return 0;
    }

    bool share_a_mutex() const
    {
        const std::set<int>& mine = all_.held(first_);
        return std::any_of(mine.begin(), mine.end(),
                           [&](int mutex) { return all_.held(second_).contains(mutex); });
    }

    std::string mutex_name(int mutex) const { return all_.told().objects().of(sort::mutex, mutex); }

    cause read_after_the_unlock() const
    {
        for (const auto& [bare, guarded] : both_ways()) {
            const int mutex = only_there(bare, guarded);
            if (mutex == 0 || !all_.held(bare).empty()) {
                continue;
            }
            const int thread = all_.at(bare).thread;
            const int unlock = all_.last(1, bare, [&](const event& one) {
                return one.shown && one.thread == thread && one.what == op::unlock &&
                       one.object == mutex;
            });
            const int earlier = all_.last(1, unlock, [&](const event& one) {
                return one.thread == thread && one.shown && is_memory(one.what) &&
                       one.address == all_.at(bare).address;
            });
            const int since = all_.first(unlock + 1, bare, [&](const event& one) {
                return one.shown && one.thread == thread && !is_memory(one.what);
            });
            if (unlock == 0 || earlier == 0 || since != 0 || !all_.held(earlier).contains(mutex)) {
                continue;
            }
            const bool writes = all_.writes(all_.at(bare));
            return {all_.thread(bare) + " has unlocked " + mutex_name(mutex) + " and " +
                        (writes ? "writes " : "reads ") + what() + " once more (" +
                        all_.where(bare) + "), which " + all_.thread(guarded) +
                        (all_.writes(all_.at(guarded)) ? " writes" : " reads") +
                        " under that lock (" + all_.where(guarded) + ").",
                    writes ? "Write it before the unlock."
                           : "Copy the value while the lock is held, and use the copy afterwards.",
                    {unlock, first_, second_}};
        }
        return {};
    }

    cause one_without_the_lock() const
    {
        for (const auto& [bare, guarded] : both_ways()) {
            const int mutex = only_there(bare, guarded);
            if (mutex != 0 && all_.held(bare).empty()) {
                return {all_.thread(bare) + does(bare) + what() + " (" + all_.where(bare) +
                            ") without " + mutex_name(mutex) + ", under which " +
                            all_.thread(guarded) +
                            does(guarded).substr(0, does(guarded).size() - 1) + " it (" +
                            all_.where(guarded) + ").",
                        "Lock " + mutex_name(mutex) + " for both.",
                        {all_.taken(guarded, mutex), first_, second_}};
            }
        }
        return {};
    }

    cause two_locks() const
    {
        if (all_.held(first_).empty() || all_.held(second_).empty() || share_a_mutex()) {
            return {};
        }
        const int one = *all_.held(first_).begin();
        const int other = *all_.held(second_).begin();
        return {all_.thread(first_) + " holds " + mutex_name(one) + " and " + all_.thread(second_) +
                    " holds " + mutex_name(other) +
                    ": these are two mutexes, and neither keeps the other thread out.",
                "Both must lock the same mutex: one that belongs to the data, not to the thread.",
                {all_.taken(first_, one), all_.taken(second_, other), first_, second_}};
    }

    // An atomic between the two says that it is done, and orders nothing.
    cause published_relaxed() const
    {
        const event& early = all_.at(first_);
        const event& late = all_.at(second_);
        const int look = all_.last(first_, second_, [&](const event& one) {
            return one.shown && one.thread == late.thread && one.memory_order != 0 &&
                   (one.what == op::load || one.what == op::exchange);
        });
        const int set = all_.last(first_, look, [&](const event& one) {
            return one.thread == early.thread && one.memory_order != 0 && all_.writes(one) &&
                   one.address == all_.at(look).address && one.value == all_.at(look).value;
        });
        if (look == 0 || set == 0) {
            return {};
        }
        const bool releases = orders(all_.at(set), true);
        const bool acquires = orders(all_.at(look), false);
        if (releases && acquires) {
            return {};
        }
        return {all_.thread(first_) + " sets " + all_.name(set) + " (" + all_.where(set) +
                    ") and " + all_.thread(second_) + " sees it (" + all_.where(look) +
                    "), but with " +
                    order_name((!releases ? all_.at(set) : all_.at(look)).memory_order) +
                    " that says nothing of what " + all_.thread(first_) + " wrote before.",
                releases   ? "Read it with std::memory_order_acquire, or leave the order out."
                : acquires ? "Set it with std::memory_order_release, or leave the order out."
                           : "Set it with std::memory_order_release and read it with "
                             "std::memory_order_acquire, or leave both out.",
                {first_, set, look, second_}};
    }

    static bool orders(const event& one, bool release)
    {
        const int order = one.memory_order - 1;
        return order == __ATOMIC_SEQ_CST || order == __ATOMIC_ACQ_REL ||
               order == (release ? __ATOMIC_RELEASE : __ATOMIC_ACQUIRE);
    }

    cause nothing_held() const
    {
        if (!all_.held(first_).empty() || !all_.held(second_).empty()) {
            return {};
        }
        const bool one_word =
            !all_.in_library(first_) && !all_.in_library(second_) && all_.at(first_).size <= 8;
        return {"Neither " + all_.thread(first_) + " nor " + all_.thread(second_) +
                    " holds a lock when it uses " + what() +
                    ", and nothing makes one wait for the other.",
                one_word ? "Guard both accesses with one mutex, make the variable atomic, or give "
                           "each thread one of its own."
                         : "Guard both accesses with one mutex, or give each thread an object of "
                           "its own.",
                {first_, second_}};
    }

    const history& all_;
    const int first_;
    const int second_;
};

// What follows compares steps with steps: of a very long schedule that would take too long, and
// what one understands of it is little.
constexpr int most_steps_compared = 2500;
constexpr int most_waits_compared = 30; // the last ones

// ---- waits

// By which somebody asks this thread to stop, in [from, to): it changes what the thread looks at to
// learn of that. 0: nobody does.
int stop_request(const history& all, int thread, int from, int to)
{
    for (int i = from; i < to; ++i) {
        const event& one = all.at(i);
        if (one.thread == thread || !all.writes(one) || !has(all.text(i), "request_stop(")) {
            continue;
        }
        const int look = all.last(1, from, [&](const event& other) {
            return other.thread == thread && other.shown && is_memory(other.what) &&
                   other.address == one.address;
        });
        if (look != 0 && has(all.text(look), "stop")) {
            return i;
        }
    }
    return 0;
}

// One wait, with what came before and after it.
class waiting {
public:
    waiting(const history& all, int wait) : all_(all), wait_(wait), thread_(all.at(wait).thread)
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
        for (const auto kind : {&waiting::looked_then_slept, &waiting::without_a_look,
                                &waiting::notified_before_the_change, &waiting::only_one_woken,
                                &waiting::unheard, &waiting::nobody_notified}) {
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
        const bool by_itself = all_.last(wait_, end_, [&](const event& one) {
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
        const bool stop = has(all_.text(changed), "request_stop(");
        const std::string begin =
            who() + " looked " + (stop ? "whether it is to stop" : "at " + thing(look)) + " (" +
            all_.where(look) + "); then " + all_.thread(notified) +
            (stop ? " asked it to (" : " changed it (") + all_.where(changed) + ") and notified " +
            condition() + " (" + all_.where(notified) + "); only then did " + who() +
            " begin to wait (" + all_.where(wait_) + "), and that notification is lost.";
        return {begin,
                stop ? "Hold the mutex from the look to the wait, and let whoever notifies lock it "
                       "in between; or wait with the stop token, which sees to that."
                     : "Hold one mutex from the look to the wait, and change under that mutex what "
                       "is looked at.",
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
        return {"notify_one (" + all_.where(notified) + ") woke " + all_.thread(woken) +
                    " alone; " + who() + " waits on, too (" + all_.where(wait_) + ").",
                "If both have to go on, notify_all(); if the one that was woken leaves without "
                "having used it, it must notify again.",
                {wait_, changed, notified, woken}};
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

    cause nobody_notified() const
    {
        const int changed = change(wait_, until());
        const int notified =
            all_.first(wait_, until(), [&](const event& one) { return is_notified(one); });
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

cause first_of_waits(const history& all, cause (waiting::*kind)() const, bool ended = false)
{
    int left = all.end() <= most_steps_compared ? most_waits_compared : 0;
    for (int i = all.end() - 1; i > 0 && left > 0; --i) {
        left -= is_wait(all.at(i));
        const int thread = all.at(i).thread;
        if (is_wait(all.at(i)) && (!ended || all.first(i + 1, all.end(), [&](const event& one) {
                return one.thread == thread && is_end_of_wait(one);
            }) != 0)) {
            if (cause found = (waiting(all, i).*kind)(); !found.sentence.empty()) {
                return found;
            }
        }
    }
    return {};
}

// A sleep during which the thread was asked to stop.
cause slept_through(const history& all)
{
    for (int i = all.end() - 1; i > 0; --i) {
        const event& sleep = all.at(i);
        if (!sleep.shown || sleep.what != op::sleep) {
            continue;
        }
        const int next = all.first(i + 1, all.end(), [&](const event& one) {
            return one.thread == sleep.thread && one.shown;
        });
        if (const int asked = stop_request(all, sleep.thread, i + 1, next); asked != 0) {
            return {all.thread(asked) + " asks " + all.thread(i) + " to stop (" + all.where(asked) +
                        ") while it sleeps (" + all.where(i) +
                        "); the sleep does not hear that and lasts to its end.",
                    "Sleep in a wait that can be ended: a std::condition_variable_any's "
                    "wait_for(lock, token, time, predicate).",
                    {i, asked}};
        }
    }
    return {};
}

// ---- deadlocks

class deadlock {
public:
    explicit deadlock(const history& all) : all_(all), book_(all.told().book()) {}

    cause why() const
    {
        if (book_.at != 0) {
            return waits_for_itself();
        }
        for (const auto kind :
             {&deadlock::reversed, &deadlock::holder_waits, &deadlock::waits, &deadlock::joined}) {
            if (cause found = (this->*kind)(); !found.sentence.empty()) {
                return found;
            }
        }
        return {};
    }

private:
    bool waits_for_lock(int thread) const
    {
        const standing& one = book_.thread[thread];
        return (one.waits_in == op::lock || one.waits_in == op::lock_exclusive ||
                one.waits_in == op::lock_shared) &&
               one.held_by >= 0;
    }

    std::string mutex_name(int mutex) const { return all_.told().objects().of(sort::mutex, mutex); }

    // By which event the owner of the mutex has it.
    int lock_by(int owner, int mutex) const
    {
        return all_.last(1, all_.end(), [&](const event& one) {
            return one.shown && one.thread == owner && one.object == mutex &&
                   (one.what == op::lock || one.what == op::lock_exclusive ||
                    one.what == op::lock_shared || one.what == op::try_lock);
        });
    }

    cause waits_for_itself() const
    {
        const event& last = all_.at(book_.at);
        const int before = all_.last(1, book_.at, [&](const event& one) {
            return one.shown && one.thread == last.thread && one.object == last.object &&
                   (one.what == op::lock || one.what == op::lock_exclusive ||
                    one.what == op::lock_shared || one.what == op::try_lock);
        });
        return {all_.thread(book_.at) + " holds " + all_.name(book_.at) + " since " +
                    all_.where(before) + " and locks it once more (" + all_.where(book_.at) + ").",
                "Unlock it before, or let what is called there rely on its caller's lock.",
                {before, book_.at}};
    }

    std::string chain(int thread) const
    {
        const standing& one = book_.thread[thread];
        return thread_name(one.held_by) + " has " + mutex_name(one.object) + " (" +
               all_.where(lock_by(one.held_by, one.object)) + ")";
    }

    // Each has what the next one waits for, round in a circle.
    cause reversed() const
    {
        for (int begin = 0; begin < book_.threads; ++begin) {
            std::vector<int> circle;
            int at = begin;
            while (waits_for_lock(at) &&
                   std::find(circle.begin(), circle.end(), at) == circle.end()) {
                circle.push_back(at);
                at = book_.thread[at].held_by;
            }
            if (circle.size() < 2 || at != begin || !waits_for_lock(at)) {
                continue;
            }
            std::string text;
            std::vector<int> shown;
            for (const int thread : circle) {
                const standing& one = book_.thread[thread];
                text += (text.empty() ? "" : "; ") + chain(thread) + ", which " +
                        thread_name(thread) + " waits for (" + all_.where(one.event) + ")";
                shown.push_back(lock_by(one.held_by, one.object));
                shown.push_back(one.event);
            }
            return {"The locks are taken in different orders: " + text + ".",
                    "Take them in one order everywhere, or both at once with std::scoped_lock.",
                    shown};
        }
        return {};
    }

    // Who has the lock waits for something else, or has ended.
    cause holder_waits() const
    {
        for (int i = 0; i < book_.threads; ++i) {
            if (!waits_for_lock(i)) {
                continue;
            }
            const standing& one = book_.thread[i];
            const standing& holder = book_.thread[one.held_by];
            if (waits_for_lock(one.held_by)) {
                continue;
            }
            const int lock = lock_by(one.held_by, one.object);
            const std::string who = thread_name(one.held_by);
            const std::string begin =
                who + " locked " + mutex_name(one.object) + " (" + all_.where(lock) + ")";
            const std::string end =
                thread_name(i) + " waits for that lock (" + all_.where(one.event) + ").";
            const bool by_hand = has(all_.text(lock), ".lock()");
            if (holder.waits_in == op::ended) {
                return {begin + " and has ended without unlocking it; " + end,
                        by_hand ? "A std::lock_guard unlocks on every way out." : "",
                        {lock, one.event}};
            }
            std::string waits = all_.told().wait_text(holder);
            return {begin + ", has not unlocked it and " + waits + " (" + all_.where(holder.event) +
                        "), while " + end,
                    by_hand ? "Unlock it on every way out, also when an exception leaves: a "
                              "std::lock_guard does."
                            : "Do not wait for others while holding a lock that they need.",
                    {lock, holder.event, one.event}};
        }
        return {};
    }

    cause waits() const { return first_of_waits(all_, &waiting::in_vain); }

    // A join of one who waits for a notification that nobody is left to give.
    cause joined() const
    {
        for (int i = 0; i < book_.threads; ++i) {
            const standing& one = book_.thread[i];
            if (one.waits_in != op::join || one.joins < 0) {
                continue;
            }
            const standing& other = book_.thread[one.joins];
            if (other.waits_in != op::wait || all_.in_tests(one.event)) {
                continue;
            }
            return {thread_name(i) + " waits for the end of " + thread_name(one.joins) + " (" +
                        all_.where(one.event) + "); " + thread_name(one.joins) + " " +
                        all_.told().wait_text(other) + " (" + all_.where(other.event) +
                        "), and nobody tells it to end.",
                    "Before joining tell the thread to end: change what it waits for, and notify.",
                    {other.event, one.event}};
        }
        return {};
    }

    const history& all_;
    const ledger& book_;
};

// ---- wrong results

// Who read, another one wrote, and it writes what it made of the old value.
cause overwritten(const history& all)
{
    for (int late = all.end() - 1; late > 0; --late) {
        const event& last = all.at(late);
        if (!all.writes(last) || last.what == op::exchange || all.in_library(late) ||
            !last.has_value) {
            continue;
        }
        const int read = all.last(1, late, [&](const event& one) {
            return one.shown && one.thread == last.thread && is_memory(one.what) &&
                   one.address == last.address;
        });
        const int between = all.last(read + 1, late, [&](const event& one) {
            return one.thread != last.thread && all.writes(one) && one.address == last.address;
        });
        if (read == 0 || between == 0 || all.writes(all.at(read)) || !all.at(read).has_value) {
            continue;
        }
        const auto step = static_cast<std::int64_t>(last.value - all.at(read).value);
        const bool counts = step == 1 || step == -1;
        const bool claims = all.told().is_thread(last) && all.told().is_thread(all.at(between));
        if ((!counts && !claims) || last.size < 2) { // flags are set and cleared
            continue;
        }
        const std::string name = part_of(all.name(late), "it");
        const bool atomic = last.what == op::store;
        const bool locked = !all.held(late).empty();
        return {all.thread(late) + " read " + name + " (" + all.where(read) + "), then " +
                    all.thread(between) + " wrote it (" + all.where(between) + "), and then " +
                    all.thread(late) + " wrote what it had made of the old value (" +
                    all.where(late) + ").",
                locked   ? "Hold the lock from the reading to the writing."
                : atomic ? "Read and write in one step, with fetch_add() or under one lock."
                         : "Hold one lock from the reading to the writing.",
                {read, between, late}};
    }
    return {};
}

// Who wrote, another one wrote, and it reads the other one's value as if it were its own still.
cause read_again(const history& all)
{
    for (int late = all.end() - 1; late > 0; --late) {
        const event& last = all.at(late);
        if (!all.reads(last) || all.in_library(late) || !last.has_value || last.size < 2 ||
            all.told().is_thread(last)) {
            continue;
        }
        const int between = all.last(1, late, [&](const event& one) {
            return all.writes(one) && one.address == last.address;
        });
        const int own = all.last(1, between, [&](const event& one) {
            return all.writes(one) && one.thread == last.thread && one.address == last.address;
        });
        const int other = all.first(own + 1, late, [&](const event& one) {
            return one.shown && one.thread == last.thread;
        });
        if (own == 0 || other != 0 || all.at(between).thread == last.thread ||
            has(all.text(late), "EXPLORE_REQUIRE")) {
            continue;
        }
        return {all.thread(late) + " wrote " + part_of(all.name(late), "it") + " (" +
                    all.where(own) + "), " + all.thread(between) + " wrote it, too (" +
                    all.where(between) + "), and then " + all.thread(late) + " read it again (" +
                    all.where(late) + ") and got the other thread's value.",
                "Keep your own value in a local variable, and use that.",
                {own, between, late}};
    }
    return {};
}

// A thread that nobody joins is not done when its starter goes on.
cause detached(const history& all)
{
    const ledger& book = all.told().book();
    for (int i = 1; i < all.end(); ++i) {
        const event& one = all.at(i);
        if (one.what == op::detached && book.thread[one.other].waits_in != op::ended) {
            return {thread_name(one.other) + " was detached (" + all.where(i) +
                        "): nobody waits for it, and it has not ended.",
                    "Keep the thread and join it before you go on.",
                    {i, book.at}};
        }
    }
    return {};
}

cause wrong_result(const history& all)
{
    if (all.end() > most_steps_compared) {
        return detached(all);
    }
    for (const auto& found : {detached(all), slept_through(all), overwritten(all), read_again(all),
                              first_of_waits(all, &waiting::in_vain, true),
                              first_of_waits(all, &waiting::not_looked_again)}) {
        if (!found.sentence.empty()) {
            return found;
        }
    }
    return {};
}

// ---- memory that is gone

cause used_after_its_end(const history& all)
{
    const ledger& book = all.told().book();
    if (book.at == 0) {
        return {};
    }
    const char* const advice =
        "Whoever owns it must outlive its users: join the threads that use it first.";
    if (book.before != 0) {
        const bool first_destroys = all.at(book.before).what == op::deletion;
        const int destroyer = first_destroys ? book.before : book.at;
        const int user = first_destroys ? book.at : book.before;
        const bool own = all.at(destroyer).thread == all.at(user).thread;
        return {all.thread(destroyer) + " destroys the object (" + all.where(destroyer) +
                    (first_destroys ? ") before " : "), and nothing says that ") +
                    all.thread(user) + (first_destroys ? " uses it (" : " is done with it (") +
                    all.where(user) + ").",
                own ? "" : advice,
                {book.before, book.at}};
    }
    return {};
}

cause left_alone(const history& all)
{
    const ledger& book = all.told().book();
    const std::string text = book.text;
    if (has(text, "Broken promise") || has(text, "broken promise")) {
        return {"A task was dropped without being run: its result can never come.",
                "Run what is still queued before you end.",
                {book.at}};
    }
    if (has(text, "neither joined")) {
        return {"A std::thread that still runs was destroyed.",
                "Join every thread on every way out, also when an exception leaves; a "
                "std::jthread does.",
                {book.at}};
    }
    if (has(text, "nobody catches") && all.at(book.at).thread != 0) {
        return {"The exception leaves the function that " + all.thread(book.at) +
                    " runs: no other thread can catch it there.",
                "Catch it in the thread, keep it (std::current_exception) and throw it again "
                "where somebody asks for the result.",
                {book.at}};
    }
    return {};
}

cause round_in_circles(const history& all)
{
    for (int last = all.end() - 1; last > 0; --last) {
        if (!all.at(last).shown || all.in_library(last)) {
            continue;
        }
        return {all.thread(last) + " does the same again and again (" + all.where(last) +
                    "), and nothing changes that would end it.",
                "Do not ask again and again: wait on a condition variable that somebody notifies.",
                {}};
    }
    return {};
}

} // namespace

cause cause_of(const story& told)
{
    const history all(told);
    const std::string& kind = told.outcome().kind;
    cause found;
    if (kind == "data race") {
        found = race(all).why();
    } else if (kind == "deadlock") {
        found = deadlock(all).why();
    } else if (kind == "wrong result") {
        found = wrong_result(all);
    } else if (kind == "use after free") {
        found = used_after_its_end(all);
    } else if (kind == "std::terminate") {
        found = left_alone(all);
    } else if (kind == "livelock") {
        found = round_in_circles(all);
    }
    std::erase(found.steps, 0);
    std::sort(found.steps.begin(), found.steps.end());
    return found;
}

} // namespace explorer
