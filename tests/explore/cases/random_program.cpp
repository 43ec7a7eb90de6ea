// SPDX-License-Identifier: MIT
#include "explore/cases/random_program.hpp"

#include <cstddef>
#include <cstdio>
#include <iterator>
#include <random>
#include <utility>

namespace cases {
namespace {

constexpr std::pair<deed, deed> partners[] = {
    {deed::wait, deed::notify_one},
    {deed::wait, deed::notify_all},
    {deed::acquire, deed::release},
    {deed::acquire_in_time, deed::release},
    {deed::wait_for_flag, deed::set_flag},
    {deed::futex_wait, deed::futex_notify},
    {deed::receive, deed::send},
    {deed::receive_at_once, deed::send},
    {deed::poll_both, deed::send},
    {deed::epoll_both, deed::send},
    {deed::lower, deed::raise},
    {deed::accept_and_leave, deed::connect_and_leave},
    {deed::duplicate_and_close, deed::duplicate_and_close},
    {deed::receive_in_time, deed::send},
    {deed::await_timer, deed::set_timer},
};

constexpr const char* names[] = {"add",
                                 "add_to_both",
                                 "add_inside",
                                 "store",
                                 "load",
                                 "fetch_add",
                                 "compare_exchange",
                                 "notify_one",
                                 "notify_all",
                                 "wait",
                                 "wait_for_flag",
                                 "set_flag",
                                 "release",
                                 "acquire",
                                 "try_acquire",
                                 "acquire_in_time",
                                 "try_lock",
                                 "lock_in_time",
                                 "share",
                                 "own",
                                 "once",
                                 "sleep",
                                 "read_clock",
                                 "futex_wait",
                                 "futex_notify",
                                 "plain_add",
                                 "send",
                                 "receive",
                                 "receive_at_once",
                                 "poll_both",
                                 "epoll_both",
                                 "raise",
                                 "lower",
                                 "connect_and_leave",
                                 "accept_and_leave",
                                 "duplicate_and_close",
                                 "receive_in_time",
                                 "set_timer",
                                 "await_timer"};

int below(std::mt19937& random, int bound)
{
    return static_cast<int>(random() % static_cast<unsigned>(bound));
}

} // namespace

void print(const program& what)
{
    std::printf("spurious %d%s%s\n", what.options.spurious,
                what.options.eager_time ? ", eager time" : "",
                what.options.plain_points ? ", plain points" : "");
    const explorer::options& may = what.options;
    std::printf("may be: %d short, %d interrupted, %d reset, %d refused, %d hang, %d silent, "
                "%d not accepted\n",
                may.short_transfers, may.interruptions, may.resets, may.refusals, may.hangs,
                may.silences, may.accept_failures);
    for (const auto& thread : what.threads) {
        for (const instruction& one : thread) {
            std::printf("  %s %d;", names[static_cast<int>(one.what)], one.on);
        }
        std::printf("\n");
    }
}

program random_program(unsigned seed)
{
    std::mt19937 random(seed);
    program made;
    const int threads = 2 + below(random, 3);
    const int all = threads == 4 ? 5 : 4 + below(random, 4);
    made.threads.resize(static_cast<std::size_t>(threads));
    made.options.spurious = below(random, 3);
    made.options.eager_time = below(random, 6) == 0;
    made.options.plain_points = below(random, 8) == 0;
    made.options.races = !made.options.plain_points;
    // A few kinds of deed, so that they meet; and whoever waits is to be answered now and then.
    std::vector<deed> kinds;
    for (int i = 0; i < 3; ++i) {
        deed one = deed::deeds;
        do {
            one = static_cast<deed>(below(random, static_cast<int>(deed::deeds)));
        } while (one == deed::plain_add && made.options.races);
        kinds.push_back(one);
        for (const auto& [waits, answers] : partners) {
            if (one == waits || one == answers) {
                kinds.insert(kinds.end(), {waits, answers, answers});
            }
        }
    }
    for (int i = 0; i < all; ++i) {
        const int kind = below(random, static_cast<int>(kinds.size()));
        const instruction one{kinds[static_cast<std::size_t>(kind)], below(random, 2)};
        made.threads[static_cast<std::size_t>(below(random, threads))].push_back(one);
        made.uses_network |= one.what >= first_of_network;
        made.tries_locks |= one.what == deed::try_lock ||
                            (made.options.eager_time && one.what == deed::lock_in_time);
    }
    constexpr int explorer::options::*mishaps[] = {
        &explorer::options::short_transfers, &explorer::options::interruptions,
        &explorer::options::resets,          &explorer::options::refusals,
        &explorer::options::hangs,           &explorer::options::silences,
        &explorer::options::accept_failures};
    if (made.uses_network && below(random, 2) == 0) {
        made.options.*mishaps[below(random, std::size(mishaps))] = 1;
        made.has_mishaps = true;
    }
    return made;
}

} // namespace cases
