// ex14: tasks that can be cancelled. The waits are explored: with two and three tasks, under every
// order of put, get, cancel and close that the explorer tries, and with a clock that moves only
// when nobody can run; so an hour's sleep costs nothing, and a wait that polls is seen to. Ctrl+C
// is tried for real, in this process and in children that the case talks to through a pipe.
//
// SPDX-License-Identifier: MIT
#include "thredo.hpp"

#include "explore/explore.hpp"
#include "support/catch.hpp"
#include "support/rendezvous.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <mutex>
#include <semaphore>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using support::gate;

namespace {

/// Joins: true if the task ended by being cancelled. Anything else that it threw goes on.
template <class T>
bool ended_cancelled(thredo::task<T>& task)
{
    try {
        task.join();
    } catch (const thredo::task_cancelled&) {
        return true;
    }
    return false;
}

/// The explorer's clock moves when nobody can run, and hardly at all otherwise.
class stopwatch {
public:
    auto time_passed() const { return std::chrono::steady_clock::now() - start_; }
    bool reached(std::chrono::nanoseconds time) const
    {
        return std::chrono::steady_clock::now() - start_ >= time;
    }

private:
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// For waits that might poll: a few dozen looks at a flag are enough to tell.
const explorer::options few_steps{.max_steps = 1000};

bool is_odd(int n)
{
    return n % 2 == 1;
}

bool sigint_is_blocked()
{
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    return sigismember(&blocked, SIGINT) == 1;
}

/// Ctrl+C, as the terminal sends it: to the process, not to a thread.
void press_ctrl_c()
{
    kill(getpid(), SIGINT);
}

/// Whether a signal that everybody blocks has not been fetched yet.
bool is_pending(int signal)
{
    sigset_t waiting;
    sigpending(&waiting);
    return sigismember(&waiting, signal) == 1;
}

/// Keeps a task busy until it is asked to end, and then goes on as if nothing had happened.
void wait_until_cancelled()
{
    try {
        for (;;) {
            thredo::check_cancelled();
            std::this_thread::yield();
        }
    } catch (const thredo::cancelled&) {
    }
}

/// Adds a task that sleeps already, and that counts itself in `ended` when a cancel wakes it.
void add_sleeper(std::vector<thredo::task<void>>& tasks, std::atomic<int>& ended)
{
    gate begun;
    tasks.push_back(thredo::spawn([&] {
        begun.open();
        try {
            thredo::sleep(1h);
        } catch (const thredo::cancelled&) {
            ++ended;
            throw;
        }
    }));
    begun.wait();
}

/// A program of its own process, met through what it prints. Its main is `body`; the exit status is
/// what `body` returns.
class program {
public:
    explicit program(const std::function<int(std::ostream&)>& body)
    {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        output_ = ends[0];
        child_ = fork();
        REQUIRE(child_ >= 0);
        if (child_ == 0) {
            close(ends[0]);
            int status = 1;
            try {
                std::ofstream out{"/proc/self/fd/" + std::to_string(ends[1])};
                status = body(out);
            } catch (...) {
                status = 99; // a TODO has left its message on the shared page
            }
            _exit(status);
        }
        close(ends[1]);
    }

    ~program()
    {
        if (child_ > 0) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
        }
        close(output_);
    }

    program(const program&) = delete;
    program& operator=(const program&) = delete;

    /// The next line without its end; empty at the end of the output, or after 5 s of silence.
    std::string line()
    {
        std::string text;
        char c = 0;
        pollfd readable{output_, POLLIN, 0};
        while (poll(&readable, 1, 5000) == 1 && read(output_, &c, 1) == 1 && c != '\n') {
            text += c;
        }
        return text;
    }

    void press_ctrl_c() { kill(child_, SIGINT); }

    /// As waitpid tells it, once the program has ended; -1 if it runs on for another 5 s.
    int end()
    {
        int status = -1;
        if (support::eventually([&] { return waitpid(child_, &status, WNOHANG) == child_; })) {
            child_ = 0;
        }
        return status;
    }

private:
    int output_ = -1;
    pid_t child_ = 0;
};

// Tells, when the last copy dies, that it did. Plain: who is to see it must have waited for it.
std::shared_ptr<void> that_marks(bool& destroyed)
{
    return {nullptr, [&](void*) { destroyed = true; }};
}

} // namespace

// ------------------------------------------------------------------------------ step 1: tasks

TEST_CASE("a check outside any task does nothing", "[ex14][step1]")
{
    REQUIRE_NOTHROW(thredo::check_cancelled());
}

TEST_CASE("join waits for the task and gives its value", "[ex14][step1][explore]")
{
    explore([] {
        std::binary_semaphore spawned{0}; // the task has a thread of its own: it may wait for us
        int seen = 0;
        int three = 3;
        const int four = 4;
        auto task = thredo::spawn(
            [&](int a, int b) {
                spawned.acquire();
                seen = 1;
                return a + b;
            },
            three, four);
        three = 30; // the task has its copy
        spawned.release();
        EXPLORE_REQUIRE(task.join() == 7);
        EXPLORE_REQUIRE(seen == 1);
    });
}

