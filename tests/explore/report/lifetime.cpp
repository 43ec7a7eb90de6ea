// What is used after its end, and what ends the program.
//
// SPDX-License-Identifier: MIT
#include "explore/report/kinds.hpp"

#include <algorithm>
#include <string>

namespace explorer {

namespace {

// Of a descriptor: it is closed while somebody uses it, perhaps because it was closed twice.
cause closed_too_early(const history& all)
{
    const ledger& book = all.told().book();
    const bool first_closes = book.before != 0 && is_call(all.at(book.before), "close(");
    const int closes = first_closes ? book.before : book.at;
    const int uses = first_closes ? book.at : book.before;
    if (uses == 0) {
        return {};
    }
    const std::string call = all.at(closes).text;
    int before = closes; // another one of the same number
    while (before > 0 && (all.at(before).what != op::io || call != all.at(before).text ||
                          all.where(before) == all.where(closes))) {
        --before;
    }
    if (before > 0) {
        return {all.thread(closes) + " closes the descriptor twice (" + all.where(before) +
                    ", and again " + all.where(closes) +
                    "): by then its number belongs to another one, which " + all.thread(uses) +
                    " uses (" + all.where(uses) + ").",
                "Close it once, and only through the object that owns it.",
                {before, uses, closes}};
    }
    return {all.thread(closes) + " closes the descriptor (" + all.where(closes) + ") that " +
                all.thread(uses) + " uses (" + all.where(uses) +
                "), and neither waits for the other: the number may already be somebody else's.",
            "Close it when nobody uses it any more: in the thread that uses it, or after joining "
            "that. What is to end its wait must do so without closing it.",
            {uses, closes}};
}

// Somebody reads to a connection's end until his time is over: who sent there has not closed it.
cause never_closed(const history& all)
{
    const int raised = all.told().book().at;
    const int thread = all.at(raised).thread;
    const int waited = all.last(
        1, raised, [&](const event& one) { return one.thread == thread && one.what == op::io; });
    const int sent = all.last(1, waited, [&](const event& one) {
        return one.thread != thread && one.shown && is_call(one, "send");
    });
    const int closed = all.first(sent + 1, raised, [&](const event& one) {
        return one.thread == all.at(sent).thread &&
               (is_call(one, "close") || is_call(one, "shutdown"));
    });
    if (waited == 0 || sent == 0 || closed != 0) {
        return {};
    }
    return {all.thread(sent) + " has sent its reply (" + all.where(sent) +
                ") and does not close that connection afterwards: " + all.thread(waited) +
                ", which reads to its end, waits (" + all.where(waited) +
                ") until its time is over.",
            "Close the connection as soon as the reply is sent, in the thread that sent it.",
            {sent, waited, raised}};
}

// A condition that is notified after the unlock; who waits may have seen the change without that.
std::string advice_on_notifying(const history& all, int user, int destroyer)
{
    const op what = all.at(user).what;
    const int waited = all.last(1, all.end(), [&](const event& one) {
        return one.thread == all.at(destroyer).thread && one.what == op::wait &&
               one.address == all.at(user).address;
    });
    const bool notifies = what == op::notify_one || what == op::notify_all;
    return notifies && waited != 0 && all.held(user).empty()
               ? "Notify while you hold the mutex, before the unlock: who waits can then go on "
                 "only when the notifying is over."
               : "";
}

// By a handler, say: of an object of the test's, or written in the block at whose end the object
// went.
bool is_called_later(const history& all, int destroyer, int user)
{
    const place end = all.told().place_of(destroyer);
    const place use = all.told().place_of(user);
    return (all.in_tests(destroyer) && !all.in_tests(user)) ||
           (end.text == "}" && use.file == end.file && use.line < end.line);
}

} // namespace

cause cause_of_use_after_end(const history& all)
{
    const ledger& book = all.told().book();
    if (book.at == 0) {
        return {};
    }
    if (all.at(book.at).what == op::io) {
        return closed_too_early(all);
    }
    if (book.before != 0) {
        const bool first_destroys = all.at(book.before).what == op::deletion;
        const int destroyer = first_destroys ? book.before : book.at;
        const int user = first_destroys ? book.at : book.before;
        const bool own = all.at(destroyer).thread == all.at(user).thread;
        const int joins = all.first(destroyer + 1, all.end(), [&](const event& one) {
            return one.thread == all.at(destroyer).thread && one.what == op::blocked &&
                   one.object == 0 && one.other == all.at(user).thread;
        });
        if (const std::string advice = advice_on_notifying(all, user, destroyer); !advice.empty()) {
            return {all.thread(destroyer) + " waited on " + all.name(user) +
                        ", goes on and destroys it (" + all.where(destroyer) +
                        "), perhaps before " + all.thread(user) +
                        ", which has changed what it waited for, has notified it (" +
                        all.where(user) + ").",
                    advice,
                    {book.before, book.at}};
        }
        const std::string too_late = joins != 0 ? " and only then waits for the end of " +
                                                      all.thread(user) + " (" + all.where(joins) +
                                                      "), which still uses it ("
                                                : std::string();
        const std::string otherwise = (first_destroys ? " before " : ", and nothing says that ") +
                                      all.thread(user) +
                                      (first_destroys ? " uses it (" : " is done with it (");
        return {
            all.thread(destroyer) + " destroys the object (" + all.where(destroyer) + ")" +
                (own && first_destroys ? " and uses it afterwards ("
                 : joins != 0          ? too_late
                                       : otherwise) +
                all.where(user) + ").",
            own && is_called_later(all, destroyer, user)
                ? "What is called later, such as a handler, may find its object gone: make what it "
                  "needs with std::make_shared and capture a copy of that std::shared_ptr, neither "
                  "`this` nor a reference."
            : own ? ""
                  : all.advice_on_end(destroyer),
            {book.before, joins, book.at}};
    }
    return {};
}

cause cause_of_terminate(const history& all)
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
    if (has(text, "timed out")) {
        if (cause found = never_closed(all); !found.sentence.empty()) {
            return found;
        }
    }
    if (has(text, "nobody catches") && all.at(book.at).thread != 0) {
        const int started = all.first(1, book.at, [&](const event& one) {
            return one.what == op::start && one.other == all.at(book.at).thread;
        });
        const place caller = all.told().caller_of(book.at);
        const std::string where = caller.known() ? short_name(caller) : all.where(book.at);
        return {"The exception (" + where + ") is caught nowhere on its way out of the function " +
                    "that " + all.thread(book.at) + " runs: no other thread can catch it.",
                // Who gets a thread from others knows nobody who would ask it for a result.
                all.in_tests(started) ? ""
                                      : "Catch it in the thread, keep it (std::current_exception) "
                                        "and throw it again where somebody asks for the result.",
                {book.at}};
    }
    return {};
}

} // namespace explorer
