// A failing schedule in a form for programs: the page that steps through it, for example.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/report/story.hpp"

#include <string>

namespace explorer {

/// One JSON object:
///
///   version   1
///   kind      "data race", "deadlock", ...; text: what is wrong, a sentence or two
///   schedule  the number of the schedule that failed; of: how many were to be tried
///   replay    what WORKBOOK_REPLAY must hold to run it again
///   cause     why, in a sentence, if that is known; advice: what mends that, likewise
///   threads   how many there were
///   steps     what was done, in its order, each with
///     thread    its number; as: the greenlet in it, if it is one's step
///     does      in words; op: "lock", "unlock", "wait", "write", ...
///     object    its name, if it is about one; sort: "mutex", "atomic", ... or "memory"
///     value     read or written by a line of ours; old: before it, if it was changed at once.
///               Texts, and only where people can make something of them
///     other     the thread that was started, joined, detached or woken
///     order     "relaxed", ... of a step on an atomic
///     releases  the mutex that a wait lets go
///     file, line, source: the place, if it is known; file as the debug information has it
///     choices   how many of the schedule's had been made before it
///     tells     true if the report for people has it
///     decisive  true for the step that failed, for the other one of a data race, and for those by
///               which the cause shows
///   waiting   for each thread that had not ended: thread, text, next (what it is about to do) or
///             after (what it did last), for (the thread that it waits for, if that is one),
///             object, file, line, source
///   choices   those of the schedule, for WORKBOOK_REPLAY
///   open      of a schedule that was stopped where the given choices end (WORKBOOK_STOP): the
///   threads
///             that could go on, in the order of the next choice; 32 is the clock
///   values    for each variable that threads share and a failure may be about: who did what last
std::string json_of(const story& told, long planned);

} // namespace explorer
