// What lies outside the model, and outside explore().
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <future>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

// ---- outside the model

void outside_calls()
{
    static int ends[2];
    expect(pipe(ends) == 0, "pipe");
    const std::pair<const char*, void (*)()> calls[] = {
        {"socket", [] { socket(AF_INET, SOCK_DGRAM, 0); }},
        {"connect", [] { connect(ends[0], nullptr, 0); }},
        {"send",
         [] {
             char byte = 0;
             send(ends[1], &byte, 1, 0);
         }},
        {"poll",
         [] {
             pollfd one = {ends[0], POLLIN, 0};
             poll(&one, 1, -1);
         }},
        {"sendmmsg", [] { sendmmsg(-1, nullptr, 0, 0); }},
        {"kill", [] { kill(getpid(), SIGTERM); }},
        {"pthread_kill", [] { pthread_kill(pthread_self(), SIGTERM); }},
        {"pthread_exit", [] { pthread_exit(nullptr); }},
        {"posix_spawnp",
         [] {
             char* none[] = {nullptr};
             posix_spawnp(nullptr, "true", nullptr, nullptr, none, none);
         }},
        {"fork", [] { fork(); }},
        {"waitpid", [] { waitpid(-1, nullptr, 0); }},
        {"read",
         [] {
             char byte;
             [[maybe_unused]] const auto got = read(ends[0], &byte, 1);
         }},
    };
    for (const auto& [name, call] : calls) {
        const result got = search([call = call] { std::thread(call).join(); });
        expect_failure(got, "misuse", std::string("T1 calls ") + name + "()");
    }
    close(ends[0]);
    close(ends[1]);
}

void files_and_output()
{
    options few;
    few.schedules = 3;
    expect_pass(search(
        [] {
            std::thread other([] {
                std::ifstream in("/proc/self/status");
                std::string line;
                EXPLORE_REQUIRE(static_cast<bool>(std::getline(in, line)));
                std::printf("%s", ""); // goes through the C library's locks
                std::fflush(stdout);
                EXPLORE_REQUIRE(write(STDOUT_FILENO, "", 0) == 0);
            });
            other.join();
        },
        few));
}

// ---- outside explore(), the same binary

void free_running()
{
    std::atomic<int> count = 0;
    std::mutex mutex;
    int locked = 0;
    std::vector<std::jthread> threads;
    std::latch start(4);
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int k = 0; k < 10000; ++k) {
                ++count;
                const std::lock_guard lock(mutex);
                ++locked;
            }
        });
    }
    threads.clear();
    expect(count == 40000 && locked == 40000, "free threads lost an update");
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const auto begin = std::chrono::steady_clock::now();
    never.wait_for(lock, 20ms, [] { return false; });
    std::this_thread::sleep_for(20ms);
    expect(std::chrono::steady_clock::now() - begin >= 40ms, "time is not real outside explore()");
    expect(std::async(std::launch::async, [] { return 3; }).get() == 3, "async");
}

void sockets_and_processes()
{
    int ends[2];
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    std::thread echo([&] {
        char byte = 0;
        if (recv(ends[1], &byte, 1, 0) == 1) {
            send(ends[1], &byte, 1, 0);
        }
    });
    char byte = 'x';
    expect(write(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'x', "echo");
    echo.join();
    close(ends[0]);
    close(ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        std::thread([] {}).join();
        _exit(4);
    }
    int status = 0;
    expect(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 4, "fork");
}

} // namespace

std::vector<check> checks_of_outside()
{
    return {
        {"outside_calls", outside_calls},
        {"files_and_output", files_and_output},
        {"free_running", free_running},
        {"sockets_and_processes", sockets_and_processes},
    };
}

} // namespace cases
