// SPDX-License-Identifier: MIT
#include "explore/report/waiting.hpp"

#include <algorithm>

namespace explorer {
namespace {

// In a std::stop_callback, by whoever asks to stop.
bool is_called_back(const history& all, int number)
{
    const std::vector<place> way = all.told().way_to(number);
    return has(all.text(number), "stop_callback") ||
           std::any_of(way.begin() + !way.empty(), way.end(), [](const place& caller) {
               return caller.library == "stop_token" || caller.library == "thread"; // a jthread's
           });
}

} // namespace

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

bool asks_to_stop(const history& all, int look, int changed)
{
    return has(all.text(changed), "request_stop(") || all.in_header(changed, "stop_token") ||
           all.in_header(look, "stop_token"); // the change may stand where a jthread ends
}

std::string advice_on_lost(const history& all, bool stop, int changed, int notified)
{
    // A callback had better lock nothing: where it is made it may be called, too, and there the
    // mutex may be held.
    if (is_called_back(all, changed) || is_called_back(all, notified)) {
        return "Wait with the stop token: a std::condition_variable_any's wait(lock, token, "
               "predicate) ends when it is asked to, however early that is, and returns whether "
               "the "
               "predicate holds.";
    }
    return stop ? "Hold the mutex from the look to the wait, and let whoever notifies lock it in "
                  "between; or wait with the stop token, which sees to that."
                : "Hold one mutex from the look to the wait, and change under that mutex what is "
                  "looked at.";
}

} // namespace explorer
