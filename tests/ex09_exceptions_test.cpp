// What becomes of an exception in a thread or a greenlet. What is printed on stderr, and what ends
// the process, is looked at in a child process.
//
// SPDX-License-Identifier: MIT
#include "get_all.hpp"
#include "spawn_thread.hpp"

#include "given/yield.hpp"
#include "greenlet.hpp"

#include "explore/explore.hpp"
#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/drawn.hpp"
#include "support/failures.hpp"
#include "support/in_a_child.hpp"
#include "support/rendezvous.hpp"
#include "support/silent_port.hpp"

#include <asio/ip/tcp.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>

using asio::ip::tcp;

namespace {

struct own_error : std::runtime_error {
    explicit own_error(int value) : std::runtime_error("own error"), detail(value) {}
    int detail;
};

// What `body` writes to stderr, in a child process that must end well.
std::string said_by(const std::function<void()>& body)
{
    const support::ended child = support::in_a_child(body);
    REQUIRE(child.status == 0);
    return child.said;
}

// What support::fail() says of this kind, one that is a std::exception.
std::string words_of(int kind)
{
    try {
        support::fail(kind);
    } catch (const std::exception& failure) {
        return failure.what();
    }
}

// Where connecting is refused.
tcp::endpoint at(const support::silent_port& nobody)
{
    return {asio::ip::address_v4::loopback(), nobody.number()};
}

// A task that is ready: anything with get() will do for get_all().
struct ready {
    std::function<int()> value;
    int* asked;

    int get() const
    {
        ++*asked;
        return value();
    }
};

} // namespace

// --- step 1: what a thread threw

TEST_CASE("get returns what the thread returned as often as it is asked", "[ex09][step1]")
{
    const auto one = spawn_thread("one", [] { return std::string("value"); });

    REQUIRE(one.get() == "value");
    REQUIRE(one.get() == "value");
    const auto only = spawn_thread(
        "only", [held = std::make_unique<int>(9)]() mutable { return std::move(held); });
    REQUIRE(*only.get() == 9); // cannot be copied: moved out, once
}

