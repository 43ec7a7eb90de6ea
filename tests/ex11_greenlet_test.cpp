// Greenlets are deterministic: between two waits nothing else runs. So most of these tests need no
// explorer; each writes down the order in which things happened, and compares it. What other
// threads, the network and the clock bring may come at any moment: there the explorer chooses it.
//
// SPDX-License-Identifier: MIT
#include "greenlet.hpp"
#include "ping_pong.hpp"

#include "given/context.hpp"
#include "given/yield.hpp"
#include "support/catch.hpp"
#include "support/explored_greenlets.hpp"
#include "support/in_a_child.hpp"
#include "support/rendezvous.hpp"
#include "support/silent_port.hpp"
#include "support/thread_state.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

// There when the program is built with AddressSanitizer.
extern "C" {
[[gnu::weak]] void __lsan_disable();
[[gnu::weak]] void __lsan_enable();
}

using namespace std::chrono_literals;
using asio::ip::tcp;

namespace {

using words = std::vector<std::string>;

// Another thread that does this to a greenlet, before it has ended and after that, gets a
// std::logic_error.
template <typename Deed>
void refuse_elsewhere(const Deed& deed)
{
    auto one = green::spawn([] { return 1; });
    const auto is_refused = [&] {
        bool refused = false;
        std::thread([&] {
            try {
                deed(one);
            } catch (const std::logic_error&) {
                refused = true;
            }
        }).join();
        return refused;
    };
    const bool refused_before_its_end = is_refused();
    const int result = one.get();
    const bool refused_after_its_end = is_refused();

    REQUIRE(refused_before_its_end);
    REQUIRE(result == 1);
    REQUIRE(refused_after_its_end);
}

// Two ends of one connection over loopback.
struct connection {
    connection()
    {
        tcp::acceptor acceptor(green::loop(), {asio::ip::address_v4::loopback(), 0});
        here.connect(acceptor.local_endpoint());
        acceptor.accept(there);
    }

    tcp::socket here{green::loop()};
    tcp::socket there{green::loop()};
};

// On another thread: writes once the hub has nobody to run and waits for the world outside.
void write_when_all_wait(tcp::socket& to)
{
    support::eventually(support::first_thread_waits);
    asio::write(to, asio::buffer("x", 1));
}

// While one of these lives, LeakSanitizer does not mind what this thread allocates: a case that
// leaves greenlets behind leaves behind what lies on their stacks.
class leaks_allowed {
public:
    leaks_allowed()
    {
        if (__lsan_disable) {
            __lsan_disable();
        }
    }
    ~leaks_allowed()
    {
        if (__lsan_enable) {
            __lsan_enable();
        }
    }
};

// How many pieces of its address space, as large as a stack's guard, the process may not touch.
int guards()
{
    std::ifstream maps("/proc/self/maps");
    int count = 0;
    for (std::string line; std::getline(maps, line);) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ---p", &from, &to) == 2 &&
            line.find(" ---p ") != std::string::npos && to - from == given::context::guard_bytes) {
            ++count;
        }
    }
    return count;
}

// Uses more stack in each call than the last; the compiler cannot see that it never returns.
[[gnu::noinline]] int dig(int depth, bool stop)
{
    volatile char frame[1000] = {};
    frame[0] = static_cast<char>(depth);
    return stop ? 0 : dig(depth + 1, depth < 0) + frame[0];
}

// A wait that is bounded by the io_context, for what a wrong answer may never do.
class too_late {
public:
    too_late()
    {
        clock_.expires_after(5s);
        clock_.async_wait([came = came_](std::error_code error) {
            if (!error) {
                *came = true;
            }
        });
    }

    bool came() const { return *came_; }

private:
    std::shared_ptr<bool> came_ = std::make_shared<bool>(false);
    asio::steady_timer clock_{green::loop()};
};

#if defined(__SANITIZE_THREAD__)
constexpr int very_many = 2'000; // g++ 12's runtime aborts at 10,000
#else
constexpr int very_many = 10'000;
#endif

// Each of so many greenlets waits for the one before it. How far the last one counts.
int count_along_a_chain(int count)
{
    std::vector<green::greenlet<int>> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        all.push_back(green::spawn([&all, i] {
            const int before = i == 0 ? 0 : all[static_cast<std::size_t>(i) - 1].get();
            green::spawn([] {}).join();
            return before + 1;
        }));
    }
    return all.back().get();
}

// So many greenlets sleep, and then give way ten times. The sum of their numbers, from 1 on.
long sum_of_sleepers(int count)
{
    std::vector<green::greenlet<int>> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int i = 1; i <= count; ++i) {
        all.push_back(green::spawn([i] {
            green::sleep(std::chrono::microseconds(i % 100));
            for (int turn = 0; turn < 10; ++turn) {
                green::sleep(0ms);
            }
            return i;
        }));
    }
    long sum = 0;
    for (const auto& one : all) {
        sum += one.get();
    }
    return sum;
}

void explore_greenlets(const std::function<void()>& body, explorer::options chosen = {})
{
    chosen.one_in = 10;
    support::explore_greenlets(body, chosen);
}

} // namespace

// --- step 1: two contexts

TEST_CASE("ping and pong take turns", "[ex11][step1]")
{
    words said;
    ping_pong(3, [&](const std::string& word) { said.push_back(word); });

    REQUIRE(said == words{"ping 1", "pong 1", "ping 2", "pong 2", "ping 3", "pong 3"});
}