TEST_CASE("a task's exception reaches whoever joins each time", "[ex14][step1]")
{
    auto doomed = thredo::spawn([]() -> int { throw std::out_of_range{"boom"}; });

    REQUIRE_THROWS_AS(doomed.join(), std::out_of_range);
    REQUIRE_THROWS_WITH(doomed.join(), "boom");
    auto odd = thredo::spawn([] { throw 42; }); // no std::exception
    REQUIRE_THROWS_AS(odd.join(), int);
    REQUIRE_THROWS_AS(odd.join(), int);
}

TEST_CASE("a value is given once", "[ex14][step1]")
{
    auto task = thredo::spawn([] { return std::make_unique<int>(7); });

    REQUIRE(*task.join() == 7);
    REQUIRE_THROWS_AS(task.join(), std::logic_error);
}

TEST_CASE("when join returns what the function held is destroyed", "[ex14][step1][explore]")
{
    explore([] {
        auto held = std::make_shared<int>(7);
        const std::weak_ptr<int> watched = held;
        auto task = thredo::spawn([held = std::move(held)] { return *held; });
        task.join();
        EXPLORE_REQUIRE(watched.expired());
    });
}

TEST_CASE("a task that joins itself is told so", "[ex14][step1][explore]")
{
    explore([] {
        thredo::task<void>* own_handle = nullptr;
        std::binary_semaphore handle_is_there{0};
        bool told = false;
        auto task = thredo::spawn([&] {
            handle_is_there.acquire();
            try {
                own_handle->join();
            } catch (const std::logic_error&) {
                told = true;
            }
        });
        own_handle = &task;
        handle_is_there.release();
        task.join();
        EXPLORE_REQUIRE(told);
    });
}

// ------------------------------------------------------------------------------ step 2: cancel

TEST_CASE("cancel alone wakes a task that sleeps", "[ex14][step2][explore]")
{
    explore([] {
        const stopwatch watch;
        auto sleeper = thredo::spawn([] { thredo::sleep(1h); });
        sleeper.cancel();
        EXPLORE_REQUIRE(ended_cancelled(sleeper));
        EXPLORE_REQUIRE(watch.time_passed() < 1ms);
    });
}

