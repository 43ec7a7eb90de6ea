// What only threads of the kernel's have, and what an engine must not change.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/contexts.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <execinfo.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

// What walks up a stack comes to its end.
void end_of_stack()
{
    pass_as_contexts([] {
        by_three([](int) {
            std::array<void*, 100> frames;
            give_turn();
            const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
            EXPLORE_REQUIRE(count > 3 && count < 100);
        });
    });
}

int kernels_number()
{
    return static_cast<int>(syscall(SYS_gettid));
}

int tasks_of_this_process()
{
    return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                          std::filesystem::directory_iterator()));
}

// Does it in two threads at a time, of which each has a number to be told apart by.
template <int (*Number)()>
void has_a_number_of_its_own()
{
    std::atomic<int> first = 0;
    std::thread one([&] { first = Number(); });
    std::thread other([&] {
        const int mine = Number();
        EXPLORE_REQUIRE(first != mine);
    });
    one.join();
    other.join();
}

// What the kernel knows of a thread is asked of threads of the kernel's.
void threads_of_the_kernels()
{
    constexpr void (*bodies[])() = {
        has_a_number_of_its_own<gettid>,
        has_a_number_of_its_own<kernels_number>,
        [] { in_a_thread([] { EXPLORE_REQUIRE(tasks_of_this_process() >= 2); }); },
        [] {
            in_a_thread([] {
                pthread_attr_t about;
                void* lowest = nullptr;
                std::size_t size = 0;
                EXPLORE_REQUIRE(pthread_getattr_np(pthread_self(), &about) == 0);
                EXPLORE_REQUIRE(pthread_attr_getstack(&about, &lowest, &size) == 0);
                const char* here = reinterpret_cast<char*>(&about);
                EXPLORE_REQUIRE(here > lowest && here < static_cast<char*>(lowest) + size);
                pthread_attr_destroy(&about);
            });
        },
        [] {
            by_three([](int mine) {
                std::array<char, 16> name{};
                pthread_setname_np(pthread_self(), std::to_string(mine).c_str());
                give_turn();
                pthread_getname_np(pthread_self(), name.data(), name.size());
                EXPLORE_REQUIRE(std::to_string(mine) == name.data());
            });
        },
        [] {
            by_three([](int mine) {
                sigset_t mask;
                sigemptyset(&mask);
                sigaddset(&mask, mine);
                pthread_sigmask(SIG_BLOCK, &mask, nullptr);
                give_turn();
                sigset_t before;
                pthread_sigmask(SIG_UNBLOCK, &mask, &before);
                EXPLORE_REQUIRE(sigismember(&before, mine) == 1);
                EXPLORE_REQUIRE(sigismember(&before, mine % 3 + 1) == 0);
            });
        },
        [] {
            in_a_thread([] {
                stack_t none{};
                none.ss_flags = SS_DISABLE;
                EXPLORE_REQUIRE(sigaltstack(&none, nullptr) == 0);
            });
        },
        [] {
            in_a_thread([] { flockfile(stdout); });
            in_a_thread([] { funlockfile(stdout); });
        },
    };
    options few;
    few.schedules = 20;
    for (const auto body : bodies) {
        const result got = search(body, few);
        expect_pass(got);
        expect(got.real_threads, "contexts were taken for threads of the kernel's");
    }
    expect_failure(search([] { in_a_thread([] { EXPLORE_REQUIRE(gettid() == 0); }); }),
                   "wrong result", "gettid() == 0");
}

// The kernel's number of the calling thread, by no call that anybody could notice.
long number_behind_the_back()
{
#if defined(__aarch64__)
    register long which asm("x8") = SYS_gettid;
    register long number asm("x0");
    asm volatile("svc #0" : "=r"(number) : "r"(which) : "memory");
#else
    long number = SYS_gettid;
    asm volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
#endif
    return number;
}

// What only contexts show is nothing: threads of the kernel's have the last word.
void second_opinion()
{
    const result got = search([] {
        const long mine = number_behind_the_back();
        std::thread([=] { EXPLORE_REQUIRE(number_behind_the_back() != mine); }).join();
    });
    expect_pass(got);
    expect(got.real_threads, "the pass was given by contexts");
    const auto fails_anyhow = [] {
        const long mine = number_behind_the_back();
        std::thread([=] { EXPLORE_REQUIRE(number_behind_the_back() == mine); }).join();
    };
    options real;
    real.real_threads = true;
    const result found = search(fails_anyhow, real);
    expect_failure(found, "wrong result");
    const std::string line = "0" + found.replay.substr(found.replay.find(':'));
    const with_environment set("WORKBOOK_REPLAY", line.c_str());
    expect_failure(search(fails_anyhow), "wrong result"); // with contexts it does not come
}

} // namespace

std::vector<check> checks_of_kernels_threads()
{
    return {
        {"end_of_stack", end_of_stack},
        {"threads_of_the_kernels", threads_of_the_kernels},
        {"second_opinion", second_opinion},
    };
}

} // namespace cases
