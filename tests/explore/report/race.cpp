// Two accesses that nothing puts in order: why nothing does.
//
// SPDX-License-Identifier: MIT
#include "explore/report/kinds.hpp"
#include "explore/report/votes.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

namespace explorer {
namespace {

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
        for (const auto kind :
             {&race::destroyed, &race::started_too_early, &race::captured,
              &race::read_after_the_unlock, &race::published_too_early, &race::one_without_the_lock,
              &race::two_locks, &race::published_relaxed, &race::guard_without_a_name,
              &race::unlocked_too_early, &race::packed_flags, &race::nothing_held}) {
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
                        all_.advice_on_end(destroyer),
                        {first_, second_}};
            }
        }
        return {};
    }

    // Whether a constructor's line, or one of its class's, makes a member: no statement of its
    // body.
    static bool makes_a_member(const std::string& text)
    {
        return !declared_in(text).empty() || text.starts_with(": ") ||
               (!text.ends_with(';') && text != "}" && !has(text, " = "));
    }

    // Where the constructor by which the thread was started makes what is written there, if it
    // does; unknown otherwise.
    place made_after(int start, int maker) const
    {
        const std::vector<place> to_maker = all_.told().way_to(maker);
        for (const place& one : all_.told().way_to(start)) {
            for (const place& other : to_maker) {
                if (!one.constructor.empty() && one.constructor == other.constructor &&
                    makes_a_member(one.text) && makes_a_member(other.text)) {
                    return other;
                }
            }
        }
        return {};
    }

    // A constructor starts a thread ahead of members that are made after it.
    cause started_too_early() const
    {
        for (const auto& [maker, user] : both_ways()) {
            const event& made = all_.at(maker);
            const int start = all_.last(1, maker, [&](const event& one) {
                return one.shown && one.what == op::start && one.thread == made.thread &&
                       one.other == all_.at(user).thread;
            });
            const place where = start != 0 ? made_after(start, maker) : place();
            if (!where.known() || !all_.writes(made)) {
                continue;
            }
            return {all_.thread(maker) + " starts " + all_.thread(user) + " in a constructor (" +
                        all_.where(start) + ") and makes other members only afterwards (" +
                        short_name(where) + "); " + all_.thread(user) + " uses one of them (" +
                        all_.where(user) + ").",
                    "Members are made in the order in which the class declares them: declare the "
                    "thread last.",
                    {start, first_, second_}};
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
            const std::string name = what(); // "items_" and "it.items" are parts of an object
            const bool member =
                name.ends_with('_') || name.find_first_of(".>") != std::string::npos;
            if (start == 0 || member || all_.file(start) != all_.file(user) ||
                all_.same_line(owner, user)) {
                continue;
            }
            return {all_.thread(user) + " uses " + what() + " (" + all_.where(user) +
                        "), a local variable of " + all_.thread(owner) +
                        "'s that it has by reference, and " + all_.thread(owner) +
                        (in_a_loop ? "'s loop has" : " has") + " gone on and changes it (" +
                        all_.where(owner) + ").",
                    in_a_loop || all_.reads(all_.at(user))
                        ? "If each thread is to have what it was started with, give it that: "
                          "capture it by value, or, if it cannot be copied, move it into the "
                          "capture. No lock can do that."
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
            return {all_.thread(bare) + " has unlocked " + all_.mutex_name(mutex) + " and " +
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

    // It says under the lock that it is done, and writes the rest after the unlock.
    cause published_too_early() const
    {
        for (const auto& [bare, guarded] : both_ways()) {
            const int mutex = only_there(bare, guarded);
            const int unlock = last_unlock(bare);
            if (mutex == 0 || !all_.held(bare).empty() || !all_.writes(all_.at(bare)) ||
                unlock == 0 || all_.at(unlock).object != mutex) {
                continue;
            }
            const int begin = all_.taken(unlock, mutex);
            int seen = 0;
            const int flag = all_.last(begin, unlock, [&](const event& one) {
                if (one.thread != all_.at(bare).thread || !all_.writes(one) ||
                    all_.in_library(all_.number_of(one)) || one.address == all_.at(bare).address) {
                    return false;
                }
                seen = all_.last(all_.number_of(one), guarded, [&](const event& look) {
                    return look.thread == all_.at(guarded).thread && all_.reads(look) &&
                           look.address == one.address;
                });
                return seen != 0;
            });
            if (flag == 0) {
                continue;
            }
            const std::string said = part_of(all_.name(flag), "what it has written there");
            return {all_.thread(bare) + " writes " + said + " (" + all_.where(flag) +
                        "), unlocks " + all_.mutex_name(mutex) + " and writes " + what() +
                        " only afterwards (" + all_.where(bare) + "); " + all_.thread(guarded) +
                        ", which has read " + said + " (" + all_.where(seen) + ")," +
                        (all_.writes(all_.at(guarded)) ? " writes " : " reads ") + what() +
                        " meanwhile (" + all_.where(guarded) + ").",
                    "Write both in one section under " + all_.mutex_name(mutex) +
                        ": whoever sees the one must see the other, too.",
                    {flag, unlock, seen, first_, second_}};
        }
        return {};
    }

    cause one_without_the_lock() const
    {
        for (const auto& [bare, guarded] : both_ways()) {
            const int mutex = only_there(bare, guarded);
            if (mutex != 0 && all_.held(bare).empty()) {
                return {all_.thread(bare) + does(bare) + what() + " (" + all_.where(bare) +
                            ") without " + all_.mutex_name(mutex) + ", under which " +
                            all_.thread(guarded) +
                            does(guarded).substr(0, does(guarded).size() - 1) + " it (" +
                            all_.where(guarded) + ").",
                        "Lock " + all_.mutex_name(mutex) + " for both.",
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
        return {all_.thread(first_) + " holds " + all_.mutex_name(one) + " and " +
                    all_.thread(second_) + " holds " + all_.mutex_name(other) +
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

    // By which the thread let go of its last lock before it did this; 0: it had none.
    int last_unlock(int number) const
    {
        return all_.last(1, number, [&](const event& one) {
            return one.shown && one.thread == all_.at(number).thread &&
                   (one.what == op::unlock || one.what == op::unlock_shared);
        });
    }

    bool is_bare() const { return all_.held(first_).empty() && all_.held(second_).empty(); }

    cause guard_without_a_name() const
    {
        for (const int number : {second_, first_}) {
            const int unlock = last_unlock(number);
            const int lock = unlock != 0 ? all_.taken(unlock, all_.at(unlock).object) : 0;
            const bool guard = has(all_.text(lock), "_guard") || has(all_.text(lock), "_lock");
            if (!is_bare() || lock == 0 || all_.where(lock) != all_.where(unlock) || !guard ||
                has(all_.text(lock), "unlock")) {
                continue;
            }
            return {all_.thread(number) + " locks " + all_.name(lock) +
                        " and unlocks it again in " + "the same line (" + all_.where(lock) +
                        "), before it" + does(number) + what() + " (" + all_.where(number) +
                        "): a guard without a name lives to the end of its statement.",
                    "Give the guard a name: it then unlocks at the end of the block.",
                    {lock, unlock, first_, second_}};
        }
        return {};
    }

    // Both had the same lock, and no longer have it.
    cause unlocked_too_early() const
    {
        const int one = last_unlock(first_);
        const int other = last_unlock(second_);
        if (!is_bare() || one == 0 || other == 0 || all_.at(one).object != all_.at(other).object ||
            all_.file(one) != all_.file(first_)) {
            return {};
        }
        return {all_.thread(first_) + " unlocks " + all_.name(one) + " (" + all_.where(one) +
                    ") and only then" + does(first_) + what() + " (" + all_.where(first_) +
                    "); so does " + all_.thread(second_) + " (" + all_.where(second_) +
                    "): the lock does not cover it.",
                "Do that while the lock is held.",
                {one, other, first_, second_}};
    }

    cause packed_flags() const
    {
        return is_bare() ? cause_of_packed_flags(all_, first_, second_, what()) : cause{};
    }

    cause nothing_held() const
    {
        return is_bare() ? cause_of_no_guard(all_, first_, second_, what()) : cause{};
    }

    const history& all_;
    const int first_;
    const int second_;
};

} // namespace

cause cause_of_race(const history& all)
{
    return race(all).why();
}

} // namespace explorer
