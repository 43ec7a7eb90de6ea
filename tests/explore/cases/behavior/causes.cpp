// What a report names as the cause.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"
#include "explore/cases/behavior/mistakes.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

struct explained {
    const char* what;
    void (*body)();
    const char* kind;
    const char* cause;  // a part of the sentence; null: there must be none
    const char* advice; // likewise
    options chosen{};
};

// One item for one taker, and the mistakes one can make with it.
struct item_for_one {
    std::mutex mutex;
    std::condition_variable ready;
    int items = 0;

    void put()
    {
        change();
        ready.notify_one();
    }

    void change()
    {
        const std::lock_guard lock(mutex);
        ++items;
    }
};

void captured_by_reference()
{
    std::vector<std::thread> all;
    std::atomic<int> sum = 0;
    for (int k = 0; k < 2; ++k) {
        all.emplace_back([&] { sum += k; });
    }
    for (std::thread& one : all) {
        one.join();
    }
}

} // namespace

void looked_and_then_slept()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        const bool nothing = one.items == 0;
        lock.unlock();
        lock.lock();
        if (nothing) {
            one.ready.wait(lock);
        }
    });
    one.put();
    taker.join();
}

namespace {

void waited_without_a_look()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock);
    });
    one.put();
    taker.join();
}

void notified_before_the_change()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock, [&] { return one.items > 0; });
    });
    one.ready.notify_one();
    one.change();
    taker.join();
}

void changed_without_a_notification()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock, [&] { return one.items > 0; });
    });
    one.change();
    taker.join();
}

void woken_one_of_two()
{
    item_for_one one;
    const auto wait = [&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock, [&] { return one.items > 0; });
    };
    std::thread first(wait);
    std::thread second(wait);
    one.put();
    first.join();
    second.join();
}

void woken_without_a_look()
{
    item_for_one one;
    const auto take = [&] {
        std::unique_lock lock(one.mutex);
        if (one.items == 0) {
            one.ready.wait(lock);
        }
        EXPLORE_REQUIRE(one.items > 0);
        --one.items;
    };
    std::thread first(take);
    std::thread second(take);
    one.put();
    one.put();
    first.join();
    second.join();
}

void left_to_itself()
{
    const auto done = std::make_shared<std::atomic<int>>(0);
    std::thread([done] { ++*done; }).detach();
    EXPLORE_REQUIRE(*done == 1);
}

void anothers_value_read()
{
    std::atomic<int> count = 0;
    std::thread other([&] { ++count; });
    const int own = ++count;
    const int told = count;
    EXPLORE_REQUIRE(own == told);
    other.join();
}

void used_after_its_owner_died()
{
    auto owned = std::make_unique<std::atomic<int>>(0);
    std::thread user([number = owned.get()] { ++*number; });
    owned.reset();
    user.join();
}

// What came of it is wrong in itself: no thread is to blame, and no advice would help.
void nobody_to_blame()
{
    std::mutex mutex;
    int count = 0;
    std::thread other([&] {
        const std::lock_guard lock(mutex);
        count += 2;
    });
    other.join();
    EXPLORE_REQUIRE(count == 1);
}

// Both look at a flag before they wait for something else; whoever waits has been notified of
// everything that it waits for.
void other_flags_changed()
{
    std::mutex mutex;
    std::condition_variable ready;
    bool go = false;
    std::thread other([&] {
        std::unique_lock lock(mutex);
        ready.wait(lock, [&] { return go; });
    });
    {
        const std::lock_guard lock(mutex);
        go = true;
        ready.notify_one();
    }
    other.join();
    EXPLORE_REQUIRE(!go);
}