TEST_CASE("an uncancelled sleep lasts as long as it was told", "[ex14][step2][explore]")
{
    for (const std::chrono::nanoseconds time : {std::chrono::nanoseconds{10s}, 999'999ns}) {
        explore([time] {
            const stopwatch watch;
            auto sleeper = thredo::spawn([time] { thredo::sleep(time); });
            sleeper.join();
            EXPLORE_REQUIRE(watch.reached(time));
            EXPLORE_REQUIRE(!watch.reached(time + 1s));
        });
    }
}

TEST_CASE("a sleep for ever is not cut short", "[ex14][step2][explore]")
{
    explore([] {
        bool over = false;
        auto sleeper = thredo::spawn([&] {
            thredo::sleep(std::chrono::nanoseconds::max());
            over = true;
        });
        thredo::sleep(1h);
        sleeper.cancel();
        EXPLORE_REQUIRE(ended_cancelled(sleeper));
        EXPLORE_REQUIRE(!over);
    });
}

TEST_CASE("cancel alone wakes a task that joins another", "[ex14][step2][explore]")
{
    explore([] {
        const stopwatch watch;
        thredo::queue<int> empty;
        auto waiter = thredo::spawn([&] { empty.get(); });
        auto joiner = thredo::spawn([&] { waiter.join(); });
        joiner.cancel();
        EXPLORE_REQUIRE(ended_cancelled(joiner));
        EXPLORE_REQUIRE(watch.time_passed() < 1ms);
    });
}

TEST_CASE("cancelling the joiner leaves the joined task alone", "[ex14][step2][explore]")
{
    explore([] {
        auto worker = thredo::spawn([] {
            thredo::sleep(1s);
            return 7;
        });
        auto joiner = thredo::spawn([&] {
            try {
                worker.join();
            } catch (const thredo::cancelled&) {
                return true;
            }
            return false;
        });
        joiner.cancel();
        bool woken = false;
        try {
            woken = joiner.join();
        } catch (const thredo::task_cancelled&) { // before it had begun
            woken = true;
        }
        EXPLORE_REQUIRE(woken);
        EXPLORE_REQUIRE(worker.join() == 7);
    });
}

TEST_CASE("an hour in sleep costs nothing before the cancel", "[ex14][step2][explore]")
{
    explore(
        [] {
            auto sleeper = thredo::spawn([] { thredo::sleep(2h); });
            thredo::sleep(1h);
            sleeper.cancel();
            EXPLORE_REQUIRE(ended_cancelled(sleeper));
        },
        few_steps);
}

TEST_CASE("an hour in join costs nothing before the cancel", "[ex14][step2][explore]")
{
    explore(
        [] {
            auto sleeper = thredo::spawn([] { thredo::sleep(2h); });
            auto joiner = thredo::spawn([&] { sleeper.join(); });
            thredo::sleep(1h);
            joiner.cancel();
            EXPLORE_REQUIRE(ended_cancelled(joiner));
        },
        few_steps);
}

TEST_CASE("cancel ends a computation that checks for it", "[ex14][step2][explore]")
{
    explore([] {
        std::binary_semaphore computing{0};
        auto task = thredo::spawn([&] {
            computing.release();
            for (;;) {
                thredo::check_cancelled();
                std::this_thread::yield();
            }
        });
        computing.acquire();
        task.cancel();
        EXPLORE_REQUIRE(ended_cancelled(task));
    });
}

TEST_CASE("cancel before the start or after the end or twice is harmless", "[ex14][step2][explore]")
{
    explore([] {
        auto early = thredo::spawn([] { thredo::sleep(1h); });
        early.cancel();
        early.cancel();
        EXPLORE_REQUIRE(ended_cancelled(early));
        early.cancel();

        auto late = thredo::spawn([] { return 7; });
        EXPLORE_REQUIRE(late.join() == 7);
        late.cancel();
        late.cancel();
    });
}

TEST_CASE("cancel does not wait for the task", "[ex14][step2][explore]")
{
    explore([] {
        std::binary_semaphore deaf_wait{0};
        auto task = thredo::spawn([&] {
            deaf_wait.acquire();
            thredo::check_cancelled();
        });
        task.cancel();
        deaf_wait.release();
        EXPLORE_REQUIRE(ended_cancelled(task));
    });
}

TEST_CASE("cancelled is no std::exception and runs destructors", "[ex14][step2][explore]")
{
    explore([] {
        std::binary_semaphore begun{0};
        bool swallowed = false;
        bool destroyed = false;
        auto task = thredo::spawn([&] {
            const std::unique_ptr<bool, void (*)(bool*)> guard{&destroyed,
                                                               [](bool* flag) { *flag = true; }};
            begun.release();
            try {
                thredo::sleep(1h);
            } catch (const std::exception&) {
                swallowed = true;
            }
        });
        begun.acquire();
        task.cancel();
        EXPLORE_REQUIRE(ended_cancelled(task));
        EXPLORE_REQUIRE(!swallowed);
        EXPLORE_REQUIRE(destroyed);
    });
}

TEST_CASE("a task that catches cancelled may still end well", "[ex14][step2][explore]")
{
    explore([] {
        std::binary_semaphore begun{0};
        auto task = thredo::spawn([&] {
            begun.release();
            try {
                thredo::sleep(1h);
            } catch (const thredo::cancelled&) {
                return 7;
            }
            return 0;
        });
        begun.acquire();
        task.cancel();
        EXPLORE_REQUIRE(task.join() == 7);
    });
}

TEST_CASE("a handle that dies cancels its task and waits for it", "[ex14][step2][explore]")
{
    explore([] {
        const stopwatch watch;
        std::binary_semaphore begun{0};
        bool ended = false;
        {
            const auto task = thredo::spawn([&] {
                begun.release();
                try {
                    thredo::sleep(1h);
                } catch (const thredo::cancelled&) {
                    ended = true;
                    throw;
                }
            });
            begun.acquire();
        }
        EXPLORE_REQUIRE(ended);
        EXPLORE_REQUIRE(watch.time_passed() < 1ms);
    });
}

// ------------------------------------------------------------------------------ step 3: the queue

TEST_CASE("items come out in the order in which they went in", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers{2};
        auto producer = thredo::spawn([&] {
            for (int n = 1; n <= 3; ++n) {
                numbers.put(n);
            }
        });
        for (int n = 1; n <= 3; ++n) {
            EXPLORE_REQUIRE(numbers.get() == n);
        }
        producer.join();
    });
}

TEST_CASE("a full queue holds put back until there is room", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers{1};
        std::atomic<int> stored = 0;
        auto producer = thredo::spawn([&] {
            for (int n = 1; n <= 3; ++n) {
                numbers.put(n);
                stored = n;
            }
        });
        EXPLORE_REQUIRE(stored <= 1);
        EXPLORE_REQUIRE(numbers.get() == 1);
        EXPLORE_REQUIRE(stored <= 2);
        EXPLORE_REQUIRE(numbers.get() == 2);
        EXPLORE_REQUIRE(numbers.get() == 3);
        producer.join();
    });
}

TEST_CASE("a queue without a capacity never makes put wait", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<std::unique_ptr<int>> numbers;
        for (int n = 0; n < 5; ++n) {
            numbers.put(std::make_unique<int>(n));
        }
        for (int n = 0; n < 5; ++n) {
            EXPLORE_REQUIRE(**numbers.get() == n);
        }
    });
}

TEST_CASE("two producers and a consumer lose nothing in a queue of one", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers{1};
        auto one = thredo::spawn([&] { numbers.put(1); });
        auto two = thredo::spawn([&] { numbers.put(2); });
        const int first = *numbers.get();
        const int second = *numbers.get();
        EXPLORE_REQUIRE(first + second == 3);
        one.join();
        two.join();
    });
}

