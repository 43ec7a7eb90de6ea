// SPDX-License-Identifier: MIT
#include "explore/report/waiting.hpp"

namespace explorer {

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

} // namespace explorer
