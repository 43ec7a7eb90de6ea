// What a greenlet costs. Ping-pong first, then three sleepers in one thread, then the price of
// going from one flow of control to another and back, by four means, and of keeping many.
//
// SPDX-License-Identifier: MIT
#include "given/arguments.hpp"
#include "given/context.hpp"
#include "greenlet.hpp"
#include "ping_pong.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr const char* usage =
    R"(usage: ex11_greenlet [GREENLETS]   ping-pong, three sleepers in one thread, what a switch costs,
                                   and what so many greenlets take in time and memory
GREENLETS: 1 to 30000, 10000 if not given
)";

double milliseconds_since(clock_type::time_point start)
{
    return std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
}

// Nanoseconds for each of `times` repetitions of what `work` does that often: the best of five
// measurements, because whatever else runs on the machine only ever makes them longer.
template <class Work>
double each(int times, Work work)
{
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        const auto start = clock_type::now();
        work(times);
        const double took = milliseconds_since(start) * 1e6 / times;
        best = round == 0 ? took : std::min(best, took);
    }
    return best;
}

void switch_contexts(int times)
{
    given::context& home = given::context::current();
    given::context other([&]() -> given::context& {
        for (int i = 1; i < times; ++i) {
            given::switch_to(home);
        }
        return home;
    });
    for (int i = 0; i < times; ++i) {
        given::switch_to(other);
    }
}

ucontext_t ucontext_home;
ucontext_t ucontext_other;

// The same with the C library's own functions.
void switch_ucontexts(int times)
{
    std::vector<char> stack(64 * 1024);
    getcontext(&ucontext_other);
    ucontext_other.uc_stack.ss_sp = stack.data();
    ucontext_other.uc_stack.ss_size = stack.size();
    ucontext_other.uc_link = nullptr;
    makecontext(
        &ucontext_other,
        +[] {
            for (;;) {
                swapcontext(&ucontext_other, &ucontext_home);
            }
        },
        0);
    for (int i = 0; i < times; ++i) {
        swapcontext(&ucontext_home, &ucontext_other);
    }
}

void take_turns(int times)
{
    auto one = green::spawn([&] {
        for (int i = 0; i < times; ++i) {
            green::sleep(0ms);
        }
    });
    one.join();
}

// Two threads that hand a ball to each other.
void hand_over(int times)
{
    std::mutex mutex;
    std::condition_variable moved; // notified by whoever has handed the ball over
    bool there = false;            // guarded by mutex
    std::thread other([&] {
        std::unique_lock lock(mutex);
        for (int i = 0; i < times; ++i) {
            moved.wait(lock, [&] { return there; });
            there = false;
            moved.notify_one();
        }
    });
    std::unique_lock lock(mutex);
    for (int i = 0; i < times; ++i) {
        there = true;
        moved.notify_one();
        moved.wait(lock, [&] { return !there; });
    }
    lock.unlock();
    other.join();
}

long resident_bytes()
{
    long pages = 0;
    long resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

void show_sleepers()
{
    const auto start = clock_type::now();
    std::vector<green::greenlet<void>> sleepers;
    for (int i = 0; i < 3; ++i) {
        sleepers.push_back(green::spawn([] { green::sleep(100ms); }));
    }
    green::join_all(sleepers);
    fmt::print("three greenlets sleep 100 ms each: {:.0f} ms in all\n\n",
               milliseconds_since(start));
}

void show_many(int count)
{
    const long before = resident_bytes();
    auto start = clock_type::now();
    std::vector<green::greenlet<void>> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(green::spawn([] { green::sleep(0ms); }));
    }
    const double spawned = milliseconds_since(start);
    green::sleep(0ms); // every one has started, and waits
    const long memory = resident_bytes() - before;
    start = clock_type::now();
    green::join_all(all);
    fmt::print("\n{} greenlets: spawned in {:.0f} ms, ended in {:.0f} ms, {:.1f} KiB each\n", count,
               spawned, milliseconds_since(start), static_cast<double>(memory) / count / 1024);
}

int run(const given::arguments& arguments)
{
    ping_pong(2, [](const std::string& word) { fmt::print("{}\n", word); });
    show_sleepers();

    fmt::print("there and back, by              ns\n");
    fmt::print("given::switch_to          {:8.0f}\n", each(500'000, switch_contexts));
    fmt::print("swapcontext of libc       {:8.0f}\n", each(100'000, switch_ucontexts));
    fmt::print("green::sleep(0ms)         {:8.0f}\n", each(100'000, take_turns));
    fmt::print("two threads               {:8.0f}\n", each(20'000, hand_over));
    show_many(arguments.number("GREENLETS"));
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
