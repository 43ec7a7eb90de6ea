// What is said of memory that is left behind, of locals that are gone, and of what threads do to
// one object inside the library.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/mman.h>

namespace cases {
namespace {

using explorer::options;
using explorer::result;
using explorer::search;

struct linked {
    std::shared_ptr<linked> next;
};

void forgets()
{
    std::thread([] { new int(7); }).join();
}

void leaks()
{
    const result found = search(forgets);
    expect_failure(found, "leak",
                   "4 bytes that T1 allocated are never given back, and nothing leads");
    expect(found.report.find("new int(7)") != std::string::npos, "no line:\n" + found.report);
    expect(told_as(found.report, "Cause: ").find("no variable leads to it any more") !=
               std::string::npos,
           "expected a cause:\n" + found.report);
    options may_leak;
    may_leak.leaks = false;
    expect_pass(search(forgets, may_leak));

    expect_failure(search([] {
                       const auto one = std::make_shared<linked>();
                       one->next = std::make_shared<linked>();
                       one->next->next = one;
                   }),
                   "leak", "and only other lost memory");
    options on_the_kernels;
    on_the_kernels.real_threads = true;
    expect_failure(search(forgets, on_the_kernels), "leak");
    // A head is told, and not what it leads to.
    expect_failure(search([] { new std::vector<int>(100); }), "leak", "24 bytes that T0 allocated");
}

// Whoever calls explore() may keep what a schedule makes; and memory that was allocated before is
// looked through, too.
void kept_outside()
{
    std::vector<std::unique_ptr<int>> kept;
    kept.reserve(4096);
    expect_pass(search([&kept] {
        if (kept.size() < 100) {
            kept.push_back(std::make_unique<int>(7));
        }
        std::thread([] {}).join();
    }));
    // Memory that may also be executed is memory.
    void* const page =
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED, "no memory");
    auto** const variable = static_cast<int**>(page);
    const result got = search([variable] {
        std::thread([] {}).join();
        if (*variable == nullptr) {
            *variable = new int(7);
        }
    });
    munmap(page, 4096);
    expect_pass(got);
}

template <bool InTwoPieces>
void holds_one_another()
{
    const auto make = [] {
        return InTwoPieces ? std::shared_ptr<linked>(new linked) : std::make_shared<linked>();
    };
    const auto one = make();
    one->next = make();
    one->next->next = one;
}

// The map's root leads to the map, as whatever is inside of something may.
void told_as_forgotten()
{
    const result got = search([] { (*new std::map<int, int>)[1] = 2; });
    expect_failure(got, "leak");
    expect(got.report.find("weak_ptr") == std::string::npos, got.report);
    for (const auto& body : {holds_one_another<false>, holds_one_another<true>}) {
        const result around = search(body);
        expect_failure(around, "leak");
        expect(told_as(around.report, "Cause: ").find("hold one another") != std::string::npos &&
                   around.report.find("weak_ptr") != std::string::npos,
               around.report);
    }
}

// However much is allocated, what happens at the end is told.
void told_after_many_allocations()
{
    const result got = search([] {
        for (int i = 0; i < 20'000; ++i) {
            void* volatile memory = std::malloc(1);
            std::free(memory);
        }
        int shared = 0;
        std::thread other([&] { shared = 1; });
        shared = 2;
        other.join();
    });
    expect_failure(got, "data race", "shared = 2");
}

void told_of_locals()
{
    const auto body = [] {
        std::atomic<bool> asked = false;
        std::thread helper;
        [&] {
            int seconds = 0;
            helper = std::thread([&] {
                asked = true;
                ++seconds;
            });
            while (!asked) {
            }
        }();
        helper.join();
    };
    expect_failure(search(body), "use after free", "a local variable of T0's");
}

void told_of_the_library()
{
    expect_failure(search([] {
                       std::ostringstream out;
                       std::thread other([&] { out << "one"; });
                       out << 2;
                       other.join();
                   }),
                   "data race", "out << 2");
    expect_failure(search([] {
                       char text[32] = "";
                       std::thread other([&] { std::strcat(text, "one"); });
                       std::strcat(text, "two");
                       other.join();
                   }),
                   "data race", "std::strcat(text, \"two\")");
    expect_pass(search([] {
        std::thread other([] { std::cout << "" << std::flush; });
        std::cout << "" << std::flush;
        other.join();
    }));
}

} // namespace

std::vector<check> checks_of_what_is_left()
{
    return {
        {"leaks", leaks},
        {"kept_outside", kept_outside},
        {"told_as_forgotten", told_as_forgotten},
        {"told_after_allocations", told_after_many_allocations},
        {"told_of_locals", told_of_locals},
        {"told_of_the_library", told_of_the_library},
    };
}

} // namespace cases