TEST_CASE("ping and pong each have a stack of their own", "[ex11][step1]")
{
    std::set<const given::context*> pings;
    std::set<const given::context*> pongs;
    ping_pong(3, [&](const std::string& word) {
        (word.starts_with("ping") ? pings : pongs).insert(&given::context::current());
    });

    REQUIRE(pings.size() == 1);
    REQUIRE(pongs.size() == 1);
    REQUIRE(*pings.begin() != *pongs.begin());
    REQUIRE(*pings.begin() != &given::context::current());
    REQUIRE(*pongs.begin() != &given::context::current());
}

TEST_CASE("without rounds there are no words", "[ex11][step1]")
{
    words said;
    ping_pong(0, [&](const std::string& word) { said.push_back(word); });
    ping_pong(-1, [&](const std::string& word) { said.push_back(word); });

    REQUIRE(said.empty());
}

// --- step 2: the ready queue, spawn, get and join

TEST_CASE("get returns what the greenlet returned as often as it is asked", "[ex11][step2]")
{
    auto seven = green::spawn([] { return std::string("seven"); });

    REQUIRE(seven.get() == "seven");
    REQUIRE(seven.get() == "seven");
    REQUIRE(seven.done());
    auto only =
        green::spawn([held = std::make_unique<int>(9)]() mutable { return std::move(held); });
    REQUIRE(*only.get() == 9); // cannot be copied: moved out, once
}

TEST_CASE("a greenlet does not run before somebody waits", "[ex11][step2]")
{
    bool ran = false;
    auto one = green::spawn([&] { ran = true; });

    REQUIRE_FALSE(ran);
    REQUIRE_FALSE(one.done());
    one.join();
    REQUIRE(ran);
    REQUIRE(one.done());
}

TEST_CASE("greenlets start in the order in which they were spawned", "[ex11][step2]")
{
    words order;
    std::vector<green::greenlet<void>> all;
    for (const char* name : {"a", "b", "c", "d"}) {
        all.push_back(green::spawn([&order, name] { order.push_back(name); }));
    }
    green::join_all(all);

    REQUIRE(order == words{"a", "b", "c", "d"});
}

TEST_CASE("a greenlet spawned by another comes after those who are ready", "[ex11][step2]")
{
    words order;
    auto first = green::spawn([&] {
        green::spawn([&] { order.push_back("child"); });
        order.push_back("first");
    });
    auto second = green::spawn([&] { order.push_back("second"); });
    auto last = green::spawn([&] {
        order.push_back("last");
        green::spawn([&] { order.push_back("last's child"); }).join();
    });
    green::join_all(std::vector<green::any_greenlet>{first, second, last});

    REQUIRE(order == words{"first", "second", "last", "child", "last's child"});
}

TEST_CASE("a greenlet runs without a break until it waits", "[ex11][step2]")
{
    int inside = 0;
    int most = 0;
    std::vector<green::greenlet<void>> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(green::spawn([&] {
            most = std::max(most, ++inside);
            auto child = green::spawn([] {}); // neither spawn nor wake() is a wait
            green::wake(green::prepare_wait());
            --inside;
            child.join();
        }));
    }
    green::join_all(all);

    REQUIRE(most == 1);
}

TEST_CASE("locals and caught exceptions survive while others run", "[ex11][step2]")
{
    std::set<const given::context*> stacks;
    auto add_up = [&](int seed) {
        std::array<int, 1000> numbers{};
        std::iota(numbers.begin(), numbers.end(), seed);
        try {
            throw seed;
        } catch (int) {
            for (int i = 0; i < 10; ++i) {
                stacks.insert(&given::context::current());
                green::spawn([] {}).join(); // the others throw and catch meanwhile
            }
            try {
                throw; // the exception that this greenlet is handling
            } catch (int caught) {
                return std::accumulate(numbers.begin(), numbers.end(), caught);
            }
        }
    };
    auto a = green::spawn([&] { return add_up(0); });
    auto b = green::spawn([&] { return add_up(1); });
    auto c = green::spawn([&] { return add_up(2); });

    REQUIRE(a.get() == 499500);
    REQUIRE(b.get() == 500501);
    REQUIRE(c.get() == 501502);
    REQUIRE(stacks.size() == 3);
    REQUIRE(stacks.count(&given::context::current()) == 0);
    REQUIRE(std::uncaught_exceptions() == 0);
}

TEST_CASE("one who waits goes on although another still waits inside it", "[ex11][step2]")
{
    // a waits, b runs and waits for longer, then a's wait ends: a must not need b to go first.
    words order;
    green::ticket for_a;
    green::ticket for_b;
    auto a = green::spawn([&] {
        for_a = green::prepare_wait();
        green::wait(for_a);
        order.push_back("a");
        green::wake(for_b);
    });
    auto b = green::spawn([&] {
        for_b = green::prepare_wait();
        green::wake(for_a);
        green::wait(for_b);
        order.push_back("b");
    });
    b.join();

    REQUIRE(order == words{"a", "b"});
    REQUIRE(a.done());
}

TEST_CASE("get throws what the greenlet threw each time with its type", "[ex11][step2]")
{
    struct own_error : std::runtime_error {
        own_error() : std::runtime_error("boom") {}
        int detail = 42;
    };
    auto failed = green::spawn([]() -> int { throw own_error(); });

    for (int time = 1; time <= 2; ++time) {
        int detail = 0;
        try {
            failed.get();
        } catch (const own_error& error) {
            detail = error.detail;
        }
        REQUIRE(detail == 42);
    }
}

TEST_CASE("join waits for the end however the greenlet ended", "[ex11][step2]")
{
    auto failed = green::spawn([]() -> int { throw 5; });
    failed.join();

    REQUIRE(failed.done());
    REQUIRE_THROWS_AS(failed.get(), int);
}

