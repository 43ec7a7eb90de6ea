# What the schedule explorer consists of, and how the code that it judges is compiled.
#
# Link order: the test's and the answer's objects first, then these objects, then everything that is
# not instrumented, as archives. The linker keeps the first copy of each inline function; an
# uninstrumented one would hide the accesses inside it. The canary notices when that went wrong.
# Link without -fsanitize=thread, with -latomic and -ldl.
#
# SPDX-License-Identifier: MIT

# Judged code: tests, answers, given code.
set(EXPLORER_COMPILE_OPTIONS -O0 -fsanitize=thread)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND EXPLORER_COMPILE_OPTIONS -Wno-tsan)
else() # clang tells of `n += 1` that n is written, and leaves out that it is read before
    list(APPEND EXPLORER_COMPILE_OPTIONS "SHELL:-mllvm -tsan-instrument-read-before-write=1")
endif()
list(APPEND EXPLORER_COMPILE_OPTIONS -D_GLIBCXX_USE_POSIX_SEMAPHORE=1)
# g++ would write what little these write by itself, and not tell.
foreach(function strcpy stpcpy strncpy strcat strncat sprintf snprintf strdup strndup mempcpy)
    list(APPEND EXPLORER_COMPILE_OPTIONS -fno-builtin-${function})
endforeach()
# asio gives back no memory of handlers and coroutines, but keeps it for the next ones; and what it
# does give back it gives to free(). What uses it too late would go unseen.
list(APPEND EXPLORER_COMPILE_OPTIONS -DASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=0
    -DASIO_DISABLE_STD_ALIGNED_ALLOC)
# It comes before all others: first in a precompiled header, or by -include.
set(EXPLORER_FIRST_HEADER ${CMAKE_CURRENT_LIST_DIR}/library_calls.hpp)

# The runtime: never instrumented.
set(EXPLORER_WORLD # the simulated kernel
    world/connecting.cpp
    world/counters.cpp
    world/descriptors.cpp
    world/epoll.cpp
    world/names.cpp
    world/opening.cpp
    world/options.cpp
    world/readiness.cpp
    world/streams.cpp
    world/tcp.cpp)
set(EXPLORER_TEXTS # what library_calls.hpp renames
    hooks/numbers.cpp
    hooks/printing.cpp
    hooks/texts.cpp)
set(EXPLORER_SOURCES
    engine/contexts.cpp
    engine/lives.cpp
    engine/thread_locals.cpp
    engine/threads.cpp
    hooks/accesses.cpp
    hooks/atomics.cpp
    hooks/condition_variables.cpp
    hooks/containers.cpp
    hooks/futex.cpp
    hooks/heap.cpp
    hooks/kernel.cpp
    hooks/language.cpp
    hooks/mutexes.cpp
    ${EXPLORER_TEXTS}
    hooks/outside.cpp
    hooks/semaphores.cpp
    hooks/shared_mutexes.cpp
    hooks/streams.cpp
    hooks/threads.cpp
    hooks/time.cpp
    memory/allowed.cpp
    memory/heap.cpp
    memory/leaks.cpp
    memory/lifetimes.cpp
    memory/races.cpp
    memory/shadow.cpp
    memory/shared_words.cpp
    memory/stores.cpp
    requirement.cpp
    schedule/fairness.cpp
    schedule/objects.cpp
    schedule/record.cpp
    schedule/runnable.cpp
    schedule/scheduler.cpp
    strategies/dependence.cpp
    strategies/depth_first.cpp
    strategies/pairs.cpp
    strategies/pct.cpp
    strategies/pos.cpp
    strategies/random.cpp
    strategies/random_walk.cpp
    strategies/reduced.cpp
    strategies/replay.cpp
    strategies/round_robin.cpp
    strategies/strategies.cpp
    ${EXPLORER_WORLD}
    world/hooks_descriptors.cpp
    world/hooks_polling.cpp
    world/hooks_sockets.cpp
    world/mishaps.cpp
    world/order.cpp
    world/processes.cpp
    world/transfer.cpp
    world/waiting.cpp)
set(EXPLORER_RUNTIME_OPTIONS -O2 -U_FORTIFY_SOURCE)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND EXPLORER_RUNTIME_OPTIONS -mcx16)
endif()

# Of the library, compiled like judged code.
set(EXPLORER_LIBRARY streams_of_char.cpp)

# Compiled like judged code: the canary stands for it, and what runs in the parent process may share
# inline functions with it.
set(EXPLORER_CANARY
    canary.cpp
    explore_catch.cpp
    report/cause.cpp
    report/columns.cpp
    report/deadlock.cpp
    report/excerpt.cpp
    report/history.cpp
    report/leak.cpp
    report/lifetime.cpp
    report/livelock.cpp
    report/names.cpp
    report/older_value.cpp
    report/race.cpp
    report/report.cpp
    report/shared_values.cpp
    report/stop_request.cpp
    report/story.cpp
    report/story_json.cpp
    report/unguarded.cpp
    report/votes.cpp
    report/waiting.cpp
    report/wrong_result.cpp
    search/budget.cpp
    search/child.cpp
    search/replay_line.cpp
    search/replaying.cpp
    search/search.cpp
    search/settings.cpp
    search/shortest.cpp)

# What shows places in the source to people, also of cases that are not explored.
set(EXPLORER_PLACES report/page.cpp report/source_places.cpp)

# Instead of all these in builds with a sanitizer, which the explorer excludes.
set(EXPLORER_ABSENT_SOURCES absent.cpp)
