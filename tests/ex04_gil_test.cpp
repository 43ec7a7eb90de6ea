// Judges ex04_gil. Most cases are explored: their bodies run under thousands of schedules, in
// virtual time, which moves only when no thread can run: a computation takes no real time there.
// Such a body joins its threads at its end.
//
// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/drawn.hpp"

#include "explore/compute.hpp"
#include "explore/explore.hpp"
#include "given/bytecode.hpp"

#include "gil.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using explorer::compute; // keeps the calling thread busy, and with it the GIL if it holds it

/// Runs `f` in another thread, waits for it and throws what it threw.
void elsewhere(const std::function<void()>& f)
{
    std::async(std::launch::async, f).get();
}

/// Whether `f` throws std::logic_error, for explored bodies, where Catch2's macros may not stand.
bool is_misuse(const std::function<void()>& f)
{
    try {
        f();
        return false;
    } catch (const std::logic_error&) {
        return true;
    }
}

/// Whether the calling thread holds the GIL: then, and only then, it can release it.
bool releases(gil& lock)
{
    return !is_misuse([&] { lock.release(); });
}

} // namespace

// --- step 1: one holder ---------------------------------------------------------------------

TEST_CASE("an interval that is not positive is refused with its value", "[ex04][step1]")
{
    for (const int wrong : {0, -support::drawn(7, 2, 10'000)}) {
        std::string message;
        try {
            gil lock{std::chrono::microseconds(wrong)};
        } catch (const std::invalid_argument& refused) {
            message = refused.what();
        }
        CHECK(message.find(std::to_string(wrong)) != std::string::npos);
    }
    const std::chrono::microseconds right{support::drawn(1, 1, 10'000)};
    REQUIRE(gil(right).interval() == right);
}

TEST_CASE("acquire by the thread that holds the GIL throws", "[ex04][step1][explore]")
{
    explore([] {
        gil lock{1ms};
        lock.acquire();
        EXPLORE_REQUIRE(is_misuse([&] { lock.acquire(); }));
        EXPLORE_REQUIRE(releases(lock));
        lock.acquire(); // after a release it is no misuse
        lock.release();
    });
}

TEST_CASE("release by a thread that does not hold the GIL throws", "[ex04][step1]")
{
    gil lock{1ms};
    REQUIRE_THROWS_AS(lock.release(), std::logic_error);

    lock.acquire();
    REQUIRE_THROWS_AS(elsewhere([&] { lock.release(); }), std::logic_error);
    REQUIRE(releases(lock)); // it was not taken away
}

TEST_CASE("one thread holds the GIL at a time", "[ex04][step1][explore]")
{
    explore([] {
        gil lock{1ms};
        std::atomic<int> holders = 0;
        int n = 0; // plain: what one holder writes, the next one must see
        const auto work = [&] {
            lock.acquire();
            EXPLORE_REQUIRE(++holders == 1);
            ++n;
            compute(3ms); // the others lose patience
            --holders;
            lock.release();
        };
        {
            std::jthread second{work};
            std::jthread third{work};
            work();
        }
        EXPLORE_REQUIRE(n == 3);
    });
}

TEST_CASE("a released GIL is taken at once by a thread that waits", "[ex04][step1][explore]")
{
    explore([] {
        gil lock{1h}; // whoever misses the release waits for this long
        clock_type::time_point released;
        lock.acquire();
        std::jthread waits{[&] {
            lock.acquire();
            EXPLORE_REQUIRE(clock_type::now() - released < 1min);
            lock.release();
        }};
        compute(1ms); // long enough for the other thread to wait
        released = clock_type::now();
        lock.release();
    });
}

TEST_CASE("a thread that waits for the GIL is asleep", "[ex04][step1][explore]")
{
    // The holder computes in a hundred parts of two steps each. A thread that looks again and again
    // does so in every one of them.
    const explorer::options few_steps{.max_steps = 350};
    explore(
        [] {
            gil lock{1h};
            std::atomic<int> parts = 0;
            lock.acquire();
            std::jthread waits{[&] {
                lock.acquire();
                lock.release();
            }};
            while (++parts <= 100) {
                compute(10s);
            }
            lock.release();
        },
        few_steps);
}

TEST_CASE("two GILs are two locks", "[ex04][step1]")
{
    gil one{1ms};
    gil other{1ms};
    one.acquire();
    REQUIRE_FALSE(is_misuse([&] { other.acquire(); }));
    REQUIRE(releases(other));
    REQUIRE(releases(one));
}

// --- step 2: the drop request and the forced switch -----------------------------------------

TEST_CASE("a check by a thread that does not hold the GIL throws", "[ex04][step2]")
{
    gil lock{1ms};
    REQUIRE_THROWS_AS(lock.check_interval(), std::logic_error);

    lock.acquire();
    REQUIRE_THROWS_AS(elsewhere([&] { lock.check_interval(); }), std::logic_error);
    REQUIRE(releases(lock));
}

TEST_CASE("a check keeps the GIL while nobody asks for it", "[ex04][step2][explore]")
{
    for (const std::chrono::microseconds interval : {3'600'000'000us, 1'900us}) {
        explore([interval] {
            gil lock{interval};
            bool other_ran = false;
            lock.acquire();
            lock.check_interval(); // nobody even waits
            std::jthread waits{[&] {
                lock.acquire();
                other_ran = true;
                lock.release();
            }};
            compute(interval * 3 / 4);
            lock.check_interval();
            EXPLORE_REQUIRE(!other_ran);
            lock.release();
        });
    }
}

TEST_CASE("a thread that waits is let in at the next check", "[ex04][step2][explore]")
{
    explore([] {
        gil lock{1ms};
        bool other_ran = false;
        lock.acquire();
        std::jthread waits{[&] {
            lock.acquire();
            other_ran = true;
            lock.release();
        }};
        compute(3ms);          // the other thread waits for an interval, and asks
        lock.check_interval(); // lets it in, whoever is quicker to the GIL
        EXPLORE_REQUIRE(other_ran);
        EXPLORE_REQUIRE(releases(lock));
    });
}

TEST_CASE("who gave way goes on once the other is done", "[ex04][step2][explore]")
{
    explore([] {
        gil lock{1h};
        lock.acquire();
        std::jthread waits{[&] {
            lock.acquire();
            compute(10min);
            lock.release();
        }};
        compute(3h);
        const clock_type::time_point before = clock_type::now();
        lock.check_interval();
        EXPLORE_REQUIRE(clock_type::now() - before < 11min);
        lock.release();
    });
}

TEST_CASE("a thread asks in time though the holder has retaken the GIL", "[ex04][step2][explore]")
{
    explore([] {
        gil lock{1s};
        bool other_ran = false;
        lock.acquire();
        std::jthread waits{[&] {
            lock.acquire();
            other_ran = true;
            lock.release();
        }};
        compute(600ms);
        lock.release(); // the other thread wakes up, and may be too late
        lock.acquire();
        compute(600ms);
        lock.check_interval(); // it has waited for an interval, and asked
        EXPLORE_REQUIRE(other_ran);
        lock.release();
    });
}

TEST_CASE("a thread asks again when another one was quicker", "[ex04][step2][explore]")
{
    explore([] {
        gil lock{1ms};
        // Both guarded by the GIL.
        int taken = 0;
        bool second_was_asked = true;
        const auto work = [&] {
            lock.acquire();
            if (++taken == 1) {
                compute(5ms); // the other thread waits for an interval again, and asks
                lock.check_interval();
                second_was_asked = taken == 2;
            }
            lock.release();
        };
        lock.acquire();
        {
            std::jthread one{work};
            std::jthread other{work};
            compute(3ms); // both wait, and ask
            lock.release();
        }
        EXPLORE_REQUIRE(second_was_asked);
    });
}

TEST_CASE("a request outlives a release and acquire of the same thread", "[ex04][step2][explore]")
{
    explore([] {
        gil lock{1s};
        bool other_ran = false;
        lock.acquire();
        std::jthread waits{[&] {
            lock.acquire();
            other_ran = true;
            lock.release();
        }};
        compute(1500ms); // the other thread asks
        lock.release();
        lock.acquire();
        lock.check_interval();
        EXPLORE_REQUIRE(other_ran);
        lock.release();
    });
}

TEST_CASE("a request is over once another thread has run", "[ex04][step2][explore]")
{
    explore([] {
        gil lock{1ms};
        lock.acquire();
        std::thread waits{[&] {
            lock.acquire();
            lock.release();
        }};
        compute(3ms);
        lock.check_interval();
        waits.join();
        lock.check_interval(); // nobody is left who could run
        lock.release();
    });
}

// --- step 3: patience ------------------------------------------------------------------------

TEST_CASE("no holder is asked before it has had an interval", "[ex04][step3][explore][stretch]")
{
    explore([] {
        gil lock{1s};
        // All guarded by the GIL.
        int holder = 0;
        bool left_by_itself = true;
        clock_type::time_point taken;

        const auto has_taken = [&](int me) {
            const clock_type::time_point now = clock_type::now();
            EXPLORE_REQUIRE(left_by_itself || now - taken > 990ms);
            holder = me;
            left_by_itself = false;
            taken = now;
        };
        const auto work = [&](int me, clock_type::duration begins_after) {
            compute(begins_after);
            lock.acquire();
            has_taken(me);
            for (int bytecode = 0; bytecode < 4; ++bytecode) {
                compute(300ms);
                lock.check_interval();
                if (holder != me) {
                    has_taken(me); // others ran in between
                }
            }
            left_by_itself = true;
            lock.release();
        };
        std::jthread second{work, 2, 10ms};
        std::jthread third{work, 3, 500ms};
        work(1, 0ms);
    });
}

// --- step 4: allow_threads -------------------------------------------------------------------

TEST_CASE("blocking calls overlap", "[ex04][step4][explore]")
{
    explore([] {
        gil lock{1ms};
        std::latch both_inside{2};
        const auto block = [&] {
            lock.acquire();
            {
                const allow_threads others_run{lock};
                both_inside.arrive_and_wait(); // for ever, if one is kept out
            }
            lock.release();
        };
        std::jthread other{block};
        block();
    });
}

TEST_CASE("the GIL is held again after a blocking call", "[ex04][step4][explore]")
{
    explore([] {
        gil lock{1ms};
        int n = 0;
        const auto work = [&] {
            lock.acquire();
            {
                const allow_threads others_run{lock};
            }
            ++n;
            EXPLORE_REQUIRE(releases(lock));
        };
        {
            std::jthread other{work};
            work();
        }
        EXPLORE_REQUIRE(n == 2);
    });
}

TEST_CASE("an exception out of a blocking call finds the GIL held", "[ex04][step4]")
{
    gil lock{1ms};
    lock.acquire();
    std::string message;
    try {
        const allow_threads others_run{lock};
        throw std::runtime_error("connection reset");
    } catch (const std::runtime_error& failed) {
        message = failed.what();
    }
    REQUIRE(message == "connection reset");
    REQUIRE(releases(lock));
}

TEST_CASE("only the holder can give the GIL up for a blocking call", "[ex04][step4]")
{
    gil lock{1ms};
    REQUIRE_THROWS_AS(allow_threads{lock}, std::logic_error);
    REQUIRE_FALSE(releases(lock)); // and it has not taken it either
}

// --- step 5: the interpreter ----------------------------------------------------------------

TEST_CASE("interpreters in three threads finish with a count each", "[ex04][step5]")
{
    const long rounds = support::drawn(2000, 1000, 3000);
    gil lock{50us};
    const given::interpreter_lock held = interpreter_lock_of(lock);
    std::vector<long> variables(4, 0); // 0: written by all, for ThreadSanitizer to look at
    std::vector<std::future<void>> running;
    for (const int own : {1, 2, 3}) {
        running.push_back(std::async(std::launch::async, [&, own] {
            std::vector<given::instruction> bytecode = given::increment(own);
            bytecode.push_back({given::opcode::store, 0});
            given::run(bytecode, variables, rounds, held);
        }));
    }
    for (std::future<void>& thread : running) {
        thread.get();
    }
    REQUIRE(variables == std::vector<long>{variables[0], rounds, rounds, rounds});
}

TEST_CASE("blocking calls of the interpreter overlap", "[ex04][step5][explore]")
{
    explore([] {
        gil lock{1ms};
        const given::interpreter_lock held = interpreter_lock_of(lock);
        std::latch both_inside{2};
        const auto block = [&] {
            held.acquire();
            held.allow_threads([&] { both_inside.arrive_and_wait(); });
            held.release();
        };
        std::jthread other{block};
        block();
    });
}

TEST_CASE("an exception of the interpreter's blocking call finds the GIL held", "[ex04][step5]")
{
    gil lock{1ms};
    const given::interpreter_lock held = interpreter_lock_of(lock);
    held.acquire();
    REQUIRE_THROWS_AS(held.allow_threads([] { throw std::runtime_error("reset"); }),
                      std::runtime_error);
    REQUIRE(releases(lock));

    held.acquire();
    REQUIRE_THROWS_AS(held.allow_threads([] { throw 42; }), int); // whatever it is
    REQUIRE(releases(lock));
}

TEST_CASE("n += 1 as three bytecodes loses an update under a perfect GIL", "[ex04][step5][explore]")
{
    const explorer::result found = explore_for("wrong result", [] {
        gil lock{1ms};
        given::interpreter_lock slow = interpreter_lock_of(lock);
        slow.check_interval = [check = slow.check_interval] {
            compute(400us); // a bytecode's time: the interval ends before the third, the STORE
            check();
        };
        std::vector<long> variables{0};
        {
            std::jthread other{[&] { given::run(given::increment(0), variables, 1, slow); }};
            given::run(given::increment(0), variables, 1, slow);
        }
        EXPLORE_REQUIRE(variables[0] == 2);
    });
    // Some schedule ends with 1: not by a data race, which the GIL rules out, nor by a deadlock.
    REQUIRE(found.failed);
}