TEST_CASE("an exception inside one greenlet leaves the others alone", "[ex11][step2]")
{
    auto failed = green::spawn([]() -> int { throw std::runtime_error("boom"); });
    auto fine = green::spawn([] { return 7; });

    REQUIRE(fine.get() == 7);
    REQUIRE_THROWS_WITH(failed.get(), "boom");
}

TEST_CASE("everybody who waits for a greenlet is woken also when it fails", "[ex11][step2]")
{
    const bool fails = GENERATE(false, true);
    words order;
    green::ticket go;
    auto awaited = green::spawn([&] {
        go = green::prepare_wait();
        green::wait(go);
        if (fails) {
            throw std::runtime_error("boom");
        }
    });
    std::vector<green::greenlet<void>> askers;
    for (const char* name : {"a", "b", "c"}) {
        askers.push_back(green::spawn([&, name] {
            try {
                awaited.get();
                order.push_back(name);
            } catch (const std::runtime_error& error) {
                order.push_back(std::string(name) + ": " + error.what());
            }
        }));
    }
    auto waker = green::spawn([&] { green::wake(go); });
    green::join_all(askers);

    REQUIRE(order == (fails ? words{"a: boom", "b: boom", "c: boom"} : words{"a", "b", "c"}));
}

TEST_CASE("a wait that is ended before it begins does not suspend", "[ex11][step2]")
{
    words order;
    auto one = green::spawn([&] {
        const green::ticket turn = green::prepare_wait();
        green::wake(turn); // the operation completed at once
        green::wait(turn);
        order.push_back("went on");
    });
    auto two = green::spawn([&] { order.push_back("two"); });
    green::join_all(std::vector<green::any_greenlet>{one, two});

    REQUIRE(order == words{"went on", "two"});
}

TEST_CASE("only the first wake-up of a wait counts", "[ex11][step2]")
{
    words order;
    green::ticket first;
    green::ticket second;
    auto waiting = green::spawn([&] {
        first = green::prepare_wait();
        green::wait(first);
        order.push_back("first wait over");
        second = green::prepare_wait();
        green::wait(second);
        order.push_back("second wait over");
    });
    auto waker = green::spawn([&] {
        green::wake(first);
        green::wake(first); // a timer that fires although the data has come
        green::spawn([] {}).join();
        green::wake(first);
        green::spawn([] {}).join();
        order.push_back("now the second");
        green::wake(second);
    });
    green::join_all(std::vector<green::any_greenlet>{waiting, waker});

    REQUIRE(order == words{"first wait over", "now the second", "second wait over"});
}

TEST_CASE("greenlets go on in the order in which they were woken", "[ex11][step2]")
{
    words order;
    std::array<green::ticket, 3> turns;
    std::vector<green::greenlet<void>> all;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        all.push_back(green::spawn([&, i] {
            turns[i] = green::prepare_wait();
            green::wait(turns[i]);
            order.push_back(std::to_string(i));
        }));
    }
    auto waker = green::spawn([&] {
        for (const std::size_t i : {2, 0, 1}) {
            green::wake(turns[i]);
        }
        order.push_back("woken"); // wake() does not switch
    });
    green::join_all(all);

    REQUIRE(order == words{"woken", "2", "0", "1"});
}

TEST_CASE("a wake-up from another thread goes on in the greenlet's own thread", "[ex11][step2]")
{
    const too_late bound;
    std::thread::id resumed_on;
    std::thread foreign;
    auto one = green::spawn([&] {
        const green::ticket turn = green::prepare_wait();
        auto work = asio::make_work_guard(green::loop());
        foreign = std::thread([turn, work] {
            support::eventually(support::first_thread_waits); // the hub has nobody to run
            green::wake(turn);
        });
        green::wait(turn);
        resumed_on = std::this_thread::get_id();
    });
    one.join();
    const bool in_time = !bound.came();
    foreign.join();

    REQUIRE(in_time); // the hub heard of it, and was not woken by something else later
    REQUIRE(resumed_on == std::this_thread::get_id());
}

TEST_CASE("whenever other threads wake a greenlet it goes on once", "[ex11][step2][explore]")
{
    explore_greenlets([] {
        const auto somebody_will_call = asio::make_work_guard(green::loop());
        const green::ticket first = green::prepare_wait();
        std::thread one([first] { green::wake(first); });
        std::thread other([first] { green::wake(first); });
        green::wait(first);
        const green::ticket second = green::prepare_wait();
        bool woken = false;
        auto waker = green::spawn([&] {
            one.join();
            other.join();
            green::sleep(0ms); // by now both have been heard
            woken = true;
            green::wake(second);
        });
        green::wait(second);
        EXPLORE_REQUIRE(woken);
        waker.join();
    });
}

TEST_CASE("a wake-up by another thread may come after the end", "[ex11][step2][explore]")
{
    explore_greenlets([] {
        std::thread late;
        int ended = 0;
        green::spawn([&] {
            const green::ticket turn = green::prepare_wait();
            late = std::thread([turn] { green::wake(turn); });
            green::wake(turn);
            green::wait(turn);
            ++ended;
        });
        green::spawn([] {}).join(); // the first has had its turn; nobody keeps a handle to it
        green::sleep(0ms);
        late.join();
        EXPLORE_REQUIRE(ended == 1);
    });
}

