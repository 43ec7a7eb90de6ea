// A condition of the test's does not hold: what the steps show that may have led to it.
//
// SPDX-License-Identifier: MIT
#include "explore/report/waiting.hpp"

#include <cstdint>
#include <string>

namespace explorer {
namespace {

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

// A thread that the answer has started has work left, and who asks for the result has not waited.
cause not_waited_for(const history& all)
{
    const ledger& book = all.told().book();
    for (int i = 1; i < all.end(); ++i) {
        const event& one = all.at(i);
        if (one.what != op::start || !one.shown || all.in_tests(i) ||
            !book.thread[one.other].can_run) {
            continue;
        }
        return {thread_name(one.other) + ", which was started for it (" + all.where(i) +
                    "), has not come to its end when " + all.thread(book.at) + " goes on (" +
                    all.where(book.at) + "): nothing made it wait.",
                "",
                {i, book.at}};
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

} // namespace

cause cause_of_wrong_result(const history& all)
{
    if (all.end() > most_steps_compared) {
        return detached(all);
    }
    for (const auto& found :
         {detached(all), slept_through(all), overwritten(all), read_again(all),
          wait_in_vain(all, true), not_looked_again(all), not_waited_for(all)}) {
        if (!found.sentence.empty()) {
            return found;
        }
    }
    return {};
}

} // namespace explorer
