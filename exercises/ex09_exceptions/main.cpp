// What becomes of a failure: in a std::thread, where the process dies (shown in a child process);
// in a thread of spawn_thread(); in greenlets; in many tasks at once.
//
// SPDX-License-Identifier: MIT
#include "get_all.hpp"
#include "given/arguments.hpp"
#include "given/yield.hpp"
#include "greenlet.hpp"
#include "spawn_thread.hpp"

#include <fmt/format.h>

#include <asio/ip/tcp.hpp>

#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using asio::ip::tcp;

namespace {

constexpr const char* usage =
    R"(usage: ex09_exceptions   four ways in which a failure of a task can be heard of
)";

// A port that nobody listens on: it was ours a moment ago.
tcp::endpoint nobody()
{
    tcp::acceptor once(green::loop(), {asio::ip::address_v4::loopback(), 0});
    return once.local_endpoint();
}

[[noreturn]] void lose_a_thread()
{
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::thread([] { throw std::runtime_error("boom"); }).join();
    ::_exit(0);
}

void show_a_plain_thread()
{
    fmt::print("1. A std::thread throws (in a child process):\n");
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child < 0) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    if (child == 0) {
        lose_a_thread();
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    fmt::print("   the whole process ended: {}\n\n",
               WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "normally");
}

void show_spawn_thread(const tcp::endpoint& where)
{
    fmt::print("2. A thread of spawn_thread() is refused, and is asked twice:\n");
    const auto client = spawn_thread("client", [where] {
        asio::io_context loop;
        tcp::socket(loop).connect(where);
    });
    for (int time = 1; time <= 2; ++time) {
        try {
            client.get();
        } catch (const std::system_error& error) {
            fmt::print("   get() threw: {} (code {})\n", error.what(), error.code().value());
        }
    }
    fmt::print("   and one that nobody asks, on stderr:\n");
    std::fflush(stdout);
    spawn_thread("   the lost one", [] { throw std::runtime_error("boom"); });
}

void show_greenlets(const tcp::endpoint& where)
{
    fmt::print("\n3. Three greenlets, of which one is refused:\n");
    int ended = 0;
    std::vector<green::greenlet<void>> tasks;
    tasks.push_back(green::spawn([where] {
        tcp::socket connection(green::loop());
        connection.async_connect(where, green::yield);
    }));
    for (int i = 0; i < 2; ++i) {
        tasks.push_back(green::spawn([&] {
            green::sleep(std::chrono::milliseconds(50));
            ++ended;
        }));
    }
    try {
        get_all(tasks);
    } catch (const std::system_error& error) {
        fmt::print("   get_all() threw: {}; {} others had ended by then\n", error.what(), ended);
    }
}

void show_several()
{
    fmt::print("\n4. Three threads fail:\n");
    std::vector<result<int>> tasks;
    for (const char* name : {"first", "second", "third"}) {
        tasks.push_back(spawn_thread(name, [name]() -> int { throw std::runtime_error(name); }));
    }
    try {
        get_all(tasks);
    } catch (const several_failed& error) {
        fmt::print("   get_all() threw: {}\n", error.what());
    }
}

int run(const given::arguments&)
{
    show_a_plain_thread(); // first: the child must be made while there is one thread
    const tcp::endpoint where = nobody();
    show_spawn_thread(where);
    show_greenlets(where);
    show_several();
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