TEST_CASE("main can wait and be woken like a greenlet", "[ex11][step2]")
{
    words order;
    const green::ticket turn = green::prepare_wait();
    auto one = green::spawn([&] {
        order.push_back("one");
        green::wake(turn);
        order.push_back("still one");
    });
    green::wait(turn);
    order.push_back("main");

    REQUIRE(order == words{"one", "still one", "main"});
    REQUIRE(green::current_name() == "main");
    REQUIRE(one.done());
}

TEST_CASE("a ticket is good for its own greenlet only", "[ex11][step2]")
{
    const green::ticket mains = green::prepare_wait();
    auto thief = green::spawn([&] { green::wait(mains); });

    REQUIRE_THROWS_AS(thief.get(), std::logic_error);
}

TEST_CASE("a greenlet has the name it was given or a number", "[ex11][step2]")
{
    std::string inside;
    auto named = green::spawn("worker", [&] { inside = green::current_name(); });
    auto second = green::spawn([] { return green::current_name(); });
    const std::string odd = "100%s " + std::string(300, 'x');
    auto long_name = green::spawn(odd, [] { return green::current_name(); });

    REQUIRE(long_name.name() == odd);
    REQUIRE(long_name.get() == odd);
    REQUIRE(named.name() == "worker");
    REQUIRE(second.name() == "greenlet #2");
    REQUIRE(second.get() == "greenlet #2");
    REQUIRE(inside == "worker");
}

TEST_CASE("a greenlet that waits for itself is told so", "[ex11][step2]")
{
    std::optional<green::greenlet<void>> self;
    self = green::spawn([&] { self->join(); });

    INFO("the greenlet calls join() of its own handle: that must throw there, and not wait");
    REQUIRE_THROWS_AS(self->get(), std::logic_error);
}

TEST_CASE("another thread cannot join a greenlet", "[ex11][step2]")
{
    refuse_elsewhere([](green::greenlet<int>& one) { one.join(); });
}

TEST_CASE("each thread has greenlets of its own", "[ex11][step2]")
{
    auto here = green::spawn([] { return std::this_thread::get_id(); });
    std::thread::id there;
    std::thread::id runner;
    std::thread([&] {
        there = std::this_thread::get_id();
        runner = green::spawn([] { return std::this_thread::get_id(); }).get();
    }).join();

    REQUIRE(runner == there);
    REQUIRE_FALSE(here.done());
    REQUIRE(here.get() == std::this_thread::get_id());
}

TEST_CASE("a greenlet runs on although nobody kept its handle", "[ex11][step2]")
{
    bool ran = false;
    green::spawn([&] { ran = true; });
    green::spawn([] {}).join();

    REQUIRE(ran);
}

TEST_CASE("the callable and what it holds are destroyed as the greenlet ends", "[ex11][step2]")
{
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = held;
    auto one = green::spawn([held = std::move(held)] { return *held; });

    REQUIRE(one.get() == 1);
    REQUIRE(watch.expired()); // although the handle is still here
}

TEST_CASE("a stack is freed when its greenlet has ended", "[ex11][step2]")
{
    green::spawn([] {}).join();
    std::vector<green::greenlet<void>> kept;
    const int before = guards();
    for (int i = 0; i < 100; ++i) {
        kept.push_back(green::spawn([] {}));
    }
    green::join_all(kept);

    REQUIRE(guards() < before + 50);
}

TEST_CASE("a failure that nobody asked for is reported once with the name", "[ex11][step2]")
{
    const support::ended child = support::in_a_child([] {
        {
            auto copied = green::spawn("lost one", [] { throw std::runtime_error("boom"); });
            auto copy = copied;
            copied.join();
            auto asked = green::spawn("asked one", [] { throw std::runtime_error("heard"); });
            try {
                asked.get();
            } catch (const std::runtime_error&) {
            }
        }
    });

    REQUIRE(child.status == 0);
    REQUIRE(child.said == "lost one failed, and nobody asked: boom\n");
}

TEST_CASE("a stack overflow ends the program with a message", "[ex11][step2]")
{
    const support::ended child = support::in_a_child([] {
        std::signal(SIGABRT, SIG_DFL);
        green::spawn("the deep one", [] { return dig(0, false); }).join();
    });

    REQUIRE_FALSE((WIFEXITED(child.status) && WEXITSTATUS(child.status) == 0));
#if defined(__SANITIZE_ADDRESS__)
    REQUIRE(child.said.find("stack-overflow") != std::string::npos);
#else
    REQUIRE(child.said.find("stack overflow in the deep one") != std::string::npos);
#endif
}

