// Holds the simulated kernel to the real one: random sequences of calls, made on both.
//
// SPDX-License-Identifier: MIT
#include "explore/world/conformance/sequence.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace {

constexpr const char* usage =
    "usage: world_conformance [--sequences N] [--seed N]\n"
    "       N sequences of random calls, with the seeds from that one on; by default 2000 from 1.\n"
    "       One that failed runs again with --sequences 1 --seed and the number it names.\n";

constexpr int calls_of_sequence = 60;
constexpr unsigned most_seconds = 20; // that one sequence may take

struct request {
    long sequences = 2000;
    long seed = 1;
};

long whole_number(const char* text)
{
    long value = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
    if (error != std::errc() || *end != '\0' || value < 1) {
        throw std::invalid_argument(std::string("'") + text + "' is not a whole number from 1 up");
    }
    return value;
}

request parse(int argc, char** argv)
{
    request asked;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if ((word != "--sequences" && word != "--seed") || i + 1 == argc) {
            throw std::invalid_argument("unknown argument '" + word + "'");
        }
        (word == "--seed" ? asked.seed : asked.sequences) = whole_number(argv[++i]);
    }
    return asked;
}

// A call that blocks ends with EINTR, which the model never gives: a difference like any other.
void bound_calls()
{
    struct sigaction interrupt {};
    interrupt.sa_handler = [](int) {};
    sigaction(SIGALRM, &interrupt, nullptr);
    sigset_t never;
    sigemptyset(&never);
    sigaddset(&never, SIGPIPE);
    sigprocmask(SIG_BLOCK, &never, nullptr);
}

struct sums {
    long compared = 0;
    long not_modeled = 0;
    long moments = 0;
    long repeated = 0; // runs of sequences that had differed
};

// Empty, or how the kernels differ.
std::string differs(std::uint64_t seed, sums& all)
{
    alarm(most_seconds);
    conformance::sequence one(seed);
    try {
        one.run(calls_of_sequence);
    } catch (const conformance::difference& found) {
        return found.what();
    }
    all.compared += one.compared();
    all.not_modeled += one.not_modeled();
    all.moments += one.moments();
    return {};
}

// What differs does so each time with the same calls. "Late edges": on a busy machine the real
// kernel may hand on a packet late, and an edge-triggered watch, or the order of two events, tells
// so, where nothing else does that one could wait for. So a sequence is taken for different when it
// is so this many times in a row.
constexpr int most_runs = 10;

int run(const request& asked)
{
    sums all;
    for (long i = 0; i < asked.sequences; ++i) {
        const auto seed = static_cast<std::uint64_t>(asked.seed + i);
        std::string difference = differs(seed, all);
        for (int runs = 1; !difference.empty() && runs < most_runs; ++runs) {
            ++all.repeated;
            difference = differs(seed, all);
        }
        if (!difference.empty()) {
            std::printf("%s\n", difference.c_str());
            return 1;
        }
    }
    std::printf("%ld sequences, %ld calls compared, no difference; %ld calls are not modeled; %ld "
                "sequences ran again, the real kernel was asked again %ld times\n",
                asked.sequences, all.compared, all.not_modeled, all.repeated, all.moments);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
        std::fputs(usage, stdout);
        return 0;
    }
    try {
        const request asked = parse(argc, argv);
        bound_calls();
        return run(asked);
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "world_conformance: %s\n%s", error.what(), usage);
        return 2;
    }
}
