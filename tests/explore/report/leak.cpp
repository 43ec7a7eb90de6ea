// Memory that is left behind.
//
// SPDX-License-Identifier: MIT
#include "explore/report/kinds.hpp"

#include <string>

namespace explorer {

cause cause_of_leak(const history& all)
{
    const ledger& book = all.told().book();
    if (book.at == 0) {
        return {};
    }
    const std::string made = "What " + all.thread(book.at) + " allocates (" + all.where(book.at) +
                             ") is still there when all is over";
    // What lies inside of something often leads to it. Owners that own one another:
    const bool shared = all.in_header(book.at, "shared_ptr.h") ||
                        all.in_header(book.at, "shared_ptr_base.h") ||
                        has(all.text(book.at), "shared_ptr");
    if (shared && has(book.text, "only other lost memory")) {
        return {
            made + ", and only what is as lost as it leads there: objects that hold one another.",
            "Let one of them refer to the other without owning it, by a std::weak_ptr or a plain "
            "pointer.",
            {book.at}};
    }
    return {
        made + ", and no variable leads to it any more: nobody can give it back.",
        "Let an object own it that gives it back on every way out: a std::unique_ptr, a container, "
        "or whoever is the last to use it.",
        {book.at}};
}

} // namespace explorer