TEST_CASE("cancel alone wakes a task in get", "[ex14][step3][explore]")
{
    explore([] {
        const stopwatch watch;
        thredo::queue<int> numbers;
        auto getter = thredo::spawn([&] { numbers.get(); });
        getter.cancel();
        EXPLORE_REQUIRE(ended_cancelled(getter));
        EXPLORE_REQUIRE(watch.time_passed() < 1ms);
    });
}

TEST_CASE("cancel alone wakes a task in put and its item stays out", "[ex14][step3][explore]")
{
    explore([] {
        const stopwatch watch;
        thredo::queue<int> numbers{1};
        numbers.put(1);
        auto putter = thredo::spawn([&] { numbers.put(2); });
        putter.cancel();
        EXPLORE_REQUIRE(ended_cancelled(putter));
        EXPLORE_REQUIRE(watch.time_passed() < 1ms);
        EXPLORE_REQUIRE(numbers.get() == 1);
        numbers.close();
        EXPLORE_REQUIRE(!numbers.get());
    });
}

TEST_CASE("an hour in get costs nothing before the cancel", "[ex14][step3][explore]")
{
    explore(
        [] {
            thredo::queue<int> numbers;
            auto getter = thredo::spawn([&] { numbers.get(); });
            thredo::sleep(1h);
            getter.cancel();
            EXPLORE_REQUIRE(ended_cancelled(getter));
        },
        few_steps);
}

TEST_CASE("an hour in put costs nothing before the cancel", "[ex14][step3][explore]")
{
    explore(
        [] {
            thredo::queue<int> numbers{1};
            numbers.put(1);
            auto putter = thredo::spawn([&] { numbers.put(2); });
            thredo::sleep(1h);
            putter.cancel();
            EXPLORE_REQUIRE(ended_cancelled(putter));
        },
        few_steps);
}

TEST_CASE("a put that throws leaves the item with its owner", "[ex14][step3]")
{
    thredo::queue<std::unique_ptr<int>> numbers;
    numbers.close();
    auto item = std::make_unique<int>(7);

    REQUIRE_THROWS_AS(numbers.put(std::move(item)), thredo::queue_closed);
    REQUIRE(item);
}

TEST_CASE("a cancelled get loses no item", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers;
        auto getter = thredo::spawn([&] { return numbers.get().value_or(0); });
        auto putter = thredo::spawn([&] { numbers.put(7); });
        getter.cancel();
        int got = 0;
        try {
            got = getter.join();
        } catch (const thredo::task_cancelled&) {
        }
        putter.join();
        numbers.close();
        EXPLORE_REQUIRE(got + numbers.get().value_or(0) == 7);
    });
}

TEST_CASE("a cancelled get swallows no wake-up", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers;
        auto doomed = thredo::spawn([&] { return numbers.get().value_or(0); });
        auto other = thredo::spawn([&] { return numbers.get().value_or(0); });
        numbers.put(7);
        doomed.cancel();
        try {
            EXPLORE_REQUIRE(doomed.join() == 7);
            numbers.put(7); // it was quicker: one more for the other
        } catch (const thredo::task_cancelled&) {
        }
        EXPLORE_REQUIRE(other.join() == 7);
    });
}

TEST_CASE("a cancelled put swallows no wake-up", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers{1};
        numbers.put(1);
        auto doomed = thredo::spawn([&] { numbers.put(7); });
        auto other = thredo::spawn([&] { numbers.put(7); });
        numbers.get();
        doomed.cancel();
        try {
            doomed.join();
            numbers.get(); // it was quicker: room for the other
        } catch (const thredo::task_cancelled&) {
        }
        other.join();
        EXPLORE_REQUIRE(numbers.get() == 7);
    });
}

TEST_CASE("a put whose copy throws swallows no wake-up", "[ex14][step3][explore]")
{
    struct fragile {
        explicit fragile(bool breaks) : breaks{breaks} {}
        fragile(const fragile& other) : breaks{other.breaks}
        {
            if (breaks) {
                throw std::runtime_error{"broken in copying"};
            }
        }
        bool breaks;
    };
    explore([] {
        const fragile good{false};
        const fragile bad{true};
        thredo::queue<fragile> things{1};
        things.put(good);
        bool broke = false;
        auto breaks = thredo::spawn([&] {
            try {
                things.put(bad);
            } catch (const std::runtime_error&) {
                broke = true;
            }
        });
        auto waits = thredo::spawn([&] { things.put(good); });
        things.get();
        waits.join();
        breaks.join();
        EXPLORE_REQUIRE(broke);
    });
}

TEST_CASE("a task already cancelled leaves even a waiting item alone", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers;
        numbers.put(7);
        std::binary_semaphore begun{0};
        std::binary_semaphore go_on{0};
        auto getter = thredo::spawn([&] {
            begun.release();
            go_on.acquire();
            numbers.get();
        });
        begun.acquire();
        getter.cancel();
        go_on.release();
        EXPLORE_REQUIRE(ended_cancelled(getter));
        EXPLORE_REQUIRE(numbers.get() == 7);
    });
}

