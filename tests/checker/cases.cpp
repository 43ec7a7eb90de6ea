// Cases for test_checker.py, and a global object such as judged code might have.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "given/line_client.hpp"
#include "given/listener.hpp"
#include "given/todo.hpp"
#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/drawn.hpp"
#include "support/kept_stderr.hpp"
#include "support/machine.hpp"
#include "support/rendezvous.hpp"
#include "support/results.hpp"
#include "support/stillness.hpp"
#include "support/supervisor.hpp"
#include "support/watch_page.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <ios>
#include <memory>
#include <mutex>
#include <semaphore>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace answer {
int twice(int number); // all in answer.cpp
bool sends();
void throws();
void joins_itself();
void is_stuck(const char* who_waits);
void goes_on(const std::stop_token& stop);
void drops(given::listener& clients, const std::atomic<bool>& stopping);
} // namespace answer

namespace {

// In the case's process and, if the checker let it, in the supervisor's.
struct leaver {
    ~leaver() { _exit(0); }
} leaver;

const support::needs_loopback one_case_does;

// The file in RUNS has a byte for each.
long runs_before()
{
    std::ofstream runs(std::getenv("RUNS"), std::ios::app | std::ios::ate);
    const long before = runs.tellp();
    runs << '.';
    return before;
}

using std::chrono::steady_clock;
constexpr auto longer_than_still = support::long_stillness + std::chrono::seconds{2};

} // namespace

TEST_CASE("holds", "[step1]")
{
    REQUIRE(1 + 1 == 2);
}

TEST_CASE("does not hold", "[step1]")
{
    REQUIRE(1 + 1 == 3);
}

TEST_CASE("holds three times", "[step1]")
{
    CHECK(1 + 1 == 2);
    CHECK_FALSE(1 + 1 == 3);
    REQUIRE_THROWS_AS(throw 1, int); // nothing that could be turned round
    REQUIRE_THROWS_WITH(throw std::runtime_error("no"), "no");
}

TEST_CASE("breaks the second of three", "[step1]")
{
    REQUIRE(1 + 1 == 2);
    REQUIRE(1 + 1 == 3);
    REQUIRE(2 + 2 == 4);
}

TEST_CASE("holds from the second time on", "[step1]")
{
    REQUIRE(runs_before() > 0);
}

// As a forger's would that knew which of its runs is turned round.
TEST_CASE("holds every second time", "[step1]")
{
    REQUIRE(runs_before() % 2 == 1);
}

// As one might who has read the source: three assertions, the end, and away.
TEST_CASE("tells its own tale", "[step1]")
{
    const support::result_message end{support::result_message::ended, 0, 1, 3, 0, 2};
    send(support::program_results, &end, sizeof end, 0);
    _exit(0);
}

TEST_CASE("reaches a TODO while it asserts", "[step1]")
{
    for (int i = 0; i < 1000; ++i) {
        std::thread unfinished([i] {
            if (i == 500) {
                std::strcpy(todo_page, "TODO ex01: end");
            }
        });
        REQUIRE(i < 1000);
        unfinished.join();
    }
}

