// What a GIL does to a program, in four parts: updates that it does not save, threads that it does
// and does not slow down, a request that queues behind a computation, and what the reference
// counts cost that it makes cheap.
//
// Each part starts its threads with std::async and waits for all of them; the convoy's thread that
// computes is told to stop between two bytecodes.
//
// SPDX-License-Identifier: MIT
#include "gil.hpp"

#include "given/arguments.hpp"
#include "given/bytecode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using given::interpreter_lock;
using std::chrono::microseconds;

constexpr const char* usage =
    R"(usage: ex04_gil [--lost] [--speed] [--convoy] [--price] [--interval MICROSECONDS]
  --lost      n += 1 in two threads under the GIL: how many updates are left
  --speed     CPU-bound and I/O-bound work, 1 and 5 threads, with and without the GIL
  --convoy    the latency of a small request beside a thread that computes
  --price     a reference count: plain, shared atomic, per thread, biased
  --interval  how long a thread waits before it asks for the GIL; Python's if not given
All four parts if none is named.
MICROSECONDS: 1 to 1000000, 5000 if not given
)";

/// Runs body(0) to body(threads - 1) at once, each in a thread of its own; returns the seconds from
/// start to the end of the last. Throws what the first failing thread threw.
double seconds_for(int threads, const std::function<void(int)>& body)
{
    std::latch all_ready{threads + 1};
    std::vector<std::future<void>> running;
    for (int number = 0; number < threads; ++number) {
        running.push_back(std::async(std::launch::async, [&, number] {
            all_ready.arrive_and_wait();
            body(number);
        }));
    }
    const auto start = std::chrono::steady_clock::now();
    all_ready.arrive_and_wait();
    for (std::future<void>& thread : running) {
        thread.wait();
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    for (std::future<void>& thread : running) {
        thread.get();
    }
    return taken.count();
}

// --- n += 1 ---------------------------------------------------------------------------------

void show_lost_updates(microseconds interval)
{
    constexpr long rounds = 2'000'000;
    fmt::print("n += 1 is LOAD, ADD, STORE; {} times in each thread, all under the GIL\n", rounds);
    fmt::print("  {:>7}  {:>12}  {:>10}  {:>10}  {:>6}\n", "threads", "interval, us", "expected",
               "n", "lost");
    const std::vector<std::pair<int, microseconds>> rows = {
        {1, interval}, {2, interval}, {2, interval / 10 + 1us}};
    for (const auto& [threads, patience] : rows) {
        gil lock{patience};
        const interpreter_lock held = interpreter_lock_of(lock);
        std::vector<long> variables{0};
        seconds_for(threads,
                    [&](int) { given::run(given::increment(0), variables, rounds, held); });
        const long expected = threads * rounds;
        fmt::print("  {:>7}  {:>12}  {:>10}  {:>10}  {:>4.0f} %\n", threads, patience.count(),
                   expected, variables[0], 100.0 * (expected - variables[0]) / expected);
    }
}

// --- CPU-bound and I/O-bound ----------------------------------------------------------------

/// Seconds for `rounds` of the bytecode, shared out evenly among the threads, each of which counts
/// in variables of its own.
double seconds_to_run(const std::vector<given::instruction>& bytecode, long rounds, int threads,
                      const interpreter_lock& lock)
{
    return seconds_for(threads, [&](int) {
        std::vector<long> own{0}; // made in the thread, so that no two share a cache line
        given::run(bytecode, own, rounds / threads, lock);
    });
}

void show_speed(microseconds interval)
{
    struct kind {
        const char* name;
        std::vector<given::instruction> bytecode;
        long rounds;
    };
    const std::vector<kind> kinds = {
        {"CPU-bound: 20,000,000 times n += 1", given::increment(0), 20'000'000},
        {"I/O-bound: 10 calls that block 20 ms", {{given::opcode::sleep, 20'000}}, 10},
    };
    fmt::print("The same work by 1 and by 5 threads, ms ({} cores here)\n",
               std::thread::hardware_concurrency());
    fmt::print("  {:<38}  {:>8}  {:>9}  {:>8}\n", "", "1 thread", "5 threads", "speed-up");
    for (const auto& [name, bytecode, rounds] : kinds) {
        for (const bool with_gil : {true, false}) {
            gil lock{interval};
            const interpreter_lock held = with_gil ? interpreter_lock_of(lock) : given::no_lock();
            const double one = seconds_to_run(bytecode, rounds, 1, held);
            const double five = seconds_to_run(bytecode, rounds, 5, held);
            fmt::print("  {:<38}  {:>8.0f}  {:>9.0f}  {:>8.2f}  {}\n", with_gil ? name : "",
                       one * 1e3, five * 1e3, one / five, with_gil ? "with GIL" : "without");
        }
    }
}

// --- the convoy -----------------------------------------------------------------------------

/// Two connected sockets, as a client and a server hold them.
class connection {
public:
    connection()
    {
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()) != 0) {
            throw std::system_error(errno, std::generic_category(), "socketpair");
        }
    }
    ~connection()
    {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    int client() const { return ends_[0]; }
    int server() const { return ends_[1]; }

private:
    std::array<int, 2> ends_{};
};

/// Blocks for one byte; false when there is none to come.
bool read_byte(int socket)
{
    char byte;
    return ::recv(socket, &byte, 1, 0) == 1;
}

bool write_byte(int socket)
{
    const char byte = '.';
    return ::send(socket, &byte, 1, MSG_NOSIGNAL) == 1;
}

/// A thread of an interpreter that answers each byte with a byte, until the client hangs up. Its
/// calls that block are made without the GIL, and what little it does in between is done under it.
void serve(int socket, const interpreter_lock& lock)
{
    bool connected = true;
    lock.acquire();
    try {
        while (connected) {
            lock.allow_threads([&] { connected = read_byte(socket); });
            if (connected) {
                lock.allow_threads([&] { connected = write_byte(socket); });
            }
        }
    } catch (...) {
        ::shutdown(socket, SHUT_RDWR); // the client must not wait for a reply
        lock.release();
        throw;
    }
    lock.release();
}

/// A thread of an interpreter that counts until `stop`; returns how far it came. Counts `running`
/// down as soon as it has the GIL, or has failed.
long compute(std::latch& running, const std::atomic<bool>& stop, const interpreter_lock& lock)
{
    struct stopped {};
    bool announced = false;
    const auto announce = [&] {
        if (!std::exchange(announced, true)) {
            running.count_down();
        }
    };
    interpreter_lock stoppable = lock;
    stoppable.check_interval = [&] {
        announce();
        lock.check_interval();
        if (stop) {
            throw stopped{};
        }
    };
    std::vector<long> own{0};
    try {
        given::run(given::increment(0), own, std::numeric_limits<long>::max(), stoppable);
    } catch (const stopped&) {
    } catch (...) {
        announce();
        throw;
    }
    return own[0];
}

struct convoy_figures {
    std::vector<double> latencies; // microseconds, ascending
    double rounds_per_second = 0;  // of the thread that computes
};

/// Requests, one after another with a pause between them, to a thread under `lock`, beside a thread
/// under the same lock that computes, or beside none. The client is no interpreter and needs no
/// lock.
convoy_figures ride(bool computing, const interpreter_lock& lock)
{
    constexpr int requests = 200;
    constexpr auto pause = 1ms; // as between the requests of any client; nothing depends on it
    using clock = std::chrono::steady_clock;
    using us = std::chrono::duration<double, std::micro>;
    const connection link;
    std::atomic<bool> stop = false;
    convoy_figures figures;
    std::future<long> computer;
    const clock::time_point start = clock::now();
    std::latch running{1};
    if (computing) {
        computer = std::async(std::launch::async, [&] { return compute(running, stop, lock); });
        running.wait();
    }
    std::future<void> server = std::async(std::launch::async, [&] { serve(link.server(), lock); });

    for (int request = 0; request < requests; ++request) {
        const clock::time_point sent = clock::now();
        if (!write_byte(link.client()) || !read_byte(link.client())) {
            break; // the server has failed, and says why below
        }
        figures.latencies.push_back(us(clock::now() - sent).count());
        std::this_thread::sleep_for(pause);
    }
    const std::chrono::duration<double> taken = clock::now() - start;
    stop = true;
    ::shutdown(link.client(), SHUT_RDWR);
    server.get();
    if (computing) {
        figures.rounds_per_second = computer.get() / taken.count();
    }
    std::ranges::sort(figures.latencies);
    return figures;
}

void show_convoy(microseconds interval)
{
    struct row {
        const char* name;
        std::optional<microseconds> interval; // none: without GIL
        bool computing;
    };
    const std::vector<row> rows = {
        {"without GIL, alone", {}, false},
        {"without GIL, beside one that computes", {}, true},
        {"with GIL, alone", interval, false},
        {"with GIL, beside one that computes", interval, true},
        {"the same, a tenth of the interval", interval / 10 + 1us, true},
        {"the same, a hundredth", interval / 100 + 1us, true},
    };
    fmt::print("A request of one byte, answered by an interpreter's thread: latency, us\n");
    fmt::print("  {:<38}  {:>8}  {:>6}  {:>6}  {:>6}  {:>6}  {:>14}\n", "", "interval", "min",
               "median", "p99", "max", "computed, 1/us");
    for (const row& each : rows) {
        gil lock{each.interval.value_or(interval)};
        const convoy_figures figures =
            ride(each.computing, each.interval ? interpreter_lock_of(lock) : given::no_lock());
        const auto quantile = [&](double q) {
            return figures.latencies.at(q * (figures.latencies.size() - 1));
        };
        fmt::print("  {:<38}  {:>8}  {:>6.0f}  {:>6.0f}  {:>6.0f}  {:>6.0f}  {:>14}\n", each.name,
                   each.interval ? std::to_string(each.interval->count()) : "-", quantile(0),
                   quantile(0.5), quantile(0.99), quantile(1),
                   each.computing ? fmt::format("{:.1f}", figures.rounds_per_second / 1e6) : "-");
    }
}

// --- the Gilectomy's price ------------------------------------------------------------------

// Four ways to count references to an object that starts with one. "Plain" is a load, an addition
// and a store, as under a GIL; the loads and stores are atomic only so that it is no undefined
// behavior to see it fail with two threads. Each count has its cache line to itself.
constexpr int most_counters = 2;

void add_plainly(std::atomic<long>& count, long change)
{
    count.store(count.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

struct plain_count {
    static constexpr const char* name = "plain, as the GIL allows";
    alignas(64) std::atomic<long> count = 1;

    void add(int, long change) { add_plainly(count, change); }
    long total() const { return count; }
};

struct shared_count {
    static constexpr const char* name = "one atomic, shared";
    alignas(64) std::atomic<long> count = 1;

    void add(int, long change) { count.fetch_add(change); }
    long total() const { return count; }
};

struct per_thread_count {
    static constexpr const char* name = "one plain count per thread";
    struct alignas(64) slot {
        std::atomic<long> count = 0;
    };
    std::array<slot, most_counters> slots{};

    per_thread_count() { slots[0].count = 1; }
    void add(int thread, long change) { add_plainly(slots[thread].count, change); }
    long total() const { return slots[0].count + slots[1].count; }
};

struct biased_count {
    static constexpr const char* name = "biased: plain for thread 0";
    alignas(64) std::atomic<long> owners = 1;
    alignas(64) std::atomic<long> others = 0;

    void add(int thread, long change)
    {
        if (thread == 0) {
            add_plainly(owners, change);
        } else {
            others.fetch_add(change);
        }
    }
    long total() const { return owners + others; }
};

template <class Count>
void show_price_of()
{
    constexpr long pairs = 10'000'000;
    fmt::print("  {:<28}", Count::name);
    for (int threads = 1; threads <= most_counters; ++threads) {
        Count count;
        const double seconds = seconds_for(threads, [&](int thread) {
            for (long pair = 0; pair < pairs; ++pair) {
                count.add(thread, 1);
                count.add(thread, -1);
            }
        });
        fmt::print("  {:>10.1f}  {:>12}", seconds * 1e9 / pairs, count.total());
    }
    fmt::print("\n");
}

void show_price()
{
    fmt::print(
        "One reference taken and dropped, ns, and the count at the end, which should be 1\n");
    fmt::print("  {:<28}  {:>10}  {:>12}  {:>10}  {:>12}\n", "", "1 thread", "count", "2 threads",
               "count");
    show_price_of<plain_count>();
    show_price_of<shared_count>();
    show_price_of<per_thread_count>();
    show_price_of<biased_count>();
}

int show(const given::arguments& arguments)
{
    const microseconds interval(arguments.number("MICROSECONDS"));
    const std::vector<std::pair<std::string, std::function<void()>>> parts = {
        {"--lost", [&] { show_lost_updates(interval); }},
        {"--speed", [&] { show_speed(interval); }},
        {"--convoy", [&] { show_convoy(interval); }},
        {"--price", show_price},
    };
    const bool all =
        std::ranges::none_of(parts, [&](const auto& part) { return arguments.has(part.first); });
    bool first = true;
    for (const auto& [name, part] : parts) {
        if (all || arguments.has(name)) {
            if (!first) {
                fmt::print("\n");
            }
            part();
            first = false;
        }
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, show);
}
