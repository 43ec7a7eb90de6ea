// A condition of the test's does not hold: what the steps show that may have led to it.
//
// SPDX-License-Identifier: MIT
#include "explore/report/waiting.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <set>
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

// A count that has not come as far as it should: a thread of the answer's has work left, and who
// asks for the result has not waited.
cause not_waited_for(const history& all)
{
    const ledger& book = all.told().book();
    if (!has(book.text, "does not hold: ")) {
        return {};
    }
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

// Who looked under the lock, let go of it, and later takes for granted what he saw.
cause looked_under_another_lock(const history& all)
{
    for (int late = all.end() - 1; late > 0; --late) {
        const event& last = all.at(late);
        if (!last.shown || !is_memory(last.what) || all.held(late).empty() ||
            all.name(late).empty()) {
            continue;
        }
        const int mutex = *all.held(late).begin();
        const int begin = all.taken(late, mutex);
        const std::string name = all.name(late);
        int look = begin - 1;
        while (look > 0 && (all.at(look).thread != last.thread || !all.reads(all.at(look)) ||
                            !all.held(look).contains(mutex) || all.name(look) != name)) {
            --look;
        }
        const int again = all.first(begin, late + 1, [&](const event& one) {
            return one.thread == last.thread && all.same_line(all.number_of(one), look);
        });
        const int changed = all.last(look + 1, begin, [&](const event& one) {
            return one.thread != last.thread && all.writes(one) &&
                   all.told().objects().of(one) == name;
        });
        const bool asks = has(all.text(look), "empty(") || has(all.text(look), "size(");
        if (look <= 0 || again != 0 || changed == 0 || !asks) {
            late = begin; // of this section there is no more to ask
            continue;
        }
        const int unlock = all.first(look, begin, [&](const event& one) {
            return one.thread == last.thread && one.what == op::unlock && one.object == mutex;
        });
        return {all.thread(late) + " looked at " + name + " (" + all.where(look) +
                    ") and let go of the lock; then " + all.thread(changed) + " changed it (" +
                    all.where(changed) + "), and then " + all.thread(late) +
                    " acted on what it had seen (" + all.where(late) + ").",
                "Look and act under one lock, without letting go of it in between.",
                {look, unlock, changed, begin, late}};
    }
    return {};
}

// What was put into a container stays there, though the workers have ended; or it was taken out
// again by the one who put it in.
cause never_taken(const history& all)
{
    const int put = all.last(1, all.end(), [&](const event& one) {
        const int number = all.number_of(one);
        return all.writes(one) && all.in_library(number) && !all.held(number).empty() &&
               (has(all.text(number), "push") || has(all.text(number), "emplace"));
    });
    if (put == 0) {
        return {};
    }
    const std::string name = all.name(put);
    const int taken = all.first(put + 1, all.end(), [&](const event& one) {
        const std::string& text = all.text(all.number_of(one));
        return all.writes(one) && all.told().objects().of(one) == name &&
               (has(text, "pop") || has(text, "erase") || has(text, "clear"));
    });
    const int ended = all.last(put, all.end(), [&](const event& one) {
        return one.what == op::ended && one.thread != all.at(put).thread;
    });
    const int left = all.last(put, ended, [&](const event& one) {
        return one.thread == all.at(ended).thread && one.what == op::lock;
    });
    if (left == 0 || (taken != 0 && all.at(taken).thread != all.at(put).thread)) {
        return {};
    }
    const int look = all.last(left, ended, [&](const event& one) {
        return one.thread == all.at(ended).thread && all.reads(one) && one.has_value &&
               !all.in_library(all.number_of(one)) && !all.told().objects().of(one).empty();
    });
    if (taken != 0) {
        return {"What " + all.thread(put) + " put into " + name + " (" + all.where(put) + ") " +
                    all.thread(taken) + " takes out again (" + all.where(taken) +
                    "); the other threads never get it.",
                "",
                {put, taken, ended}};
    }
    const std::string seen = look != 0 ? ", finds " + all.name(look) + " = " +
                                             all.told().value_of(all.at(look)) + " (" +
                                             all.where(look) + ")"
                                       : std::string();
    return {"What " + all.thread(put) + " put into " + name + " (" + all.where(put) +
                ") nobody takes out any more: " + all.thread(ended) + " looks a last time (" +
                all.where(left) + ")" + seen + " and ends, although it is there.",
            "Let a thread end only when nothing is left to be done.",
            {put, left, look, ended}};
}

// "send(503) 8 ..." and "shutdown(503, out)" are calls on 503.
bool is_call_on(const event& one, const std::string& number,
                std::initializer_list<const char*> calls)
{
    const std::string text = one.what == op::io ? one.text : "";
    const auto open = text.find('(');
    return open != std::string::npos &&
           (text.compare(open, number.size() + 2, "(" + number + ")") == 0 ||
            text.compare(open, number.size() + 2, "(" + number + ",") == 0) &&
           std::any_of(calls.begin(), calls.end(),
                       [&](const char* call) { return is_call(one, call); });
}

// Somebody read a connection's end and no reply: who accepted him has closed it and sent nothing.
cause closed_without_a_reply(const history& all)
{
    const int failed = all.told().book().at;
    const int read = all.last(1, failed, [&](const event& one) {
        return one.thread == all.at(failed).thread && is_call(one, "recv");
    });
    if (read == 0 || !has(all.at(read).text, "the end")) {
        return {};
    }
    for (int accepted = read - 1; accepted > 0; --accepted) {
        const event& one = all.at(accepted);
        const std::string text = one.text;
        const auto number = text.find(" = ");
        if (!is_call(one, "accept") || number == std::string::npos || all.in_tests(accepted)) {
            continue;
        }
        const std::string its = text.substr(number + 3);
        const int closed = all.first(accepted, failed, [&](const event& other) {
            return is_call_on(other, its, {"close", "shutdown"});
        });
        const int sent = all.first(accepted, closed, [&](const event& other) {
            return is_call_on(other, its, {"send", "write"});
        });
        if (closed == 0 || sent != 0) {
            continue;
        }
        const int look = all.last(accepted, closed, [&](const event& other) {
            const int at = all.number_of(other);
            return other.thread == all.at(closed).thread && all.reads(other) &&
                   !all.in_library(at) && !all.name(at).empty() &&
                   all.told().has_telling_value(other);
        });
        const std::string by = all.at(closed).thread == all.at(accepted).thread
                                   ? std::string()
                                   : all.thread(closed) + " ";
        const std::string saw = look == 0 ? std::string()
                                          : ", " + by + "reads " + all.name(look) + " = " +
                                                all.told().value_of(all.at(look)) + " (" +
                                                all.where(look) + ")";
        return {all.thread(accepted) + " accepts a connection (" + all.where(accepted) + ")" + saw +
                    " and " + (saw.empty() ? by : std::string()) + "closes it (" +
                    all.where(closed) +
                    ") without having sent anything: that client gets no reply.",
                "Send the reply on every way from the accepting to the closing.",
                {accepted, look, closed, failed}};
    }
    return {};
}

cause woken_in_vain(const history& all)
{
    return wait_in_vain(all, true);
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
    for (const auto kind : {detached, closed_without_a_reply, slept_through, overwritten,
                            read_again, looked_under_another_lock, never_taken, woken_in_vain,
                            not_looked_again, not_waited_for}) {
        if (cause found = kind(all); !found.sentence.empty()) {
            return found;
        }
    }
    return {};
}

} // namespace explorer