TEST_CASE("2000 greenlets wait for one another", "[ex11][step2]")
{
    REQUIRE(count_along_a_chain(2'000) == 2'000);
}

TEST_CASE("10000 greenlets wait for one another", "[ex11][step2][soak]")
{
    REQUIRE(count_along_a_chain(very_many) == very_many);
}

// --- step 3: the world outside

TEST_CASE("sleepers sleep at the same time and wake by their clocks", "[ex11][step3]")
{
    words order;
    auto sleeper = [&](const char* name, std::chrono::milliseconds time) {
        return green::spawn([&order, name, time] {
            green::sleep(time);
            order.push_back(name);
        });
    };
    auto late = sleeper("late", 150ms);
    auto middle = sleeper("middle", 80ms);
    auto early = sleeper("early", 10ms);
    auto awake = green::spawn([&] { order.push_back("awake"); });
    green::join_all(std::vector<green::any_greenlet>{late, middle, early, awake});

    REQUIRE(order == words{"awake", "early", "middle", "late"});
}

TEST_CASE("a sleep lasts as long as it was asked to", "[ex11][step3]")
{
    // A timer beside it: however late the thread gets the processor, theirs is the order in which
    // they end.
    words order;
    asio::steady_timer clock(green::loop(), 100ms);
    const auto before = std::chrono::steady_clock::now();
    auto shorter = green::spawn([&] {
        clock.async_wait(green::yield);
        order.push_back("100 ms");
    });
    auto longer = green::spawn([&] {
        green::sleep(200ms);
        order.push_back("200 ms");
    });
    green::join_all(std::vector<green::any_greenlet>{shorter, longer});

    REQUIRE(std::chrono::steady_clock::now() - before >= 200ms);
    REQUIRE(order == words{"100 ms", "200 ms"});
}

TEST_CASE("a sleep of less than a millisecond is not cut short", "[ex11][step3]")
{
    for (int i = 0; i < 20; ++i) {
        const std::chrono::nanoseconds time = i % 2 == 0 ? 999'999ns : 1'999'999ns;
        const auto before = std::chrono::steady_clock::now();
        green::sleep(time);
        REQUIRE(std::chrono::steady_clock::now() - before >= time);
    }
}

TEST_CASE("a sleep may last for hours and others sleep meanwhile", "[ex11][step3][explore]")
{
    explore_greenlets([] {
        words order;
        const auto before = std::chrono::steady_clock::now();
        auto sleeper = [&](const char* name, std::chrono::nanoseconds time) {
            return green::spawn(name, [&, name, time] {
                green::sleep(time);
                EXPLORE_REQUIRE(std::chrono::steady_clock::now() - before >= time);
                order.push_back(name);
            });
        };
        auto hours = sleeper("hours", 3h);
        auto minutes = sleeper("minutes", 50min);
        auto seconds = sleeper("seconds", 7s);
        hours.join();
        EXPLORE_REQUIRE(order == words{"seconds", "minutes", "hours"});
    });
}

TEST_CASE("a sleep for ever does not end", "[ex11][step3]")
{
    bool woke_up = false;
    std::thread([&] { // whose greenlets are forgotten when it ends
        const leaks_allowed here;
        green::spawn([&] {
            green::sleep(std::chrono::nanoseconds::max());
            woke_up = true;
        });
        green::sleep(1ms);
        green::sleep(1ms); // what is over at once is over by now
    })
        .join();

    REQUIRE_FALSE(woke_up);
}

TEST_CASE("a sleep of zero or less is one turn for everybody who is ready", "[ex11][step3]")
{
    const auto time = GENERATE(0ms, -1h);
    words order;
    auto counting = [&](const char* name) {
        return green::spawn([&order, name, time] {
            for (int i = 1; i <= 3; ++i) {
                order.push_back(name + std::to_string(i));
                green::sleep(time);
            }
        });
    };
    auto a = counting("a");
    auto b = counting("b");
    green::join_all(std::vector<green::any_greenlet>{a, b});

    REQUIRE(order == words{"a1", "b1", "a2", "b2", "a3", "b3"});
}

TEST_CASE("turns of zero sleep let timers and sockets in too", "[ex11][step3]")
{
    const bool in_main = GENERATE(true, false);
    auto slept = green::spawn([] { green::sleep(1ms); });
    auto spin = [&] {
        const auto stop = std::chrono::steady_clock::now() + 5s; // for those who let nobody in
        while (!slept.done() && std::chrono::steady_clock::now() < stop) {
            green::sleep(0ms);
        }
    };
    if (in_main) {
        spin();
    } else {
        green::spawn(spin).join();
    }

    REQUIRE(slept.done());
}

TEST_CASE("a socket wait suspends one greenlet and not the thread", "[ex11][step3]")
{
    words order;
    connection pair;
    auto reader = green::spawn([&] {
        green::wait_readable(pair.here);
        order.push_back("readable: " + std::to_string(pair.here.available()));
    });
    auto writer = green::spawn([&] {
        for (int turn = 0; turn < 5; ++turn) {
            green::sleep(0ms); // there is time for a wait that is over too early
        }
        order.push_back("write");
        asio::write(pair.there, asio::buffer("hello", 5));
    });
    green::join_all(std::vector<green::any_greenlet>{reader, writer});

    REQUIRE(order == words{"write", "readable: 5"});
}

TEST_CASE("end of file ends a socket wait", "[ex11][step3]")
{
    connection pair;
    auto reader = green::spawn([&] {
        green::wait_readable(pair.here);
        return pair.here.available();
    });
    auto closer = green::spawn([&] { pair.there.close(); });

    REQUIRE(reader.get() == 0);
}

TEST_CASE("a socket wait that fails throws", "[ex11][step3]")
{
    connection pair;
    auto reader = green::spawn([&] { green::wait_readable(pair.here); });
    auto closer = green::spawn([&] {
        green::sleep(0ms);
        pair.here.close();
    });

    REQUIRE_THROWS_AS(reader.get(), std::system_error);
    tcp::socket never_opened(green::loop());
    REQUIRE_THROWS_AS(green::wait_readable(never_opened), std::system_error);
}

TEST_CASE("the token makes any asio operation a wait", "[ex11][step3]")
{
    connection pair;
    words order;
    auto echo = green::spawn([&] {
        std::array<char, 16> buffer{};
        const std::size_t size = pair.there.async_read_some(asio::buffer(buffer), green::yield);
        order.push_back("echo");
        asio::async_write(pair.there, asio::buffer(buffer, size), green::yield);
    });
    auto client = green::spawn([&] {
        order.push_back("client");
        asio::async_write(pair.here, asio::buffer("hello", 5), green::yield);
        std::string reply(5, ' ');
        asio::async_read(pair.here, asio::buffer(reply), green::yield);
        return reply;
    });

    REQUIRE(client.get() == "hello");
    REQUIRE(order == words{"client", "echo"});
    REQUIRE(echo.done());
}

TEST_CASE("the token throws an operation's failure or stores it", "[ex11][step3]")
{
    const support::silent_port port;
    const tcp::endpoint nobody(asio::ip::address_v4::loopback(), port.number());
    auto refused = green::spawn([&] {
        tcp::socket socket(green::loop());
        socket.async_connect(nobody, green::yield);
    });
    auto stored = green::spawn([&] {
        tcp::socket socket(green::loop());
        std::error_code error;
        socket.async_connect(nobody, green::yield[error]);
        return error;
    });

    std::error_code thrown;
    try {
        refused.get();
    } catch (const std::system_error& error) {
        thrown = error.code();
    }
    REQUIRE(thrown == asio::error::connection_refused);
    REQUIRE(stored.get() == asio::error::connection_refused);
}

TEST_CASE("an operation that ran on other threads comes back to the greenlet's", "[ex11][step3]")
{
    constexpr int count = 20;
    std::atomic<int> posted = 0;
    asio::thread_pool others(2);
    for (int i = 0; i < 2; ++i) { // they do nothing until the hub has nobody left to run
        asio::post(others, [&] {
            support::eventually([&] { return posted == count && support::first_thread_waits(); });
        });
    }
    auto travel = [&] {
        ++posted;
        asio::post(others, green::yield);
        return std::this_thread::get_id();
    };
    std::vector<green::greenlet<std::thread::id>> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(green::spawn(travel));
    }
    for (const auto& one : all) {
        REQUIRE(one.get() == std::this_thread::get_id());
    }
    others.join();
}

