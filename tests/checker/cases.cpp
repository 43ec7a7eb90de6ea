// Cases for test_checker.py, and a global object such as judged code might have.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "given/line_client.hpp"
#include "given/listener.hpp"
#include "support/catch.hpp"
#include "support/machine.hpp"

#include <cstdlib>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

// In the case's process and, if the checker let it, in the supervisor's.
struct leaver {
    ~leaver() { _exit(0); }
} leaver;

const support::needs_loopback one_case_does;

} // namespace

TEST_CASE("holds", "[step1]")
{
    REQUIRE(1 + 1 == 2);
}

TEST_CASE("does not hold", "[step1]")
{
    REQUIRE(1 + 1 == 3);
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

TEST_CASE("holds under every schedule", "[step1][explore]")
{
    explore([] { std::thread([] {}).join(); });
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
