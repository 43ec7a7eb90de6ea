// Simulated processes.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/check.hpp"

#include "explore/processes.hpp"

#include <atomic>
#include <csignal>

#include <sys/socket.h>
#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

std::atomic<int> unwound = 0; // by processes
struct counted_at_its_end {
    ~counted_at_its_end() { ++unwound; }
};

int live(explorer::process_body body, int channel)
{
    return body(channel);
}

// Starts a process with one end of a pair; the other one.
struct started {
    int channel;
    pid_t number;

    explicit started(explorer::process_body body)
    {
        int ends[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        channel = ends[0];
        number = explorer::start_process(live, body, ends[1]);
        close(ends[1]);
    }
};

int leave_from_inside(int)
{
    const counted_at_its_end never;
    try {
        throw 1;
    } catch (int) {
        _exit(3);
    }
}

int read_for_ever(int channel)
{
    const counted_at_its_end never;
    char byte = 0;
    return static_cast<int>(read(channel, &byte, 1));
}

int write_to_nobody(int channel)
{
    while (write(channel, "a", 1) == 1) {
    }
    return 1;
}

// They end as Linux's do.
void processes()
{
    expect_pass(search([] {
        unwound = 0;
        const started plain([](int channel) { return channel == explorer::own_channel() ? 7 : 0; });
        const started leaving(leave_from_inside);
        const started named([](int) { return getpid() > 4'194'304 ? 0 : 1; });
        const explorer::process_end end = explorer::wait_for_process(plain.number);
        EXPLORE_REQUIRE(end.signal == 0 && end.status == 7);
        EXPLORE_REQUIRE(explorer::wait_for_process(leaving.number).status == 3);
        EXPLORE_REQUIRE(explorer::processes_left() == 1);
        EXPLORE_REQUIRE(explorer::wait_for_process(named.number).status == 0);
        EXPLORE_REQUIRE(unwound == 0 && explorer::processes_left() == 0);
        char byte = 0;
        EXPLORE_REQUIRE(recv(plain.channel, &byte, 1, 0) == 0); // closed at the end
    }));
    expect_pass(search([] {
        unwound = 0;
        const started waiting(read_for_ever); // killed before its first turn, or as it waits
        EXPLORE_REQUIRE(kill(waiting.number, 0) == 0);
        EXPLORE_REQUIRE(kill(waiting.number, SIGKILL) == 0);
        EXPLORE_REQUIRE(explorer::wait_for_process(waiting.number).signal == SIGKILL);
        EXPLORE_REQUIRE(unwound == 0);
        const started ended([](int) { return 0; });
        explorer::wait_for_process(ended.number);
        kill(ended.number, SIGKILL); // too late
        EXPLORE_REQUIRE(explorer::wait_for_process(ended.number).signal == 0);
        const started piping(write_to_nobody);
        close(piping.channel);
        EXPLORE_REQUIRE(explorer::wait_for_process(piping.number).signal == SIGPIPE);
    }));
    expect_failure(search([] {
                       const started waiting(read_for_ever);
                       explorer::wait_for_process(waiting.number);
                   }),
                   "deadlock");
    expect_failure(search([] { kill(getpid() + 1, SIGKILL); }), "misuse", "kill()");
}

} // namespace

std::vector<check> checks_of_processes()
{
    return {
        {"processes", processes},
    };
}

} // namespace cases
