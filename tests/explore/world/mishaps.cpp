// Counting mishaps and asking the search for them.
//
// SPDX-License-Identifier: MIT
#include "explore/world/mishaps.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

constexpr const char* in_words[mishap_kinds] = {
    "ONLY ONE BYTE",      "INTERRUPTED",     "CONNECTION BREAKS", "IS REFUSED",
    "NO DESCRIPTOR LEFT", "KILLED",          "NOBODY ANSWERS",    "CONNECTION FALLS SILENT",
    "NO DESCRIPTOR LEFT", "NO ROOM TO FORK",
};
int left[mishap_kinds];

} // namespace

void begin_mishaps()
{
    memcpy(left, book->plan.mishaps, sizeof left);
}

bool any_mishaps()
{
    for (const int allowed : book->plan.mishaps) {
        if (allowed > 0) {
            return true;
        }
    }
    return false;
}

bool befalls(mishap what)
{
    const auto index = static_cast<int>(what);
    if (left[index] <= 0 || !choose_rarely()) {
        return false;
    }
    --left[index];
    note_text(true, "%s", in_words[index]);
    return true;
}

} // namespace explorer::runtime
