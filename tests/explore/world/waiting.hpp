// How the threads of a schedule use the simulated kernel: each call is a step of the scheduler's,
// and one that would block is a wait whose end the kernel's state decides. Time-outs and timers go
// by virtual time.
//
//   waiting.cpp            steps and waits, and what the report says of a call
//   order.cpp              what a call orders, and which calls depend on each other
//   hooks_sockets.cpp      the calls themselves: sockets
//   hooks_descriptors.cpp  read, write, close, pipes, eventfd, timerfd ...
//   hooks_polling.cpp      poll, select and epoll
//   transfer.cpp           sending and receiving, for the first two
//   mishaps.cpp            what goes wrong by itself
//   processes.cpp          threads that are processes
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/world/kernel.hpp"

namespace explorer::runtime {

// What a thread is about to do with a descriptor, until it has done so.
struct pending_call {
    enum class condition : uint8_t { none, receives, sends, accepts, connects, reports, polls };

    const char* name = nullptr; // null: the thread is in no call
    int descriptor = -1;        // -1: those in `list`, or none
    condition waits_for = condition::none;
    bool shapes = false; // makes, ends or connects files, and not only uses them
    world::entrance by = world::entrance::file;
    const iovec* parts = nullptr;
    int count = 0;
    const pollfd* list = nullptr;
    nfds_t listed = 0;
    int64_t deadline = never;
};

// The step before the call; it waits for nothing.
void enter(const pending_call& call);
// The step, and if need be the wait, before the call. 0: it can be made; else what it gives
// instead: -EAGAIN when its time is over, or -EINTR.
world::outcome await(const pending_call& call);

// Ends it: writes down what came of it and hands it to the caller the way libc does.
__attribute__((format(printf, 2, 3))) long leave(world::outcome result, const char* format, ...);
// The same, and silently: as the part of a call that has more to do.
void leave_silently();

[[noreturn]] void refuse_foreign(const char* call, int descriptor);

// The descriptor belongs to this world, or to none; one from outside is an error.
inline void check_ours(const char* call, int descriptor)
{
    if (descriptor >= 0 && !world::is_ours(descriptor)) {
        refuse_foreign(call, descriptor);
    }
}

// ---- order.cpp

void begin_order(); // a schedule begins

// Stands for a file as other objects do for mutexes; 0 is none.
object* file_object(int file);

// The call touches what its descriptors stand for; so do the changes that it made.
void touch_call(const pending_call& call);
// Calls on what is behind the descriptor wait, for so long, or do not: each looks as it begins,
// before its own step.
void touch_way_of_waiting(int descriptor, touching how);
void touch_changes();

// The thread uses the descriptor, opens or closes it. To close one that another thread uses, or the
// other way round, is a failure unless something orders the two: that call waits for ever, or works
// on what gets the same number next.
void use_descriptor(const char* call, int descriptor);
void open_descriptor(world::outcome descriptor);
void close_descriptor(int descriptor);

// What one thread did before it sent comes before what another does after it received.
void publish_to(int file);
void learn_from(int file);

// A call that only asks or changes something.
template <class Call>
long simple_call(const char* name, int descriptor, bool shapes, Call call)
{
    check_ours(name, descriptor);
    enter({.name = name, .descriptor = descriptor, .shapes = shapes});
    const int file = world::file_behind(descriptor);
    learn_from(file);
    const world::outcome result = call();
    publish_to(file);
    return leave(result, "%s(%d)", name, descriptor);
}

// The new deadlines of those who wait for a timer.
void timers_changed();

} // namespace explorer::runtime

// Where a checker wants to know, outside schedules, of each descriptor that is opened.
namespace explorer {
[[gnu::weak]] void opened_outside(int descriptor) noexcept;
}

namespace explorer::runtime {

/// Tells of the descriptor that a call has made, or of two `ends`.
inline int opened(int made, const int* ends) noexcept
{
    if (opened_outside != nullptr && made >= 0) {
        opened_outside(ends != nullptr ? ends[0] : made);
        if (ends != nullptr) {
            opened_outside(ends[1]);
        }
    }
    return made;
}

} // namespace explorer::runtime

// Stands in front of `call`: the real one outside schedules; inside, `modeled`.
#define WORLD_CALL(result, call, parameters, arguments, modeled, ...)                              \
    EXPLORER_REAL(call)                                                                            \
    extern "C" result call parameters __VA_ARGS__                                                  \
    {                                                                                              \
        if (EXPLORER_ACTIVE) {                                                                     \
            return static_cast<result>(modeled);                                                   \
        }                                                                                          \
        return real_##call() arguments;                                                            \
    }

// The same for one that opens a descriptor, or two `ends`; null for one.
#define WORLD_OPENS(call, parameters, arguments, modeled, ends, ...)                               \
    EXPLORER_REAL(call)                                                                            \
    extern "C" int call parameters __VA_ARGS__                                                     \
    {                                                                                              \
        if (EXPLORER_ACTIVE) {                                                                     \
            return static_cast<int>(modeled);                                                      \
        }                                                                                          \
        return explorer::runtime::opened(real_##call() arguments, ends);                           \
    }
