// Third-party code that blocks, in greenlets, first as libc has it, then patched: three that sleep,
// three that ask a server, the monitor, and a greenlet that sleeps with a lock.
//
// SPDX-License-Identifier: MIT
#include "given/arguments.hpp"
#include "given/listener.hpp"
#include "given/third_party/third_party.hpp"
#include "greenlet.hpp"
#include "monitor.hpp"
#include "monkey.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr const char* usage =
    R"(usage: ex12_monkey_patching [GREENLETS]   so many in code that blocks, the monitor, and a greenlet
                                          that sleeps with a lock: before patch_all() and after
GREENLETS: 1 to 1000, 3 if not given
)";

double milliseconds_since(clock_type::time_point start)
{
    return std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
}

// A server that takes 100 ms for each answer, with a thread for each client: none of its threads
// has greenlets, and so it sleeps as it always did, patched or not.
class slow_server {
public:
    slow_server() : listener_(given::endpoint{}), thread_([this] { serve(); }) {}

    ~slow_server()
    {
        listener_.cancel();
        thread_.join();
    }

    slow_server(const slow_server&) = delete;
    slow_server& operator=(const slow_server&) = delete;

    std::uint16_t port() const { return listener_.port(); }

private:
    void serve()
    {
        std::vector<std::thread> answering;
        while (auto client = listener_.accept()) {
            answering.emplace_back([connection = std::move(*client)]() mutable {
                connection.receive(64, 5s);
                third_party_nap(100);
                connection.send_all("fine\n");
            });
        }
        for (std::thread& one : answering) {
            one.join();
        }
    }

    given::listener listener_;
    std::thread thread_; // joined by the destructor, and joins those who answer
};

// How long `count` greenlets take, together, each of which calls `call`.
double together(int count, const std::function<void()>& call)
{
    const auto start = clock_type::now();
    std::vector<green::greenlet<void>> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(green::spawn(call));
    }
    for (const auto& one : all) {
        one.get();
    }
    return milliseconds_since(start);
}

void nap()
{
    third_party_nap(100);
}

void ask(std::uint16_t port)
{
    std::array<char, 64> answer{};
    if (third_party_ask(port, "how are you?\n", answer.data(), answer.size()) < 0) {
        throw std::system_error(errno, std::generic_category(), "asking the server");
    }
}

// A number for all code of this program, as it lies in memory: FNV-1a.
std::uint64_t digest_of_the_code()
{
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    std::uint64_t digest = 14695981039346656037U;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.find(" r-xp ") == std::string::npos || !line.ends_with(program)) {
            continue;
        }
        const auto first = std::stoull(line.substr(0, line.find('-')), nullptr, 16);
        const auto last = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
        for (auto at = first; at < last; ++at) {
            digest = (digest ^ *reinterpret_cast<const unsigned char*>(at)) * 1099511628211U;
        }
    }
    return digest;
}

green::monitor print_who_holds_the_hub()
{
    return green::monitor(100ms, [](const std::string& name) {
        fmt::print("  monitor: {} has held the hub for 100 ms\n", name);
    });
}

void show_times(int count)
{
    const slow_server server;
    fmt::print("  {} greenlets nap, 100 ms each: {:.0f} ms in all\n", count, together(count, nap));
    fmt::print("  {} greenlets ask a server that takes 100 ms: {:.0f} ms in all\n", count,
               together(count, [&] { ask(server.port()); }));
}

void show_monitor()
{
    const green::monitor watching = print_who_holds_the_hub();
    green::spawn("sleepyhead", [] { third_party_nap(150); }).join();
}

// One greenlet naps with a lock, and another one wants it.
void nap_with_a_lock()
{
    const green::monitor watching = print_who_holds_the_hub();
    std::mutex mutex;
    auto first = green::spawn("first", [&] {
        const std::lock_guard lock(mutex);
        third_party_nap(10);
    });
    auto second = green::spawn("second", [&] { const std::lock_guard lock(mutex); });
    second.join();
    fmt::print("  first naps with a lock, second wants it: both had it\n");
}

// The same in a process of its own, which is ended after a second if need be, and there in a thread
// of its own, which has no greenlets yet. To be called while this process has one thread.
void show_lock()
{
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == -1) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    if (child == 0) {
        ::alarm(1);
        std::thread(nap_with_a_lock).join();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        fmt::print("  first naps with a lock, second wants it: neither went on for 1 s\n");
    }
}

void show_all(int count)
{
    show_times(count);
    show_monitor();
    show_lock();
}

int run(const given::arguments& arguments)
{
    const int count = arguments.number("GREENLETS");
    const std::uint64_t before = digest_of_the_code();
    fmt::print("as libc has it (digest of the program's code: {:016x})\n", before);
    show_all(count);
    green::patch_all();
    fmt::print("\npatched (digest of the program's code: {:016x})\n", digest_of_the_code());
    show_all(count);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
