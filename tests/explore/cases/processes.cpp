// A worker that the search may kill, and whoever waits for its reply.
//
// SPDX-License-Identifier: MIT
#include "explore/processes.hpp"
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace cases {
namespace {

int live(explorer::process_body body, int channel)
{
    return body(channel);
}

int reply(int channel)
{
    char byte = 0;
    while (recv(channel, &byte, 1, 0) == 1) {
        send(channel, &byte, 1, MSG_NOSIGNAL);
    }
    return 0;
}

struct worker {
    int channel, theirs;
    pid_t number;

    worker()
    {
        int ends[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        channel = ends[0];
        theirs = ends[1];
        number = explorer::start_process(live, reply, theirs);
    }
};

// The end of a channel comes when the last copy of its other end is closed.
template <bool Wrong>
void worker_end_kept_open()
{
    const worker one;
    if (!Wrong) {
        close(one.theirs);
    }
    char byte = 'a';
    send(one.channel, &byte, 1, MSG_NOSIGNAL);
    recv(one.channel, &byte, 1, 0);
    close(one.channel);
    if (Wrong) {
        close(one.theirs);
    }
    explorer::wait_for_process(one.number);
}

// A dead worker does not reply.
template <bool Wrong>
void reply_expected()
{
    const worker one;
    close(one.theirs);
    char byte = 'a';
    send(one.channel, &byte, 1, MSG_NOSIGNAL);
    const bool replied = recv(one.channel, &byte, 1, 0) == 1;
    EXPLORE_REQUIRE(replied || !Wrong);
    close(one.channel);
    const int signal = explorer::wait_for_process(one.number).signal;
    EXPLORE_REQUIRE(replied || signal != 0);
}

// A reply may come from one that is dead by now.
template <bool Wrong>
void alive_since_it_replied()
{
    const worker one;
    close(one.theirs);
    char byte = 'a';
    send(one.channel, &byte, 1, MSG_NOSIGNAL);
    if (recv(one.channel, &byte, 1, 0) == 1) {
        const ssize_t sent = send(one.channel, &byte, 1, MSG_NOSIGNAL);
        EXPLORE_REQUIRE(sent == 1 || !Wrong);
    }
    close(one.channel);
    explorer::wait_for_process(one.number);
}

// There may be no room for another process.
template <bool Wrong>
void process_taken_for_granted()
{
    const worker one;
    close(one.theirs);
    if (!Wrong && one.number == -1) {
        close(one.channel);
        return;
    }
    char byte = 'a';
    EXPLORE_REQUIRE(send(one.channel, &byte, 1, MSG_NOSIGNAL) == 1);
    close(one.channel);
    explorer::wait_for_process(one.number);
}

} // namespace

std::vector<twin> of_processes()
{
    return {
        {"worker_end_kept_open",
         "the parent keeps its copy of the worker's end and never sees its death",
         worker_end_kept_open<true>,
         worker_end_kept_open<false>,
         {.deaths = 1}},
        {"reply_expected",
         "nobody looks whether a worker has replied",
         reply_expected<true>,
         reply_expected<false>,
         {.deaths = 1}},
        {"alive_since_it_replied",
         "a worker is taken to be alive because it replied just now",
         alive_since_it_replied<true>,
         alive_since_it_replied<false>,
         {.deaths = 1}},
        {"process_taken_for_granted",
         "nobody looks whether the process was started",
         process_taken_for_granted<true>,
         process_taken_for_granted<false>,
         {.fork_failures = 1}},
    };
}

} // namespace cases