TEST_CASE("get throws what the thread threw with its type and all it holds", "[ex09][step1]")
{
    const int held = support::drawn(42, 1, 10'000);
    const auto failed = spawn_thread("failed", [held]() -> int { throw own_error(held); });

    int detail = 0;
    try {
        failed.get();
    } catch (const own_error& error) {
        detail = error.detail;
    }
    REQUIRE(detail == held);
}

TEST_CASE("get throws each time it is asked", "[ex09][step1]")
{
    const auto failed = spawn_thread("failed", [] { throw own_error(1); });

    REQUIRE_THROWS_AS(failed.get(), own_error);
    REQUIRE_THROWS_AS(failed.get(), own_error);
    const auto copy = failed;
    REQUIRE_THROWS_AS(copy.get(), own_error);
}

TEST_CASE("an exception that is no std::exception arrives too", "[ex09][step1]")
{
    const auto failed = spawn_thread("failed", []() -> int { throw 5; });

    REQUIRE_THROWS_AS(failed.get(), int);
}

TEST_CASE("a system error arrives with its code", "[ex09][step1]")
{
    const support::silent_port nobody;
    const auto refused = spawn_thread("client", [where = at(nobody)] {
        asio::io_context loop;
        tcp::socket(loop).connect(where);
    });

    std::error_code code;
    try {
        refused.get();
    } catch (const std::system_error& error) {
        code = error.code();
    }
    REQUIRE(code == asio::error::connection_refused);

    // What is derived from it stays what it is.
    const auto lost = spawn_thread("reader", [] { std::filesystem::file_size("/no/such/file"); });
    REQUIRE_THROWS_AS(lost.get(), std::filesystem::filesystem_error);
}

TEST_CASE("each function runs in a thread of its own", "[ex09][step1]")
{
    support::rendezvous both(2);
    const auto meet = [&] {
        return both.arrive_and_wait() ? std::this_thread::get_id() : std::thread::id{};
    };
    const auto a = spawn_thread("a", meet);
    const auto b = spawn_thread("b", meet);

    REQUIRE(a.get() != std::thread::id{});
    REQUIRE(b.get() != std::thread::id{});
    REQUIRE(a.get() != b.get());
    REQUIRE(a.get() != std::this_thread::get_id());
}

TEST_CASE("the thread is joined when the last handle goes", "[ex09][step1][explore]")
{
    explore([] {
        bool ran = false;
        {
            std::optional copy = spawn_thread("one", [&] { ran = true; });
            const auto other = *copy;
            copy.reset();
        }
        EXPLORE_REQUIRE(ran); // of a detached thread, under some schedule not yet
    });
}

TEST_CASE("under every schedule two who ask get the same failure", "[ex09][step1][explore]")
{
    explore([] {
        const auto failed = spawn_thread("failed", []() -> int { throw own_error(3); });
        const auto ask = [](const result<int>& task) {
            try {
                return task.get();
            } catch (const own_error& error) {
                return -error.detail;
            }
        };
        int there = 0;
        std::thread other([&, copy = failed] { there = ask(copy); });
        const int here = ask(failed);
        other.join();
        EXPLORE_REQUIRE(here == -3);
        EXPLORE_REQUIRE(there == -3);
    });
}

TEST_CASE("under every schedule the value is there when get returns", "[ex09][step1][explore]")
{
    explore([] {
        const auto one = spawn_thread("one", [] { return 7; });
        int there = 0;
        std::thread other([&there, copy = one] { there = copy.get(); });
        EXPLORE_REQUIRE(one.get() == 7);
        other.join();
        EXPLORE_REQUIRE(there == 7);
    });
}

// --- step 2: failures that nobody asks for

TEST_CASE("a failure that nobody asked for is reported once with its name", "[ex09][step2]")
{
    for (const std::string& name : {std::string("the lost one"), std::string("100%s %d {}"),
                                    std::string(3000, 'x'), std::string()}) {
        const std::string said = said_by([&] {
            auto one = spawn_thread(name, [] { throw std::runtime_error("boom %s"); });
            auto copy = one;
        });
        INFO("the last handle goes while the thread may still be at work: it has to wait for the "
             "end of the thread before it can know whether that failed");
        REQUIRE(said == name + " failed, and nobody asked: boom %s\n");
    }
    for (int kind = 0; kind < support::std_failures; ++kind) {
        const std::string said =
            said_by([&] { spawn_thread("lost", [kind] { support::fail(kind); }); });
        REQUIRE(said == "lost failed, and nobody asked: " + words_of(kind) + "\n");
    }
}

TEST_CASE("a failure that somebody asked for is not reported", "[ex09][step2]")
{
    const std::string said = said_by([] {
        try {
            spawn_thread("the asked one", [] { throw std::runtime_error("boom"); }).get();
        } catch (const std::runtime_error&) {
        }
        spawn_thread("the good one", [] { return 1; });
        spawn_thread("the lost one", [] { throw std::runtime_error("bang"); });
    });

    REQUIRE(said == "the lost one failed, and nobody asked: bang\n");
}

TEST_CASE("a failure that is no std::exception is reported too", "[ex09][step2]")
{
    const std::string said = said_by([] { spawn_thread("odd one", [] { throw 5; }); });

    REQUIRE_THAT(said, Catch::Matchers::StartsWith("odd one failed, and nobody asked"));
}

TEST_CASE("a failure is reported when the last handle goes and not before", "[ex09][step2]")
{
    const std::string said = said_by([] {
        const support::census before = support::take_census();
        {
            auto last = spawn_thread("failed", [] { throw std::runtime_error("boom"); });
            {
                auto first = last;
            }
            if (!support::back_to(before)) { // the thread has ended, and nobody has asked it
                std::fputs("the thread does not end\n", stderr);
            }
            std::fputs("before the last handle goes\n", stderr);
        }
        std::fputs("after\n", stderr);
    });

    REQUIRE(said == "before the last handle goes\n"
                    "failed failed, and nobody asked: boom\n"
                    "after\n");
}

// --- step 3: many tasks

TEST_CASE("all results in the order of the tasks", "[ex09][step3]")
{
    std::vector<result<int>> tasks;
    std::vector<int> squares;
    const int count = support::drawn(4, 2, 20);
    for (int i = 0; i < count; ++i) {
        tasks.push_back(spawn_thread("task", [i] { return i * i; }));
        squares.push_back(i * i);
    }

    REQUIRE(get_all(tasks) == squares);
}

TEST_CASE("no tasks give no results and tasks without results give none", "[ex09][step3]")
{
    std::vector<result<int>> none;
    REQUIRE(get_all(none).empty());
    int ran = 0;
    std::vector<result<void>> one;
    one.push_back(spawn_thread("one", [&] { ++ran; }));
    get_all(one);
    REQUIRE(ran == 1);
}

TEST_CASE("one failure arrives as it is after all have ended", "[ex09][step3]")
{
    int asked = 0;
    const auto fine = [] { return 1; };
    const int held = support::drawn(42, 1, 10'000);
    const auto fails = [held]() -> int { throw own_error(held); };
    std::vector<ready> tasks{{fine, &asked}, {fails, &asked}, {fine, &asked}, {fine, &asked}};

    int detail = 0;
    try {
        get_all(tasks);
    } catch (const own_error& error) {
        detail = error.detail;
    }
    REQUIRE(detail == held);
    REQUIRE(asked == 4);
}

TEST_CASE("of several failures the first arrives with the count of the others", "[ex09][step3]")
{
    int asked = 0;
    const auto fails = [&](int detail) {
        return ready{[detail]() -> int { throw own_error(detail); }, &asked};
    };
    std::vector<ready> tasks{fails(1), fails(2), {[] { return 0; }, &asked}, fails(3)};

    int others = 0;
    int detail = 0;
    std::string what;
    try {
        get_all(tasks);
    } catch (const several_failed& error) {
        others = error.others();
        what = error.what();
        try {
            error.rethrow_nested();
        } catch (const own_error& first) {
            detail = first.detail;
        }
    }
    REQUIRE(others == 2);
    REQUIRE(detail == 1);
    REQUIRE(what == "own error (and 2 more failed)");
    REQUIRE(asked == 4);
}

TEST_CASE("several failures begin with the words of the first of any type", "[ex09][step3]")
{
    int asked = 0;
    for (int kind = 0; kind < support::std_failures; ++kind) {
        const ready fails{[kind]() -> int { support::fail(kind); }, &asked};
        const ready fails_later{[]() -> int { throw own_error(1); }, &asked};
        std::vector<ready> tasks{fails, fails_later};

        REQUIRE_THROWS_WITH(get_all(tasks), words_of(kind) + " (and 1 more failed)");
    }
}

TEST_CASE("several failures that are no std::exception are counted too", "[ex09][step3]")
{
    int asked = 0;
    const auto odd = []() -> int { throw 5; };
    std::vector<ready> tasks{{odd, &asked}, {odd, &asked}};

    int others = 0;
    try {
        get_all(tasks);
    } catch (const several_failed& error) {
        others = error.others();
        REQUIRE_THROWS_AS(error.rethrow_nested(), int);
    }
    REQUIRE(others == 1);
}

TEST_CASE("green tasks of which one is refused are all waited for", "[ex09][step3]")
{
    const support::silent_port nobody;
    const tcp::endpoint where = at(nobody);
    int ended = 0;
    std::vector<green::greenlet<int>> tasks;
    tasks.push_back(green::spawn([&]() -> int {
        tcp::socket connection(green::loop());
        connection.async_connect(where, green::yield);
        return 0;
    }));
    for (int i = 0; i < 3; ++i) {
        tasks.push_back(green::spawn([&] {
            for (int turn = 0; turn < 10; ++turn) {
                green::sleep(std::chrono::milliseconds(1));
            }
            return ++ended;
        }));
    }

    std::error_code code;
    try {
        get_all(tasks);
    } catch (const std::system_error& error) {
        code = error.code();
    }
    REQUIRE(code == asio::error::connection_refused);
    REQUIRE(ended == 3);
}

TEST_CASE("threads of which one is refused are all waited for", "[ex09][step3]")
{
    // A thread, and what happens when somebody asks for its result.
    struct task {
        result<void> thread;
        std::function<void()> asked;

        void get() const
        {
            asked();
            thread.get();
        }
    };
    const support::silent_port nobody;
    const tcp::endpoint where = at(nobody);
    support::gate asked_for_the_patient;
    std::atomic<bool> ended = false;
    std::vector<task> tasks;
    tasks.push_back({spawn_thread("client",
                                  [&] {
                                      asio::io_context loop;
                                      tcp::socket(loop).connect(where);
                                  }),
                     [] {}});
    tasks.push_back({spawn_thread("patient",
                                  [&] {
                                      asked_for_the_patient.wait();
                                      ended = true;
                                  }),
                     [&] { asked_for_the_patient.open(); }});

    std::error_code code;
    try {
        get_all(tasks);
    } catch (const std::system_error& error) {
        code = error.code();
    }
    const bool ended_by_then = ended;
    asked_for_the_patient.open(); // for an answer that has not asked
    REQUIRE(code == asio::error::connection_refused);
    REQUIRE(ended_by_then);
}

TEST_CASE("std::future will do as well", "[ex09][step3]")
{
    std::vector<std::future<int>> tasks;
    tasks.push_back(std::async(std::launch::async, [] { return 1; }));
    tasks.push_back(std::async(std::launch::deferred, [] { return 2; }));

    REQUIRE(get_all(tasks) == std::vector<int>{1, 2});
}
