// Cases for test_checker.py, and a global object such as judged code might have.
//
// SPDX-License-Identifier: MIT
#include "explore/explore.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <thread>

#include <unistd.h>

namespace {

// In the case's process and, if the checker let it, in the supervisor's.
struct leaver {
    ~leaver() { _exit(0); }
} leaver;

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
