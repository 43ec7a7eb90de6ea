// Counting mishaps and asking the search for them.
//
// SPDX-License-Identifier: MIT
#include "explore/world/mishaps.hpp"

#include "explore/strategies/dependence.hpp"

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

bool befalls(mishap what)
{
    const auto index = static_cast<int>(what);
    if (book->plan.mishaps[index] == 0) {
        return false;
    }
    const uint64_t key = keys::mishaps + static_cast<uint64_t>(index);
    touch_key(key, touching::reads);
    if (left[index] <= 0 || !choose_rarely()) {
        return false;
    }
    touch_key(key, touching::writes);
    --left[index];
    note_text(true, "%s", in_words[index]);
    return true;
}

} // namespace explorer::runtime
