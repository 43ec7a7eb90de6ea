// Older values: an atomic keeps its last stores, and a load reads any of those that the memory
// model still allows, as the strategy chooses. Likewise a store may come before others in the
// atomic's modification order, and a read-modify-write right after an older store.
//
// The model is that of C++20, in the fragment of C11Tester (Luo and Demsky, "C11Tester: A Race
// Detector for C/C++ Atomics", ASPLOS 2021): what is read was stored in an earlier step, and the
// order S of the seq_cst operations is that of the steps. So there are no values out of thin air,
// and no load buffering either. What must not be read any more follows from happens-before (the
// clocks of races.cpp) by the four rules of coherence, and from S for seq_cst operations and fences
// ([atomics.order]). A step that is chosen first always gives the newest value: sequential
// consistency.
//
// Left out, and always the newest: atomics of more than eight bytes, and those that are accessed
// with several sizes, as std::shared_ptr's counters are.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/runtime.hpp"

namespace explorer::runtime {

inline bool acquires(int order)
{
    return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order >= __ATOMIC_ACQ_REL;
}

inline bool releases(int order)
{
    return order == __ATOMIC_RELEASE || order >= __ATOMIC_ACQ_REL;
}

// How many more times this schedule may take something else than the newest.
extern int older_left;
// Whether stores are kept: as long as it may, or until it is seen that another schedule could.
extern bool keeping_stores;

void begin_stores();

// Some time has passed, as when everybody waited or somebody asked in vain: all that was stored so
// far can be seen by now, and nothing older any more ([atomics.order]: "within a reasonable amount
// of time"). Else an older value would make a time-out, or asking so many times, a false alarm.
void settle_stores();

// The stores of an atomic are known, from now on at the latest. False: it always has the newest.
bool keeps_stores(object& on, const volatile void* address, int size, uint64_t value,
                  bool only_reads);

// It has the newest, and might have had an older one: nobody knows. What is proved of it is so for
// sequential consistency.
inline void note_unkept()
{
    if (book->plan.watches_older && run.thread_count > 1) {
        book->could_be_older = true;
    }
}

struct kept_store;

// Whom this operation reads. Of a read-modify-write, only what it may replace; of a comparison,
// also what is not the value expected, with the other order.
struct reading {
    int order = 0;
    bool updates = false;
    bool compares = false;
    uint64_t expected = 0;
    int order_if_not = 0;
};
kept_store& choose_store(object& on, const reading& how);
uint64_t value_of(const kept_store& one);

// The calling thread has read it.
void end_read(object& on, kept_store& from, int order, int event);

// It writes: after `after` when that is a read-modify-write, else where the strategy chooses.
// Returns whether this is the newest value now, which memory must hold.
bool end_store(object& on, uint64_t value, int order, kept_store* after, int event);

// A seq_cst fence, after its acquiring and before its releasing part.
void note_fence();

} // namespace explorer::runtime