TEST_CASE("a task already cancelled joins nothing and puts nothing", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers;
        auto ended = thredo::spawn([] {});
        ended.join();
        std::binary_semaphore begun{0};
        std::binary_semaphore go_on{0};
        bool joined = false;
        auto task = thredo::spawn([&] {
            begun.release();
            go_on.acquire();
            try {
                ended.join();
                joined = true;
            } catch (const thredo::cancelled&) {
            }
            numbers.put(7);
        });
        begun.acquire();
        task.cancel();
        go_on.release();
        EXPLORE_REQUIRE(ended_cancelled(task));
        EXPLORE_REQUIRE(!joined);
        numbers.close();
        EXPLORE_REQUIRE(!numbers.get());
    });
}

TEST_CASE("two items wake two who wait", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers;
        auto one = thredo::spawn([&] { return numbers.get().value_or(0); });
        auto two = thredo::spawn([&] { return numbers.get().value_or(0); });
        numbers.put(1);
        numbers.put(2);
        EXPLORE_REQUIRE(one.join() + two.join() == 3);
    });
}

TEST_CASE("room for two wakes two who wait", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers{2};
        numbers.put(1);
        numbers.put(2);
        auto one = thredo::spawn([&] { numbers.put(3); });
        auto two = thredo::spawn([&] { numbers.put(3); });
        EXPLORE_REQUIRE(numbers.get() == 1);
        EXPLORE_REQUIRE(numbers.get() == 2);
        one.join();
        two.join();
    });
}

TEST_CASE("an item whose move throws is not in the queue", "[ex14][step3]")
{
    struct no_move_succeeds {
        no_move_succeeds() = default;
        no_move_succeeds(no_move_succeeds&&) { throw std::runtime_error{"boom"}; }
    };
    thredo::queue<no_move_succeeds> items;
    REQUIRE_THROWS_WITH(items.put(no_move_succeeds{}), "boom");
    items.close();

    REQUIRE_FALSE(items.get());
}

TEST_CASE("close wakes every get and they get nothing", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers;
        auto one = thredo::spawn([&] { return numbers.get().has_value(); });
        auto two = thredo::spawn([&] { return numbers.get().has_value(); });
        numbers.close();
        EXPLORE_REQUIRE(!one.join());
        EXPLORE_REQUIRE(!two.join());
    });
}

TEST_CASE("close wakes every put and they throw", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers{1};
        numbers.put(1);
        const auto put = [&] {
            try {
                numbers.put(2);
            } catch (const thredo::queue_closed&) {
                return true;
            }
            return false;
        };
        auto one = thredo::spawn(put);
        auto two = thredo::spawn(put);
        numbers.close();
        EXPLORE_REQUIRE(one.join());
        EXPLORE_REQUIRE(two.join());
    });
}

TEST_CASE("a closed queue gives what is left then nothing", "[ex14][step3]")
{
    thredo::queue<int> numbers{2};
    numbers.put(1);
    numbers.put(2);
    numbers.close();
    numbers.close();

    REQUIRE_THROWS_AS(numbers.put(3), thredo::queue_closed);
    REQUIRE(numbers.get() == 1);
    REQUIRE(numbers.get() == 2);
    REQUIRE(numbers.get() == std::nullopt);
}

TEST_CASE("no order of put get cancel and close loses an item", "[ex14][step3][explore]")
{
    explore([] {
        thredo::queue<int> numbers{1};
        int stored = 0;
        int received = 0;
        auto producer = thredo::spawn([&] {
            try {
                for (int n = 0; n < 2; ++n) {
                    numbers.put(n);
                    ++stored;
                }
            } catch (const thredo::queue_closed&) {
            }
        });
        auto consumer = thredo::spawn([&] {
            while (numbers.get()) {
                ++received;
            }
        });
        consumer.cancel();
        numbers.close();
        producer.join();
        ended_cancelled(consumer);
        while (numbers.get()) {
            ++received;
        }
        EXPLORE_REQUIRE(stored == received);
    });
}

// ------------------------------------------------------------------------------ step 4: shield

TEST_CASE("a shielded wait runs to its end and the next one throws", "[ex14][step4][explore]")
{
    explore([] {
        const stopwatch watch;
        std::binary_semaphore begun{0};
        bool finished = false;
        auto task = thredo::spawn([&] {
            thredo::shield([&] {
                begun.release();
                thredo::sleep(10s);
                finished = true;
            });
            thredo::sleep(1h);
        });
        begun.acquire();
        task.cancel();
        EXPLORE_REQUIRE(ended_cancelled(task));
        EXPLORE_REQUIRE(finished);
        EXPLORE_REQUIRE(watch.reached(10s));
        EXPLORE_REQUIRE(!watch.reached(11s));
    });
}

TEST_CASE("a task already cancelled still does what is shielded", "[ex14][step4][explore]")
{
    explore([] {
        std::binary_semaphore begun{0};
        bool saved = false;
        bool went_on = false;
        auto task = thredo::spawn([&] {
            try {
                begun.release();
                thredo::sleep(1h);
            } catch (const thredo::cancelled&) {
                thredo::shield([&] {
                    thredo::sleep(1s);
                    saved = true;
                });
                went_on = true; // shield() is no wait: the next one throws
                thredo::check_cancelled();
            }
        });
        begun.acquire();
        task.cancel();
        EXPLORE_REQUIRE(ended_cancelled(task));
        EXPLORE_REQUIRE(saved);
        EXPLORE_REQUIRE(went_on);
    });
}

