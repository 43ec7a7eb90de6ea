// The lecture's transcript, with its race: clients one by one, then two and three at once.
//
// SPDX-License-Identifier: MIT
#include "race_report.hpp"
#include "racy_server.hpp"

#include "gil.hpp"

#include "given/arguments.hpp"
#include "given/serving.hpp"

#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr const char* usage =
    R"(usage: ex06_racy_server [--gil] [WORK_MS]          1, 1, 2, 2, 3 and 1 clients at once
       ex06_racy_server --race CLIENTS [WORK_MS]   provoke(), once
       ex06_racy_server --serve [PORT] [WORK_MS]   serve until Ctrl+C
       ex06_racy_server --plain-int                two threads count with a plain int
--gil: the work is done under the GIL of ex04, as Python would
CLIENTS: 1 to 1000
PORT: 0 to 65535, 5000 if not given; 0 picks a free one
WORK_MS: 0 to 10000, 17 if not given; milliseconds of work for each client
)";

given::work plain_work(const given::arguments& arguments)
{
    return given::fixed_work(std::chrono::milliseconds{arguments.number("WORK_MS")});
}

/// The same work done as Python does it: holding the GIL, and asking between "bytecodes", here a
/// tenth of a millisecond each, whether somebody else wants it.
given::work work_under(gil& lock, int milliseconds)
{
    const long steps = given::steps_in(100us);
    return [&lock, steps, bytecodes = milliseconds * 10] {
        lock.acquire();
        for (int i = 0; i < bytecodes; ++i) {
            given::spend(steps);
            lock.check_interval();
        }
        lock.release();
    };
}

/// What a shell would show for `clients` netcats in the background.
void play(const given::endpoint& where, int clients)
{
    std::string command = fmt::format("nc localhost {}", where.port);
    if (clients > 1) {
        const std::string one = "(" + command + " &)";
        command = one;
        for (int i = 1; i < clients; ++i) {
            command += "; " + one;
        }
    }
    fmt::print("$ {}\n{}\n", command, fmt::join(provoke(where, clients).replies, ""));
}

int show_transcript(const given::work& work)
{
    racy_server server{given::endpoint{}, work};
    const given::serving running{server};
    for (const int clients : {1, 1, 2, 2, 3, 1}) {
        play(running.where(), clients);
    }
    return 0;
}

int race(const given::arguments& arguments)
{
    racy_server server{given::endpoint{}, plain_work(arguments)};
    const given::serving running{server};
    const race_report report = provoke(running.where(), arguments.number("CLIENTS"));
    fmt::print("numbers: {}\nduplicates: {}\n", fmt::join(report.numbers, " "), report.duplicates);
    return 0;
}

int serve(const given::arguments& arguments)
{
    const given::endpoint where{"127.0.0.1", static_cast<std::uint16_t>(arguments.number("PORT"))};
    racy_server server{where, plain_work(arguments)};
    given::serve_until_interrupt(server);
    return 0;
}

/// racy_server's counting with one word less: the count is no std::atomic. That turns the race
/// condition into a data race, and a wrong number into undefined behavior.
class plain_int_count {
public:
    int handle()
    {
        const int seen = n_;
        given::spend(1000);
        n_ = seen + 1;
        return seen + 1;
    }

private:
    int n_ = 0;
};

/// For ThreadSanitizer. The second client begins when the first is done, so that the report is the
/// same each time; but a relaxed atomic, which tells it so, orders nothing else: as far as the
/// language goes, the two threads still race.
int count_with_plain_int()
{
    plain_int_count count;
    std::atomic<bool> first_is_done = false;
    int numbers[2] = {};
    {
        std::jthread first{[&] {
            numbers[0] = count.handle();
            first_is_done.store(true, std::memory_order_relaxed);
        }};
        std::jthread second{[&] {
            while (!first_is_done.load(std::memory_order_relaxed)) {
                std::this_thread::yield();
            }
            numbers[1] = count.handle();
        }};
    }
    fmt::print("two clients got: {} {}\n", numbers[0], numbers[1]);
    return 0;
}

int run(const given::arguments& arguments)
{
    if (arguments.has("--plain-int")) {
        return count_with_plain_int();
    }
    if (arguments.has("--race")) {
        return race(arguments);
    }
    if (arguments.has("--serve")) {
        return serve(arguments);
    }
    if (arguments.has("--gil")) {
        gil lock{5ms};
        return show_transcript(work_under(lock, arguments.number("WORK_MS")));
    }
    return show_transcript(plain_work(arguments));
}

} // namespace

int main(int argc, char** argv)
{
    return given::run_program(argc, argv, usage, run);
}