TEST_CASE("greenlets that have not ended with their thread are forgotten", "[ex11][step3]")
{
    bool woke_up = false;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = held;
    const auto leave_some_behind = [&](std::shared_ptr<int> with) {
        std::thread([&] {
            const leaks_allowed here;
            green::spawn([&] {
                green::sleep(1h);
                woke_up = true;
            });
            green::sleep(0ms); // it has started, and its timer lies on its stack
            green::spawn([with = std::move(with), socket = tcp::socket(green::loop())] {});
        }).join();
    };
    leave_some_behind(std::move(held));
    const int before = guards();
    for (int i = 0; i < 100; ++i) {
        leave_some_behind(nullptr);
    }
    const int after = guards();

    REQUIRE_FALSE(woke_up);
    REQUIRE(watch.expired());
    REQUIRE(after < before + 50);
}

TEST_CASE("who is woken as its thread ends is forgotten like the rest", "[ex11][step3][explore]")
{
    const auto leaves_one_behind = [] {
        bool over = false;
        std::thread([&] {
            green::ticket turn;
            green::spawn([&] {
                turn = green::prepare_wait();
                green::wait(turn);
                EXPLORE_REQUIRE(!over);
            });
            green::sleep(0ms); // it waits
            std::thread waker([turn] { green::wake(turn); });
            green::sleep(0ms); // it may have gone on
            waker.join();
            over = true;
        }).join();
    };
    // No destructor runs of what is forgotten, so it gives no memory back.
    explore_greenlets(leaves_one_behind, {.leaks = false});
}

TEST_CASE("a connection that breaks ends the wait for it alone", "[ex11][step3][explore]")
{
    explore_greenlets(
        [] {
            connection one;
            connection other;
            const auto listen_to = [](const char* name, connection& peer) {
                return green::spawn(name, [&] {
                    green::wait_readable(peer.here);
                    std::array<char, 1> byte{};
                    peer.here.async_read_some(asio::buffer(byte), green::yield);
                });
            };
            const auto say_something = [](connection& peer) {
                ::send(peer.there.native_handle(), "x", 1, MSG_NOSIGNAL);
            };
            const auto has_heard = [](const green::greenlet<void>& listener) {
                try {
                    listener.get();
                    return true;
                } catch (const std::system_error&) {
                    return false;
                }
            };
            const auto to_one = listen_to("hears one", one);
            const auto to_other = listen_to("hears other", other);
            std::thread speaks([&] { say_something(one); });
            say_something(other);
            const bool heard_one = has_heard(to_one);
            const bool heard_other = has_heard(to_other);
            speaks.join();
            EXPLORE_REQUIRE(heard_one || heard_other); // one may break
        },
        {.resets = 1});
}

TEST_CASE("main can use the token too", "[ex11][step3]")
{
    connection pair;
    const std::jthread writer([&] { write_when_all_wait(pair.there); });
    bool ran = false;
    auto other = green::spawn([&] { ran = true; });
    std::array<char, 1> byte{};
    pair.here.async_read_some(asio::buffer(byte), green::yield);

    REQUIRE(ran);
}

TEST_CASE("what the loop was given runs in the thread of whoever waits", "[ex11][step3]")
{
    std::thread::id posted;
    std::thread::id timed;
    asio::post(green::loop(), [&] { posted = std::this_thread::get_id(); });
    asio::steady_timer clock(green::loop(), 1ms);
    clock.async_wait([&](std::error_code) { timed = std::this_thread::get_id(); });
    support::eventually([&] { return clock.expiry() < asio::steady_timer::clock_type::now(); });
    const bool ran_before = posted != std::thread::id{} || timed != std::thread::id{};
    green::sleep(1ms);

    REQUIRE_FALSE(ran_before);
    REQUIRE(posted == std::this_thread::get_id());
    REQUIRE(timed == std::this_thread::get_id());
}