TEST_CASE("shields nest", "[ex14][step4][explore]")
{
    explore([] {
        std::binary_semaphore begun{0};
        std::binary_semaphore asked{0};
        bool outer_held = false;
        auto task = thredo::spawn([&] {
            thredo::shield([&] {
                begun.release();
                asked.acquire();
                thredo::shield([] { thredo::check_cancelled(); });
                thredo::check_cancelled();
                outer_held = true;
            });
            thredo::check_cancelled();
        });
        begun.acquire();
        task.cancel();
        asked.release();
        EXPLORE_REQUIRE(ended_cancelled(task));
        EXPLORE_REQUIRE(outer_held);
    });
}

TEST_CASE("an exception ends the shield too", "[ex14][step4][explore]")
{
    explore([] {
        std::binary_semaphore begun{0};
        std::binary_semaphore asked{0};
        auto task = thredo::spawn([&] {
            try {
                thredo::shield([&] {
                    begun.release();
                    asked.acquire();
                    throw std::runtime_error{"boom"};
                });
            } catch (const std::runtime_error&) {
            }
            thredo::check_cancelled();
        });
        begun.acquire();
        task.cancel();
        asked.release();
        EXPLORE_REQUIRE(ended_cancelled(task));
    });
}

// ------------------------------------------------------------------------------ step 5: Ctrl+C

TEST_CASE("cancelling all ends one task after the other from the newest", "[ex14][step5][explore]")
{
    explore([] {
        thredo::queue<int> empty;
        std::counting_semaphore<2> begun{0};
        std::mutex mutex;
        std::vector<int> ended; // guarded by mutex
        const auto wait_and_note = [&](int number) {
            begun.release();
            try {
                empty.get();
            } catch (const thredo::cancelled&) {
                const std::lock_guard lock{mutex};
                ended.push_back(number);
                throw;
            }
        };
        auto older = thredo::spawn(wait_and_note, 1);
        auto newer = thredo::spawn(wait_and_note, 2);
        begun.acquire();
        begun.acquire();
        thredo::cancel_all();
        EXPLORE_REQUIRE((ended == std::vector{2, 1}));
        EXPLORE_REQUIRE(ended_cancelled(older));
        EXPLORE_REQUIRE(ended_cancelled(newer));
    });
}

TEST_CASE("cancelling all meets tasks that begin and end meanwhile", "[ex14][step5][explore]")
{
    explore([] {
        auto parent = thredo::spawn([] {
            auto child = thredo::spawn([] { thredo::sleep(1h); });
            child.join();
        });
        auto brief = thredo::spawn([] {});
        thredo::cancel_all();
        bool parent_ended_early = false;
        try {
            parent.join();
        } catch (const thredo::task_cancelled&) {
            parent_ended_early = true; // by itself or, through its join, by the child
        }
        EXPLORE_REQUIRE(parent_ended_early);
        ended_cancelled(brief);
    });
}

TEST_CASE("two who cancel all at once both wait for every task", "[ex14][step5][explore]")
{
    explore([] {
        bool destroyed = false;
        auto task = thredo::spawn([mark = that_marks(destroyed)] { thredo::sleep(1h); });
        std::thread other([&] {
            thredo::cancel_all();
            EXPLORE_REQUIRE(destroyed);
        });
        thredo::cancel_all();
        EXPLORE_REQUIRE(destroyed);
        other.join();
    });
}

TEST_CASE("cancelling all waits until what a task captured is destroyed", "[ex14][step5][explore]")
{
    explore([] {
        bool destroyed = false;
        auto task = thredo::spawn([mark = that_marks(destroyed)] {}); // it ends meanwhile
        thredo::cancel_all();
        EXPLORE_REQUIRE(destroyed);
    });
}

TEST_CASE("a task that is over and has no handle leaves nothing behind", "[ex14][step5][explore]")
{
    explore([] {
        auto thrown = std::make_shared<int>(1);
        const std::weak_ptr<int> kept = thrown;
        {
            auto task = thredo::spawn([thrown = std::move(thrown)] { throw thrown; });
        }
        EXPLORE_REQUIRE(kept.expired());
    });
}

TEST_CASE("a task that cancels all is told so", "[ex14][step5][explore]")
{
    explore([] {
        auto task = thredo::spawn([] {
            try {
                thredo::cancel_all();
            } catch (const std::logic_error&) {
                return true;
            }
            return false;
        });
        EXPLORE_REQUIRE(task.join());
    });
}

TEST_CASE("run returns 0 or lets main's exception out", "[ex14][step5]")
{
    bool called = false;
    REQUIRE(thredo::run([&] { called = true; }) == 0);
    REQUIRE(called);
    REQUIRE_THROWS_WITH(thredo::run([] { throw std::runtime_error{"boom"}; }), "boom");
}