const explained explanations[] = {
    {"captured by reference", captured_by_reference, "data race",
     "T1 uses k (causes.cpp:", "capture it by value"},
    {"looked, then slept", looked_and_then_slept, "deadlock", "that notification is lost",
     "from the look to the wait"},
    {"waited without a look", waited_without_a_look, "deadlock", "does not look first",
     "ready.wait(lock, predicate)"},
    {"notified before the change", notified_before_the_change, "deadlock", "T0 notifies ",
     "First change it, then notify"},
    {"changed without a notification", changed_without_a_notification, "deadlock",
     "ready afterwards", "Notify after each change"},
    {"one of two woken", woken_one_of_two, "deadlock", "alone;", "notify_all()"},
    {"woken without a look", woken_without_a_look, "wrong result", "without looking again",
     "Look again after each waking"},
    {"read after the unlock", read_after_the_unlock, "data race",
     "has unlocked mutex and reads count", "use the copy"},
    {"locked here alone", locked_here_alone, "data race", "without mutex, under which",
     "Lock mutex for both"},
    {"a mutex each", a_mutex_each, "data race", "these are two mutexes", "the same mutex"},
    {"locked in two orders", locked_in_two_orders, "deadlock", "taken in different orders",
     "both at once with one std::scoped_lock"},
    {"joined under the lock", joined_under_the_lock, "deadlock",
     "has not unlocked it and waits for the end of T1", "std::lock_guard"},
    {"published without release", published_without_release, "data race", "memory_order_relaxed",
     "Set it with std::memory_order_release"},
    {"left to itself", left_to_itself, "wrong result", "T1 was detached", "join it"},
    {"a change overwritten", change_overwritten, "wrong result",
     "wrote what it had made of the old value", "in one step"},
    {"another's value read", anothers_value_read, "wrong result", "got the other thread's value",
     "local variable"},
    {"used after its owner died", used_after_its_owner_died, "use after free",
     "T0 destroys the object", "must first wait until those who use it are done"},
    {"a guard without a name", guarded_by_a_guard_without_a_name, "data race",
     "unlocks it again in the same line", "Give the guard a name"},
    {"written after the unlock", written_after_the_unlock, "data race",
     "the lock does not cover it", "while the lock is held"},
    {"looked under another lock", looked_under_another_lock, "wrong result",
     "acted on what it had seen", "under one lock"},
    {"left in the container", left_in_the_container, "wrong result",
     "closed = true (mistakes.cpp:", "only when nothing is left"},
    {"asked again and again", asked_again_and_again, "livelock", "again and again",
     "wait on a condition variable"},
    {"worked again and again", worked_again_and_again, "livelock", "again and again", nullptr},
    {"a member used after its end", used_after_the_member_died, "use after free",
     "only then waits for the end of T1", "in the reverse of their order"},
    {"said to be done too early", said_to_be_done_too_early, "data race", "which has read done",
     "Write both in one section under"},
    {"flags in one word", flags_in_one_word, "data race", "packs the flags", "std::vector<char>"},
    {"thrown out of the case's thread", thrown_out_of_the_cases_thread, "std::terminate",
     "is caught nowhere", nullptr},
    {"deaf while it sleeps", deaf_while_it_sleeps, "wrong result", "does not hear that", "token"},
    {"notified after the unlock", notified_after_the_unlock, "use after free",
     "T0 waited on ended, goes on and destroys it", "before the unlock"},
    {"each thread's own in the same line", sum_of_a_plain_counter, "data race",
     "holds a lock when it uses next,", "make the variable atomic and change it in one step."},
    {"lost on purpose", sum_of_a_plain_counter, "data race", "holds a lock when it uses next,",
     "an atomic, and change nothing else", options{.wanted = "wrong result"}},
    {"handed over", flag_that_is_handed_over, "data race", "holds a lock when it uses news,",
     "with one mutex, or make the variable atomic."},
    {"a scratch variable", scratch_that_is_shared, "data race",
     "holds a lock when it uses scratch,", "or give each thread one of its own."},
    {"a member beside a local", member_beside_a_local, "data race", "holds a lock when it uses n_,",
     "with one mutex"},
    {"started ahead of a member", started_ahead_of_a_member, "data race",
     "T0 starts T1 in a constructor (more_mistakes.cpp:", "declare the thread last"},
    {"started ahead of a default", started_ahead_of_a_default, "data race",
     "T0 starts T1 in a constructor (more_mistakes.cpp:", "declare the thread last"},
    {"started ahead of a later line", started_ahead_of_a_later_line, "data race",
     "T0 starts T1 in a constructor (more_mistakes.cpp:", "declare the thread last"},
    {"notified after the waiter returned", notified_after_the_waiter_returned, "use after free",
     "T0 waited on ended, goes on and destroys it", "before the unlock"},
    {"used after its end in one thread", used_after_its_end_in_one_thread, "use after free",
     ") and uses it afterwards (more_mistakes.cpp:", nullptr},
    {"called after its block", called_after_its_block, "use after free",
     ") and uses it afterwards (more_mistakes.cpp:", "neither `this` nor a reference"},
    {"in given code alone", moved_in_two_threads, "data race", "holds a lock when it uses",
     nullptr},
    {"locked in two functions", locked_in_two_functions, "deadlock",
     ", called at more_mistakes.cpp:", "before it calls what locks the other (more_mistakes.cpp:"},
    {"called back between look and wait", called_back_between_look_and_wait, "deadlock",
     "T1 looked whether it is to stop (more_mistakes.cpp:", "Wait with the stop token:"},
    {"flagged between look and wait", flagged_between_look_and_wait, "deadlock",
     "T1 looked at over (more_mistakes.cpp:", "Wait with the stop token:"},
    {"news overlooked", news_overlooked, "deadlock",
     "T1 looked at news (more_mistakes.cpp:", "First take the byte, then look"},
    {"nobody to blame", nobody_to_blame, "wrong result", nullptr, nullptr},
    {"other flags changed", other_flags_changed, "wrong result", nullptr, nullptr},
};

void causes()
{
    std::string misses; // all of them: they are seldom alone
    for (const explained& one : explanations) {
        const result got = search(one.body, one.chosen);
        expect_failure(got, one.kind);
        for (const auto& [word, wanted] :
             {std::pair("Cause: ", one.cause), std::pair("Advice: ", one.advice)}) {
            const std::string told = told_as(got.report, word);
            const bool as_it_should =
                wanted == nullptr ? told.empty() : told.find(wanted) != std::string::npos;
            if (!as_it_should) {
                misses += std::string(one.what) + ": '" + told + "' in\n" + got.report + "\n";
            }
        }
    }
    const std::string gap = search(looked_and_then_slept).report;
    expect(gap.find("-- the gap: T1 has looked") != std::string::npos,
           "the gap is unmarked:\n" + gap);
    const with_environment all_steps("WORKBOOK_STEPS", "all");
    const std::string inner = search(cancelled_between_look_and_wait).report;
    expect(inner.find("lock mutex in changed") != std::string::npos &&
               inner.find("mutex A") == std::string::npos,
           "a condition_variable_any's own mutex has no name:\n" + inner);
    expect(misses.empty(), misses);
}

} // namespace

std::vector<check> checks_of_causes()
{
    return {
        {"causes", causes},
    };
}

} // namespace cases