TEST_CASE("draws two numbers", "[step1]")
{
    const int first = support::drawn(1, 1'000, 1'000'000);
    const int second = support::drawn(2, 1'000, 1'000'000);
    std::printf("%d %d\n", first, second);
    REQUIRE(support::drawn(3, 3, 3) == 3);
}

TEST_CASE("prints a zero byte", "[step1]")
{
    std::fwrite("one\0two\n", 1, 8, stdout);
    REQUIRE(1 + 1 == 2);
}

TEST_CASE("prints without end", "[step1]")
{
    for (;;) {
        std::puts("more and more and more and more and more and more");
    }
}

TEST_CASE("leaves early", "[step1]")
{
    std::exit(0);
}

// The descriptor in TELL is open in each process of this case: once all have ended, the reader of
// the other end comes to its end too.
TEST_CASE("never ends", "[step1]")
{
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        for (;;) {
            pause();
        }
    }
    REQUIRE(child > 0);
    const char* tell = std::getenv("TELL");
    REQUIRE(tell != nullptr);
    REQUIRE(write(std::atoi(tell), "begun\n", 6) == 6);
    for (;;) {
        pause();
    }
}

// The case's own thread waits meanwhile, in a system call in which it also waits for answers.
TEST_CASE("asserts in another thread", "[step1]")
{
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    std::jthread other{[&] {
        REQUIRE(send(ends[0], "a", 1, 0) == 1);
        CHECK(std::getenv("FAIL") == nullptr);
        close(ends[0]);
    }};
    char byte = 0;
    while (recv(ends[1], &byte, 1, 0) == 1) {
    }
    REQUIRE(byte == 'a');
}

TEST_CASE("waits for itself", "[step1]")
{
    std::binary_semaphore never{0};
    std::jthread other{[&] { never.acquire(); }};
    other.join();
    REQUIRE(true);
}

TEST_CASE("locks what it holds", "[step1]")
{
    std::mutex mutex;
    mutex.lock();
    mutex.lock(); // here it hangs
    REQUIRE(true);
}

TEST_CASE("an exception leaves a thread", "[step1]")
{
    std::thread other{[] { throw std::runtime_error{"boom"}; }};
    other.join();
    REQUIRE(true);
}

TEST_CASE("an exception breaks it off", "[step1]")
{
    REQUIRE(std::vector<int>{1, 2}.at(0) == 1);
    static_cast<void>(std::vector<int>{1, 2}.at(7));
}

// At the address of the first one.
TEST_CASE("is broken off by what was made and not thrown", "[step1]")
{
    try {
        throw std::runtime_error{"the first"};
    } catch (const std::runtime_error&) {
    }
    std::rethrow_exception(std::make_exception_ptr(std::runtime_error{"the second"}));
}

TEST_CASE("throws what it declares itself", "[step1]")
{
    struct own_error : std::runtime_error {
        using std::runtime_error::runtime_error;
    };
    throw own_error{"mine"};
}

TEST_CASE("wants an error where there is none", "[step1]")
{
    REQUIRE(std::error_code{} == std::errc::message_size);
}

TEST_CASE("wants another error", "[step1]")
{
    const std::error_code refused{ECONNREFUSED, std::system_category()};
    REQUIRE(refused == std::io_errc::stream);
}

TEST_CASE("waits for one that has ended", "[step1]")
{
    answer::is_stuck("deadlock: main waits for greenlet #1, b waits");
}

TEST_CASE("waits for what does not come", "[step1]")
{
    answer::is_stuck("deadlock: main waits for greenlet #1, greenlet #1 waits");
}

TEST_CASE("breaks off in a call of the answer's", "[step1]")
{
    answer::throws(); // asked here
}

TEST_CASE("joins itself in a call of the answer's", "[step1]")
{
    answer::joins_itself();
}

TEST_CASE("leaves a descriptor open", "[step1]")
{
    const support::census before = support::take_census();
    REQUIRE(::socket(AF_INET, SOCK_STREAM, 0) >= 0); // here it is opened
    REQUIRE(support::back_to(before));
}

TEST_CASE("prints what is no text", "[step1]")
{
    REQUIRE(std::string("\xc3\xa4 \x86\xc3") == "");
}

TEST_CASE("destroys a thread that runs", "[step1]")
{
    std::thread never_joined{[] { pause(); }};
    REQUIRE(never_joined.joinable());
} // here it is destroyed

TEST_CASE("uses a null pointer", "[step1]")
{
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1; // here it falls
    REQUIRE(true);
}

TEST_CASE("calls itself for ever", "[step1]")
{
    static volatile bool goes_on = true;
    struct caller {
        static int call() { return goes_on ? call() + 1 : 0; } // round and round
    };
    REQUIRE(caller::call() == 0);
}

TEST_CASE("joins one who waits for a descriptor", "[step1]")
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    std::jthread other{[&] {
        pollfd one{ends[0], POLLIN, 0};
        while (poll(&one, 1, -1) < 0) { // here it waits
        }
    }};
    other.join();
}

TEST_CASE("goes on in vain", "[step1]")
{
    std::jthread other{answer::goes_on};
    while (support::page->throws < 100) { // so many are told of; the case's own limit bounds this
        std::this_thread::yield();
    }
    support::give_up("it does not end");
}

TEST_CASE("sends where all is closed", "[step1]")
{
    support::happened("a client got no reply");
    REQUIRE(answer::sends());
}

TEST_CASE("asks a function of the answer's", "[step1]")
{
    REQUIRE(answer::twice(3) == 6);
}

TEST_CASE("tells what a function of the answer's made", "[step1]")
{
    const int made = answer::twice(3);
    INFO("that is what twice() made of 3");
    REQUIRE(made == 6);
}

TEST_CASE("writes where nobody reads", "[step1]")
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    close(ends[0]);
    REQUIRE(write(ends[1], "a", 1) == 1); // here it is told
}

TEST_CASE("says the same again and again", "[step1]")
{
    for (int i = 0; i < 1000; ++i) {
        std::fputs("no\n", stderr);
    }
    const std::string two_lines("1\n2\n\0", 5);
    REQUIRE(two_lines == "1\n3\n");
}