TEST_CASE("run cancels and joins what main left behind", "[ex14][step5]")
{
    std::vector<thredo::task<void>> left_behind;
    std::atomic<int> ended = 0;
    const int status = thredo::run([&] {
        add_sleeper(left_behind, ended);
        add_sleeper(left_behind, ended);
    });

    REQUIRE(status == 0);
    REQUIRE(ended == 2);
}

TEST_CASE("run cancels and joins what a failed main left behind", "[ex14][step5]")
{
    std::vector<thredo::task<void>> left_behind;
    std::atomic<int> ended = 0;
    const auto main = [&] {
        add_sleeper(left_behind, ended);
        throw std::runtime_error{"boom"};
    };

    REQUIRE_THROWS_WITH(thredo::run(main), "boom");
    REQUIRE(ended == 1);
}

TEST_CASE("main may cancel all and a task of its own", "[ex14][step5]")
{
    const auto cancel_all_and_join = [] {
        auto sleeper = thredo::spawn([] { thredo::sleep(1h); });
        thredo::cancel_all();
        REQUIRE(ended_cancelled(sleeper));
    };
    const auto join_a_cancelled_task = [] {
        auto sleeper = thredo::spawn([] { thredo::sleep(1h); });
        sleeper.cancel();
        sleeper.join();
    };

    REQUIRE(thredo::run(cancel_all_and_join) == 0);
    REQUIRE_THROWS_AS(thredo::run(join_a_cancelled_task), thredo::task_cancelled);
}

TEST_CASE("Ctrl+C ends the tasks from the newest then main with 130", "[ex14][step5]")
{
    std::mutex mutex;
    std::vector<std::string> ended; // guarded by mutex
    const auto sleep_and_note = [&](const std::string& name, const std::function<void()>& ready) {
        try {
            ready();
            thredo::sleep(1h);
        } catch (const thredo::cancelled&) {
            const std::lock_guard lock{mutex};
            ended.push_back(name);
            throw;
        }
    };
    const int status = thredo::run([&] {
        gate older_begun;
        gate newer_begun;
        auto older = thredo::spawn(sleep_and_note, "older", [&] { older_begun.open(); });
        auto newer = thredo::spawn(sleep_and_note, "newer", [&] { newer_begun.open(); });
        older_begun.wait();
        newer_begun.wait();
        sleep_and_note("main", press_ctrl_c);
    });

    REQUIRE(ended == std::vector<std::string>{"newer", "older", "main"});
    REQUIRE(status == 130);
}

TEST_CASE("after a Ctrl+C it is 130 even if main ends well", "[ex14][step5]")
{
    const int status = thredo::run([] {
        press_ctrl_c();
        try {
            thredo::sleep(1h);
        } catch (const thredo::cancelled&) {
        }
    });

    REQUIRE(status == 130);
}

TEST_CASE("after a Ctrl+C it is 130 even if only what main left behind is alive", "[ex14][step5]")
{
    std::vector<thredo::task<void>> left_behind;
    const int status = thredo::run([&] {
        gate begun;
        left_behind.push_back(thredo::spawn([&] {
            try {
                begun.open();
                thredo::sleep(1h);
            } catch (const thredo::cancelled&) { // main has ended, and run() waits for this task
                press_ctrl_c();
                support::eventually([] { return !is_pending(SIGINT); });
            }
        }));
        begun.wait();
    });

    REQUIRE(status == 130);
}

TEST_CASE("after a Ctrl+C it is 130 even if main fails", "[ex14][step5]")
{
    const int status = thredo::run([] {
        press_ctrl_c();
        try {
            thredo::sleep(1h);
        } catch (const thredo::cancelled&) {
            throw std::runtime_error{"boom"};
        }
    });

    REQUIRE(status == 130);
}

TEST_CASE("after a run with a Ctrl+C all begins anew", "[ex14][step5]")
{
    const auto be_interrupted = [] {
        press_ctrl_c();
        thredo::sleep(1h);
    };

    REQUIRE(thredo::run(be_interrupted) == 130);
    REQUIRE_NOTHROW(thredo::check_cancelled());
    REQUIRE(thredo::run([] {}) == 0);
}

TEST_CASE("no signal handler runs in main or in a task", "[ex14][step5]")
{
    bool in_main = false;
    bool in_task = false;
    thredo::run([&] {
        in_main = sigint_is_blocked();
        in_task = thredo::spawn(sigint_is_blocked).join();
    });

    REQUIRE(in_main);
    REQUIRE(in_task);
    REQUIRE_FALSE(sigint_is_blocked());
}

TEST_CASE("a second Ctrl+C ends the program at once", "[ex14][step5]")
{
    program stubborn{[](std::ostream& out) {
        return thredo::run([&] {
            gate deaf_begun;
            auto deaf = thredo::spawn([&] {
                thredo::shield([&] {
                    deaf_begun.open();
                    for (;;) {
                        thredo::sleep(1h);
                    }
                });
            });
            deaf_begun.wait();
            auto witness = thredo::spawn([&] {
                try {
                    out << "working" << std::endl;
                    thredo::sleep(1h);
                } catch (const thredo::cancelled&) {
                    out << "the first was heard" << std::endl;
                    throw;
                }
            });
            deaf.join();
        });
    }};

    REQUIRE(stubborn.line() == "working");
    stubborn.press_ctrl_c();
    REQUIRE(stubborn.line() == "the first was heard");
    stubborn.press_ctrl_c();
    const int status = stubborn.end();
    REQUIRE(status != -1);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGINT);
}

