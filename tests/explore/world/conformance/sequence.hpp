// One random sequence of calls, made on both kernels in step. After each call the results must be
// the same, and so must be what poll() sees of every descriptor and how many bytes lie in it.
//
// No call may block: of a blocking descriptor the model is asked first. The real kernel is given a
// moment where it needs one: a call is repeated, for a bounded time, while it says "try again" and
// the model has an answer. Nothing sleeps.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/world/conformance/kernels.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace conformance {

/// The kernels differ; what() has all calls up to there.
class difference : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A bounded time in which something may still come.
class patience {
public:
    bool any() const { return std::chrono::steady_clock::now() < end_; }

private:
    std::chrono::steady_clock::time_point end_ =
        std::chrono::steady_clock::now() + std::chrono::seconds(2);
};

constexpr int most_places = 40; // as many descriptors as one sequence opens

class sequence {
public:
    explicit sequence(std::uint64_t seed);
    ~sequence();

    /// Throws difference.
    void run(int calls);

    long compared() const { return compared_; }
    long not_modeled() const { return not_modeled_; }
    /// How often the real kernel needed a moment.
    long moments() const { return moments_; }

private:
    enum class role { tcp, local, reader, writer, counter, timer, epoll };

    // What a call let one see.
    struct observed {
        long result = 0;
        bool sigpipe = false;
        std::string text{};       // bytes and values
        std::vector<int> ports{}; // different numbers in both kernels, for the same thing
    };

    template <class Call>
    long both(const std::string& what, Call call);
    template <class Call>
    long open(const std::string& what, std::vector<role> roles, Call call);
    bool agree(const observed& expected, const observed& got);
    [[noreturn]] void differ(const std::string& what) const;
    void settle();
    std::string unsettled(); // what differs in readiness or bytes; empty: nothing

    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    bool chance(int percent) { return below(100) < percent; }
    int any();            // place of an open descriptor, or once in a while -1
    int any(role wanted); // the same; now and then one of another role
    int any_stream();
    template <class Condition>
    int find(Condition condition);
    int find_listener();
    int find_bound();
    bool has_room(int place, std::size_t size);
    std::string name_of(int place) const;
    void limit(int place, int& flags);

    void open_tcp(int flags);
    void connect_to(int place, int listener);
    void close_at(int place);

    void open_something();
    void make_listener();
    void connect_somewhere();
    void accept_one();
    void make_connection();
    void send_some();
    void receive_some();
    void shut_down();
    void close_one();
    void duplicate_one();
    void look_at_names();
    void use_options();
    void use_flags();
    void use_counter();
    void use_timer();
    void watch_one();
    void wait_for_events();
    void select_some();
    void misuse();
    void mistake_arguments();
    void fill_and_drain();
    void crowd_a_listener();
    void make_call();

    std::mt19937_64 random_;
    real_kernel real_;
    modeled_kernel modeled_;
    std::vector<role> roles_;    // of each place
    std::vector<bool> open_;     // whether the place is in use
    std::map<int, int> ports_;   // "Ports": the model's, and the real ones
    std::set<int> called_ports_; // the model's, to which somebody connected
    std::string log_;
    std::int64_t time_ = 1'000'000'000;
    unsigned char next_byte_ = 0;
    long compared_ = 0;
    long not_modeled_ = 0;
    long moments_ = 0;
};

std::string describe(long result);
std::string in_hex(const void* memory, std::size_t size);

/// "send(3, 17)": a call at a place, for the log.
inline std::string with(const std::string& call, int place, const std::string& more = {})
{
    return call + "(" + std::to_string(place) + (more.empty() ? "" : ", " + more) + ")";
}

template <class Call>
long sequence::both(const std::string& what, Call call)
{
    log_ += "  " + what;
    const observed expected = call(modeled_);
    if (expected.result == world::not_modeled) {
        ++not_modeled_;
        log_ += std::string(": not modeled: ") + world::what_is_missing + "\n";
        return expected.result;
    }
    log_ += " = " + describe(expected.result) + "\n";
    observed got = call(real_);
    for (patience left; got.result == -EAGAIN && expected.result != -EAGAIN && left.any();) {
        ++moments_;
        got = call(real_);
    }
    ++compared_;
    if (!agree(expected, got)) {
        differ("the real kernel gives " + describe(got.result) + (got.sigpipe ? ", SIGPIPE" : "") +
               " '" + got.text + "'; the model '" + expected.text + "'" +
               (expected.sigpipe ? ", SIGPIPE" : ""));
    }
    settle();
    return expected.result;
}

// A call whose results are descriptors.
template <class Call>
long sequence::open(const std::string& what, std::vector<role> roles, Call call)
{
    const long result = both(what, [&](auto& kernel) {
        int fresh[2] = {-1, -1};
        observed out;
        out.result = call(kernel, fresh);
        if (out.result >= 0) {
            fresh[0] = fresh[0] == -1 ? static_cast<int>(out.result) : fresh[0];
            kernel.numbers.insert(kernel.numbers.end(), fresh, fresh + roles.size());
            out.result = 0;
        }
        return out;
    });
    if (result >= 0) {
        roles_.insert(roles_.end(), roles.begin(), roles.end());
        open_.insert(open_.end(), roles.size(), true);
    }
    return result;
}

} // namespace conformance