TEST_CASE("a plain completion handler cannot wait and is told so", "[ex11][step3]")
{
    bool refused = false;
    asio::post(green::loop(), [&] {
        try {
            green::sleep(1ms);
        } catch (const std::logic_error&) {
            refused = true;
        }
    });
    green::sleep(1ms);

    REQUIRE(refused);
}

TEST_CASE("2000 greenlets sleep and switch", "[ex11][step3]")
{
    REQUIRE(sum_of_sleepers(2'000) == 2'001'000);
}

TEST_CASE("10000 greenlets sleep and switch", "[ex11][step3][soak]")
{
    REQUIRE(sum_of_sleepers(very_many) == static_cast<long>(very_many) * (very_many + 1) / 2);
}

// --- step 4: kill

TEST_CASE("kill runs the destructors and returns when they have run", "[ex11][step4][stretch]")
{
    words order;
    auto victim = green::spawn([&] {
        const std::shared_ptr<words> farewell(
            &order, [](words* written) { written->push_back("destructor"); });
        green::sleep(1h);
        order.push_back("overslept");
    });
    green::sleep(0ms);
    victim.kill();
    order.push_back("killed");

    REQUIRE(order == words{"destructor", "killed"});
    REQUIRE(victim.done());
}

TEST_CASE("get of a killed greenlet throws killed with its name", "[ex11][step4][stretch]")
{
    auto victim = green::spawn("victim", [] { green::sleep(1h); });
    green::sleep(0ms);
    victim.kill();

    REQUIRE_THROWS_AS(victim.get(), green::killed);
    REQUIRE_THROWS_WITH(victim.get(), Catch::Matchers::StartsWith("victim"));
}

TEST_CASE("a greenlet killed before its first turn never starts", "[ex11][step4][stretch]")
{
    bool ran = false;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = held;
    auto victim = green::spawn([&ran, held = std::move(held)] { ran = true; });
    victim.kill();

    REQUIRE_FALSE(ran);
    REQUIRE(watch.expired());
    REQUIRE_THROWS_AS(victim.get(), green::killed);
}

TEST_CASE("killing one that has ended does nothing", "[ex11][step4][stretch]")
{
    auto one = green::spawn([] { return 1; });
    one.join();
    one.kill();

    REQUIRE(one.get() == 1);
}

TEST_CASE("a second kill waits and does not interrupt the cleaning up", "[ex11][step4][stretch]")
{
    words order;
    green::ticket cleaning;
    auto victim = green::spawn([&] {
        try {
            green::sleep(1h);
        } catch (const green::greenlet_exit&) {
            cleaning = green::prepare_wait();
            green::wait(cleaning);
            order.push_back("cleaned up");
            throw;
        }
    });
    auto killer = [&](const char* name) {
        auto made = green::spawn([&, name] {
            victim.kill();
            order.push_back(name);
        });
        green::sleep(0ms); // it kills
        green::sleep(0ms); // the victim begins to clean up
        return made;
    };
    green::sleep(0ms);
    auto first = killer("first");
    auto second = killer("second");
    order.push_back("still cleaning");
    green::wake(cleaning);
    green::join_all(std::vector<green::any_greenlet>{first, second});

    REQUIRE(order == words{"still cleaning", "cleaned up", "first", "second"});
}

TEST_CASE("a handler for ordinary failures does not stop a kill", "[ex11][step4][stretch]")
{
    words order;
    auto victim = green::spawn([&] {
        for (int i = 0; i < 3; ++i) {
            try {
                green::sleep(1h);
            } catch (const std::exception&) {
                order.push_back("caught");
            }
        }
    });
    green::sleep(0ms);
    victim.kill();

    REQUIRE(order.empty());
    REQUIRE_THROWS_AS(victim.get(), green::killed);
}

TEST_CASE("the wake-up that a killed greenlet waited for comes too late", "[ex11][step4][stretch]")
{
    words order;
    green::ticket old;
    green::ticket cleaning;
    auto victim = green::spawn([&] {
        try {
            old = green::prepare_wait();
            green::wait(old);
        } catch (const green::greenlet_exit&) {
            cleaning = green::prepare_wait();
            green::wait(cleaning);
            order.push_back("cleaned up");
        }
    });
    green::sleep(0ms);
    auto killer = green::spawn([&] { victim.kill(); });
    green::sleep(0ms);
    green::sleep(0ms);
    green::wake(old); // must end neither this wait nor a later one
    green::sleep(0ms);
    order.push_back("woken");
    green::wake(cleaning);
    killer.join();

    REQUIRE(order == words{"woken", "cleaned up"});
}

TEST_CASE("a kill cancels the asio operation before the stack is gone", "[ex11][step4][stretch]")
{
    connection pair;
    auto victim = green::spawn([&] {
        std::array<char, 16> on_the_stack{};
        pair.here.async_read_some(asio::buffer(on_the_stack), green::yield);
    });
    green::sleep(0ms);
    victim.kill();
    asio::write(pair.there, asio::buffer("hello", 5));
    green::sleep(0ms); // nothing reads into the stack that was
    std::string received(5, ' ');
    asio::async_read(pair.here, asio::buffer(received), green::yield);

    REQUIRE(victim.done());
    REQUIRE(received == "hello");
}

TEST_CASE("whenever a kill comes the victim ends", "[ex11][step4][stretch][explore]")
{
    explore_greenlets([] {
        connection pair;
        bool overslept = false;
        auto victim = green::spawn("victim", [&] {
            std::array<char, 1> on_the_stack{};
            pair.here.async_read_some(asio::buffer(on_the_stack), green::yield);
            green::sleep(1h);
            overslept = true;
        });
        std::thread speaks([&] { ::send(pair.there.native_handle(), "x", 1, MSG_NOSIGNAL); });
        green::sleep(0ms); // it reads, or has read, or will at its next turn
        green::sleep(0ms);
        victim.kill();
        EXPLORE_REQUIRE(victim.done() && !overslept);
        bool says_so = false;
        try {
            victim.get();
        } catch (const green::killed&) {
            says_so = true;
        }
        speaks.join();
        EXPLORE_REQUIRE(says_so);
    });
}

TEST_CASE("those who wait for a killed greenlet go on", "[ex11][step4][stretch]")
{
    words order;
    auto victim = green::spawn([] { green::sleep(1h); });
    auto friend_of = green::spawn([&] {
        victim.join();
        order.push_back("friend");
    });
    green::sleep(0ms);
    victim.kill();
    friend_of.join();

    REQUIRE(order == words{"friend"});
}

TEST_CASE("who waits for one killed before its first turn goes on", "[ex11][step4][stretch]")
{
    words order;
    std::optional<green::greenlet<void>> victim;
    auto friend_of = green::spawn([&] {
        victim->join();
        order.push_back("friend");
    });
    auto killer = green::spawn([&] { victim->kill(); });
    victim = green::spawn([&] { order.push_back("victim"); });
    friend_of.join();
    killer.join();

    REQUIRE(order == words{"friend"});
}

TEST_CASE("a greenlet that kills itself ends at once", "[ex11][step4][stretch]")
{
    bool went_on = false;
    std::optional<green::greenlet<void>> self;
    self = green::spawn([&] {
        self->kill();
        went_on = true;
    });
    self->join();

    REQUIRE_FALSE(went_on);
    REQUIRE_THROWS_AS(self->get(), green::killed);
}

TEST_CASE("another thread cannot kill a greenlet", "[ex11][step4][stretch]")
{
    refuse_elsewhere([](green::greenlet<int>& one) { one.kill(); });
}

// --- step 5: deadlock

TEST_CASE("when nothing can ever run main learns who waits for whom", "[ex11][step5][stretch]")
{
    const leaks_allowed here;
    std::optional<green::greenlet<void>> b;
    auto a = green::spawn("a", [&] { b->join(); });
    b = green::spawn("b", [&] { a.join(); });
    auto c = green::spawn("c", [] { green::wait(green::prepare_wait()); });

    REQUIRE_THROWS_AS(a.join(), green::deadlock);
    REQUIRE_THROWS_WITH(a.join(), "deadlock: main waits for a, a waits for b, b waits for a, "
                                  "c waits");
}

TEST_CASE("after a deadlock the program goes on", "[ex11][step5][stretch]")
{
    green::ticket turn;
    words order;
    auto stuck = green::spawn([&] {
        turn = green::prepare_wait();
        green::wait(turn);
        order.push_back("woken after all");
    });

    REQUIRE_THROWS_AS(stuck.join(), green::deadlock);
    REQUIRE(green::spawn([] { return 7; }).get() == 7);
    REQUIRE_THROWS_AS(stuck.join(), green::deadlock);
    green::wake(turn);
    stuck.join();
    REQUIRE(order == words{"woken after all"});
}

TEST_CASE("a wait that a deadlock has ended is over", "[ex11][step5][stretch]")
{
    const leaks_allowed here;
    green::ticket turn;
    auto stuck = green::spawn("stuck", [&] {
        turn = green::prepare_wait();
        green::wait(turn);
    });
    auto for_ever = green::spawn("for ever", [] { green::wait(green::prepare_wait()); });
    REQUIRE_THROWS_AS(stuck.join(), green::deadlock);
    REQUIRE_THROWS_WITH(green::wait(green::prepare_wait()),
                        "deadlock: main waits, stuck waits, for ever waits");

    green::wake(turn); // it ends, and wakes those who still wait for it
    words order;
    const green::ticket mine = green::prepare_wait();
    auto waker = green::spawn([&] {
        green::sleep(0ms);
        order.push_back("wakes main");
        green::wake(mine);
    });
    green::wait(mine);
    order.push_back("main goes on");
    REQUIRE(order == words{"wakes main", "main goes on"});
}

TEST_CASE("who is woken by another thread is in no deadlock", "[ex11][step5][stretch][explore]")
{
    explore_greenlets([] {
        auto somebody_will_call = asio::make_work_guard(green::loop());
        const green::ticket turn = green::prepare_wait();
        std::thread waker([turn] {
            std::this_thread::sleep_for(1h);
            green::wake(turn);
        });
        bool stuck = false;
        try {
            green::wait(turn);
        } catch (const green::deadlock&) {
            stuck = true;
        }
        waker.join();
        EXPLORE_REQUIRE(!stuck);
    });
}

TEST_CASE("whoever waits for a timer or a socket is in no deadlock", "[ex11][step5][stretch]")
{
    const leaks_allowed here;
    std::optional<green::greenlet<void>> stuck;
    stuck = green::spawn([] { green::wait(green::prepare_wait()); });
    green::spawn([] { green::sleep(5ms); }).join();
    connection pair;
    const std::jthread writer([&] { write_when_all_wait(pair.there); });
    auto reader = green::spawn([&] { green::wait_readable(pair.here); });
    reader.join();

    REQUIRE(reader.done());
    REQUIRE_THROWS_AS(stuck->join(), green::deadlock);
}
