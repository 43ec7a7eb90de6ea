// The choices of an earlier schedule once more; where they end, always the first.
//
// SPDX-License-Identifier: MIT
#include "explore/runtime.hpp"

namespace explorer::runtime {
namespace {

int position; // in the given choices

void begin()
{
    position = 0;
}

int given(int count, uint64_t)
{
    int choice = position < book->given ? book->replay[position] : 0;
    ++position;
    if (choice >= count) {
        book->diverged = true;
        choice = 0;
    }
    return choice;
}

// The given choices have come to their end: tells who could go on.
[[noreturn]] void stop(const candidates& who)
{
    book->open = who.all;
    for (int i = 0; i < who.all; ++i) {
        book->open_thread[i] = static_cast<uint8_t>(who.thread[i]->id);
    }
    fail("stopped", "the given choices end here");
}

int choose(const candidates& who)
{
    if (book->plan.stop && position >= book->given) {
        stop(who);
    }
    return given(who.all, 0);
}

bool end()
{
    return true; // the plan's limit ends it
}

} // namespace

const strategy replay = {begin, choose, given, nullptr, nullptr, end};

} // namespace explorer::runtime
