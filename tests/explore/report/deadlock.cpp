// Nobody can go on: who has what others wait for, or who should have woken them.
//
// SPDX-License-Identifier: MIT
#include "explore/report/waiting.hpp"

#include <algorithm>
#include <vector>

namespace explorer {
namespace {

class deadlock {
public:
    explicit deadlock(const history& all) : all_(all), book_(all.told().book()) {}

    cause why() const
    {
        if (book_.at != 0) {
            return waits_for_itself();
        }
        for (const auto kind : {&deadlock::reversed, &deadlock::holder_waits, &deadlock::waits,
                                &deadlock::news_taken, &deadlock::joined}) {
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

    // By which event the owner of the mutex has it.
    int lock_by(int owner, int mutex) const { return all_.taken_by(owner, mutex, all_.end()); }

    cause waits_for_itself() const
    {
        const event& last = all_.at(book_.at);
        const int before = all_.taken_by(last.thread, last.object, book_.at);
        return {all_.thread(book_.at) + " holds " + all_.name(book_.at) + " since " +
                    all_.where(before) + " and locks it once more (" + all_.where(book_.at) + ").",
                "Unlock it before, or let what is called there rely on its caller's lock.",
                {before, book_.at}};
    }

    std::string chain(int thread) const
    {
        const standing& one = book_.thread[thread];
        return thread_name(one.held_by) + " has " + all_.mutex_name(one.object) + " (" +
               all_.told().where_called(lock_by(one.held_by, one.object)) + ")";
    }

    // Whether the function in which the thread waits for a lock is the one that took the other.
    bool takes_both_in_one_function(int thread, int first) const
    {
        std::vector<place> one = all_.told().way_to(first);
        std::vector<place> other = all_.told().way_to(book_.thread[thread].event);
        const auto same_line = [](const place& left, const place& right) {
            return short_name(left) == short_name(right);
        };
        return !one.empty() && !other.empty() &&
               std::equal(one.begin() + 1, one.end(), other.begin() + 1, other.end(), same_line);
    }

    // Of a thread that took one lock in a function and waits for the other in one that it calls.
    std::string unlock_before_the_call(int thread, int taken) const
    {
        const std::vector<place> inner = all_.told().calls_of(book_.thread[thread].event);
        if (inner.empty() || inner.size() != all_.told().calls_of(taken).size() + 1) {
            return {};
        }
        return "; or let " + thread_name(thread) + " unlock " + all_.name(taken) +
               " (a guard does at the end of its block) before it calls what locks the other (" +
               short_name(inner.front()) + ")";
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
            bool at_once = true;
            std::string before; // what one of them could do before it calls
            for (const int thread : circle) {
                const standing& one = book_.thread[thread];
                text += (text.empty() ? "" : "; ") + chain(thread) + ", which " +
                        thread_name(thread) + " waits for (" + all_.told().where_called(one.event) +
                        ")";
                const int taken = lock_by(one.held_by, one.object);
                at_once = at_once && takes_both_in_one_function(one.held_by, taken);
                if (before.empty()) {
                    before = unlock_before_the_call(one.held_by, taken);
                }
                shown.push_back(taken);
                shown.push_back(one.event);
            }
            return {"The locks are taken in different orders: " + text + ".",
                    "Take them in one order everywhere" +
                        (at_once ? ", or both at once with one std::scoped_lock" : before) + ".",
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
                who + " locked " + all_.mutex_name(one.object) + " (" + all_.where(lock) + ")";
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

    cause waits() const { return wait_in_vain(all_); }

    // A join of one who waits for a notification that nobody is left to give.
    cause joined() const
    {
        for (int i = 0; i < book_.threads; ++i) {
            const standing& one = book_.thread[i];
            if (one.waits_in != op::join || one.joins < 0) {
                continue;
            }
            const standing& other = book_.thread[one.joins];
            if (other.waits_in == op::io && !all_.in_tests(one.event)) {
                return in_the_system(i, one.joins);
            }
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

    // Who waits for a byte that says that there is news has looked, then taken the byte of what
    // came after the look, and has not looked again.
    cause news_taken() const
    {
        for (int i = 0; i < book_.threads; ++i) {
            const bool waits = book_.thread[i].waits_in == op::io;
            const int taken = !waits ? 0 : all_.last(1, all_.end(), [&](const event& one) {
                return one.thread == i && is_call(one, "read(") && !has(one.text, "EAGAIN");
            });
            if (taken == 0) {
                continue;
            }
            const int sent = all_.last(1, taken, [&](const event& one) {
                return one.thread != i && is_call(one, "write(");
            });
            for (int changed = sent - 1; changed > 0; --changed) {
                const event& news = all_.at(changed);
                const auto is_look = [&](const event& one) {
                    return one.thread == i && one.address == news.address && all_.reads(one);
                };
                if (news.thread != all_.at(sent).thread || !all_.writes(news) ||
                    all_.name(changed).empty()) {
                    continue;
                }
                const int look = all_.last(1, changed, is_look);
                if (look != 0 && all_.first(changed, all_.end(), is_look) == 0) {
                    return overlooked(look, changed, sent, taken, book_.thread[i].event);
                }
            }
        }
        return {};
    }

    cause overlooked(int look, int changed, int sent, int taken, int wait) const
    {
        const std::string who = all_.thread(look);
        return {who + " looked at " + all_.name(look) + " (" + all_.where(look) + "); then " +
                    all_.thread(changed) + " changed it (" + all_.where(changed) + ") and sent " +
                    who + " a byte (" + all_.where(sent) + "); " + who + " takes that byte (" +
                    all_.where(taken) + ") and waits (" + all_.where(wait) +
                    ") without looking again.",
                "First take the byte, then look: what changes after the look then leaves a byte "
                "that ends the next wait.",
                {look, changed, sent, taken, wait},
                look};
    }

    // The one that is joined waits for a descriptor: what the joiner changed does not end that.
    cause in_the_system(int joiner, int joined) const
    {
        const standing& one = book_.thread[joiner];
        const standing& other = book_.thread[joined];
        const int changed = all_.last(1, one.event, [&](const event& mine) {
            const int look = all_.last(1, all_.end(), [&](const event& theirs) {
                return theirs.thread == joined && all_.reads(theirs) &&
                       theirs.address == mine.address;
            });
            return mine.thread == joiner && all_.writes(mine) && look != 0;
        });
        const std::string waits = thread_name(joined) + " " + all_.told().wait_text(other) + " (" +
                                  all_.where(other.event) + "), and nothing that " +
                                  thread_name(joiner) + " has done ends that wait.";
        const std::string begin =
            changed == 0 ? std::string()
                         : thread_name(joiner) + " has changed " +
                               part_of(all_.name(changed), "what the other one looks at") + " (" +
                               all_.where(changed) + "). ";
        return {begin + thread_name(joiner) + " waits for the end of " + thread_name(joined) +
                    " (" + all_.where(one.event) + "); " + waits,
                "Before joining end that wait, too: by something that it waits for: a call that is "
                "made to cancel or wake it, or a byte in a pipe or an eventfd.",
                {changed, other.event, one.event}};
    }

    const history& all_;
    const ledger& book_;
};

} // namespace

cause cause_of_deadlock(const history& all)
{
    return deadlock(all).why();
}

} // namespace explorer