// ---------------------------------------------------------------- step 6: the lecture's programs

TEST_CASE("the lecture's producer and consumer print in order", "[ex14][step6][explore]")
{
    explore([] {
        std::ostringstream out;
        thredo::producer_and_consumer(3, 0ms, out);
        EXPLORE_REQUIRE(out.str() == "Got: 0\nGot: 1\nGot: 2\n");
    });
}

TEST_CASE("the producer sleeps between two items", "[ex14][step6][explore]")
{
    explore([] {
        const stopwatch watch;
        std::ostringstream out;
        thredo::producer_and_consumer(2, 10s, out);
        EXPLORE_REQUIRE(watch.reached(20s));
        EXPLORE_REQUIRE(!watch.reached(21s));
    });
}

TEST_CASE("Ctrl+C stops producer and consumer with exit status 130", "[ex14][step6]")
{
    program lecture{[](std::ostream& out) {
        return thredo::run([&] { thredo::producer_and_consumer(1000, 1h, out); });
    }};

    REQUIRE(lecture.line() == "Got: 0");
    lecture.press_ctrl_c();
    const int status = lecture.end();
    REQUIRE(status != -1);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 130);
}

TEST_CASE("the search appends in order what passes the test", "[ex14][step6][explore]")
{
    explore([] {
        std::vector<int> found{99};
        thredo::calc_primes(4, 2, found, is_odd);
        EXPLORE_REQUIRE((found == std::vector{99, 1, 3}));
        thredo::calc_primes(0, 2, found, is_odd);
        EXPLORE_REQUIRE(found.size() == 3);
    });
}

TEST_CASE("the search has as many tasks as it is told", "[ex14][step6]")
{
    support::rendezvous all_at_once{3};
    std::atomic<int> calls = 0;
    std::vector<int> found;
    thredo::calc_primes(3, 3, found, [&](int) {
        ++calls;
        return all_at_once.arrive_and_wait();
    });

    REQUIRE(found == std::vector{0, 1, 2});
    REQUIRE(calls == 3);
    REQUIRE_THROWS_AS(thredo::calc_primes(3, 0, found, is_odd), std::invalid_argument);
}

TEST_CASE("the search passes on what the test throws", "[ex14][step6]")
{
    std::vector<int> found;
    const auto breaks_at_four = [](int n) {
        if (n == 4) {
            throw std::runtime_error{"boom"};
        }
        return is_odd(n);
    };

    REQUIRE_THROWS_WITH(thredo::calc_primes(1000000, 1, found, breaks_at_four), "boom");
    REQUIRE(found == std::vector{1, 3});
}

TEST_CASE("a test that throws ends the search after all of its tasks", "[ex14][step6][explore]")
{
    explore([] {
        std::vector<int> found;
        bool thrown = false;
        try {
            thredo::calc_primes(2, 2, found, [](int n) {
                if (n == 1) {
                    throw 42;
                }
                return true;
            });
        } catch (int) {
            thrown = true;
        }
        EXPLORE_REQUIRE(thrown);
        EXPLORE_REQUIRE(found == std::vector{0}); // whoever had it: it was being tested by then
    });
}

TEST_CASE("the search when interrupted keeps what was found", "[ex14][step6]")
{
    std::vector<int> found;
    std::atomic<int> tested = 0;
    const auto below_ten = [&](int n) {
        ++tested;
        if (n == 9) {
            press_ctrl_c();
        }
        if (n >= 10) {
            wait_until_cancelled();
        }
        return n < 10;
    };

    REQUIRE(thredo::run([&] { thredo::calc_primes(1000, 1, found, below_ten); }) == 130);
    REQUIRE(found == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    REQUIRE(tested <= 11);
    found.clear();
    REQUIRE(thredo::run([&] { thredo::calc_primes(1000, 2, found, below_ten); }) == 130);
    REQUIRE(std::is_sorted(found.begin(), found.end()));
    REQUIRE(found.back() == 9);
}

TEST_CASE("a search that is cancelled itself keeps what was found", "[ex14][step6]")
{
    std::vector<int> found;
    gate found_some;
    auto search = thredo::spawn([&] {
        thredo::calc_primes(1000, 1, found, [&](int n) {
            if (n == 9) {
                found_some.open();
            } else if (n >= 10) {
                wait_until_cancelled();
            }
            return n < 10;
        });
    });
    found_some.wait();
    search.cancel();

    REQUIRE(ended_cancelled(search));
    REQUIRE(found == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("a cancelled search ends after all of its tasks", "[ex14][step6][explore]")
{
    explore([] {
        auto found = std::make_unique<std::vector<int>>();
        auto search = thredo::spawn(
            [&found] { thredo::calc_primes(2, 2, *found, [](int) { return true; }); });
        search.cancel();
        ended_cancelled(search);
        EXPLORE_REQUIRE(std::is_sorted(found->begin(), found->end()));
    });
}