TEST_CASE("compares long lists", "[step1]")
{
    INFO("that came of "
         << "<1>\n"
         << ", which was asked for");
    REQUIRE(std::vector<std::string>(60, "") == std::vector<std::string>(60, "<1>\n"));
}

TEST_CASE("compares what cannot be told", "[step1]")
{
    const std::set<int> numbers = {1};
    REQUIRE(numbers.begin() == numbers.end());
}

TEST_CASE("keeps what is said", "[step1]")
{
    const support::kept_stderr kept;
    std::fputs("a word\n", stderr);
    REQUIRE(kept.said().empty());
}

TEST_CASE("keeps a lot of what is said", "[step1]")
{
    const support::kept_stderr kept;
    for (int i = 0; i < 1000; ++i) {
        std::fprintf(stderr, "%d\n", i);
    }
    REQUIRE(kept.said().empty());
}

TEST_CASE("gives up", "[step1]")
{
    support::gate never;
    std::jthread other{[&] { never.wait(); }};
    support::give_up("nothing comes");
}

// Each has the memory that the one before had.
TEST_CASE("throws often and at last to nobody", "[step1]")
{
    const auto throw_one = [](const char* which) { throw std::runtime_error{which}; };
    for (int i = 0; i < 20; ++i) {
        REQUIRE_THROWS(throw_one("one of many"));
    }
    [&]() noexcept { throw_one("the last one"); }();
}

TEST_CASE("waits for a word that has a thread's number", "[step1]")
{
    std::binary_semaphore never{0};
    std::atomic<int> word = 0;
    std::thread other{[&] {
        word = static_cast<int>(gettid());
        word.notify_all();
        never.acquire();
    }};
    word.wait(0);
    word.wait(word); // here it hangs for ever
    other.join();
}

// The one who works is an orphan: its parent has ended.
TEST_CASE("waits for one who works", "[step1]")
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    if (fork() == 0) {
        if (fork() == 0) {
            const auto end = steady_clock::now() + longer_than_still;
            while (steady_clock::now() < end) {
            }
        }
        _exit(0);
    }
    close(ends[1]);
    wait(nullptr);
    char nothing;
    REQUIRE(read(ends[0], &nothing, 1) == 0); // once the orphan has ended, too
}

TEST_CASE("waits for one who wakes up now and then", "[step1]")
{
    for (const auto end = steady_clock::now() + longer_than_still; steady_clock::now() < end;) {
        std::this_thread::sleep_for(std::chrono::seconds{1});
    }
    REQUIRE(true);
}

TEST_CASE("holds under every schedule", "[step1][explore]")
{
    explore([] { std::thread([] {}).join(); });
}

TEST_CASE("counts without a lock", "[step1][explore]")
{
    explore([] {
        int count = 0;
        std::thread other([&] { ++count; });
        ++count;
        other.join();
    });
}

TEST_CASE("drops whom it has accepted", "[step1][explore]")
{
    explore([] {
        given::listener clients{given::endpoint{}};
        std::atomic<bool> stopping = false;
        std::thread server([&] { answer::drops(clients, stopping); });
        std::thread stopper([&] {
            stopping = true;
            clients.cancel();
        });
        std::string reply = "none";
        try {
            reply = given::line_client{{"127.0.0.1", clients.port()}}.read_to_end();
        } catch (const std::system_error&) { // nobody has accepted it
        }
        stopper.join();
        server.join();
        EXPLORE_REQUIRE(reply != "");
    });
}

// Where nobody can connect, the exception finds a thread that has not been joined.
TEST_CASE("talks to itself", "[step1]")
{
    given::listener listener{given::endpoint{}};
    std::thread accepts{[&] { listener.accept(); }};
    const given::line_client client{{"127.0.0.1", listener.port()}};
    accepts.join();
    REQUIRE(client.native_handle() >= 0);
}

TEST_CASE("opens many files", "[step1]")
{
    support::need_descriptors(300);
    REQUIRE(true);
}

TEST_CASE("takes much memory", "[step1]")
{
    const std::unique_ptr<char[]> much(new char[512 << 20]); // of which it needs the addresses only
    REQUIRE(much != nullptr);
}

TEST_CASE("starts many threads", "[step1]")
{
    std::vector<std::jthread> threads;
    for (int i = 0; i < 100; ++i) {
        threads.emplace_back([](const std::stop_token& all_have_started) {
            while (!all_have_started.stop_requested()) {
                std::this_thread::yield();
            }
        });
    }
    REQUIRE(threads.size() == 100);
}
