// Who goes on? A strategy decides, one for a whole execution; each has its file. strategies.cpp
// knows which one has its turn and writes down what it chose, for the replay.
//
//   reduced.cpp      one execution of each kind that differs: a proof, if it comes to its end
//   depth_first.cpp  every schedule within the preemption bound
//   random_walk.cpp  anybody, at each step
//   pct.cpp          random priorities that change now and then
//   pos.cpp          random priorities of steps, drawn again for those that compete
//   round_robin.cpp  each in turn, for so many steps
//   replay.cpp       the given choices
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/schedule/execution.hpp"

namespace explorer::runtime {

struct candidates {
    thread_state* const* thread; // [0] is the current one if it can go on
    int regular;                 // from here on stand those that only a spurious wakeup or ...
    int all;                     // ... an early time-out lets run
    bool current_can;            // else it waits, yields or has ended
    bool plain;                  // the current one's step is a plain access
};
// When nobody can go on, the_clock is the only regular candidate: then time moves on.

struct strategy {
    void (*begin)();
    // Which of the candidates, of whom there are several; an index.
    int (*choose_thread)(const candidates& who);
    // Any other choice; of a random strategy each but the first has a chance of one in `odds`.
    int (*choose_one_of)(int count, uint64_t odds);
    // The thread comes to a step; it yields. Null: that is nothing to this strategy.
    void (*before_step)(thread_state& current);
    void (*after_yield)(thread_state& current);
    // False: there is nothing left to try.
    bool (*end)();
};
extern const strategy reduced, depth_first, random_walk, pct, pos, round_robin, replay;

// ---- for the scheduler

void begin_strategy();
bool end_strategy();
int choose_thread(const candidates& who);
void before_step(thread_state& current);
void after_yield(thread_state& current);

// Such as which of several waiters is notified.
int choose_one_of(int count);
// Which of an atomic's stores it is, the newest being the first; `writes`: after which to write.
int choose_older(int count, bool writes);
// Whether something happens that hardly ever does.
bool choose_rarely();

// A new thread's priority, for those strategies that give some.
uint64_t starting_priority();

// ---- reduced.cpp, for whoever knows what it does not

// Counts the kind of the execution that ended, unless it was there before.
void count_trace();
// Something happened that matters and that no step touches: a reduced search is no proof.
void note_outside_relation(obstacle what);

} // namespace explorer::runtime
