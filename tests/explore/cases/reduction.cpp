// The reduced search against the plain one: small random programs, each searched both ways. Every
// final state that some schedule leads to must be found, and hardly any schedule run twice.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/reduction.hpp"

#include "explore/cases/small_network.hpp"
#include "explore/explore.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <random>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/socket.h>

namespace cases {
namespace {

using namespace std::chrono_literals;

// ---- a random program

enum class deed {
    add,         // to a number, under its mutex
    add_to_both, // under both mutexes
    add_inside,  // to an atomic, under a mutex
    store,
    load,
    fetch_add,
    compare_exchange,
    notify_one,
    notify_all,
    wait, // with a time-out
    wait_for_flag,
    set_flag,
    release,
    acquire,
    try_acquire,
    acquire_in_time,
    try_lock,
    lock_in_time,
    share,
    own,
    once,
    sleep,
    read_clock,
    futex_wait,
    futex_notify,
    plain_add,
    send, // a byte, to a socket
    receive,
    receive_at_once, // or not at all
    poll_both,
    epoll_both,
    raise, // a counter
    lower,
    connect_and_leave,
    accept_and_leave,
    duplicate_and_close,
    deeds
};

constexpr deed first_of_network = deed::send;

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
};

struct instruction {
    deed what;
    int on; // which of two
};

struct program {
    std::vector<std::vector<instruction>> threads; // the first is the body's own
    explorer::options options;
    bool tries_locks = false;
    bool uses_network = false;
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
                                 "duplicate_and_close"};

void print(const program& what)
{
    std::printf("spurious %d%s%s\n", what.options.spurious,
                what.options.eager_time ? ", eager time" : "",
                what.options.plain_points ? ", plain points" : "");
    for (const auto& thread : what.threads) {
        for (const instruction& one : thread) {
            std::printf("  %s %d;", names[static_cast<int>(one.what)], one.on);
        }
        std::printf("\n");
    }
}

int below(std::mt19937& random, int bound)
{
    return static_cast<int>(random() % static_cast<unsigned>(bound));
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
    return made;
}

// ---- running it

std::uint64_t mixed(std::uint64_t state, std::uint64_t value)
{
    return (state ^ value) * 0x9e3779b97f4a7c15u ^ (state >> 29);
}

class machine {
public:
    // What the schedule came to: what each thread saw, and what is left.
    std::uint64_t run(const program& what)
    {
        if (what.uses_network) {
            network_.emplace();
        }
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < what.threads.size(); ++i) {
            others.emplace_back([this, &what, i] { obey(what.threads[i], i); });
        }
        obey(what.threads[0], 0);
        for (std::thread& one : others) {
            one.join();
        }
        std::uint64_t state = 1;
        for (const std::uint64_t one : seen_) {
            state = mixed(state, one);
        }
        for (const std::uint64_t one : {number_[0], number_[1], plain_, shared_number_}) {
            state = mixed(state, one);
        }
        state = mixed(state, atomic_[0]);
        return mixed(state, atomic_[1]);
    }

private:
    void obey(const std::vector<instruction>& all, std::size_t thread)
    {
        for (const instruction& one : all) {
            seen_[thread] = mixed(seen_[thread], 1 + obey(one, thread));
        }
    }

    std::uint64_t obey(instruction one, std::size_t thread)
    {
        const auto on = static_cast<std::size_t>(one.on);
        const std::uint64_t mark = thread + 2;
        switch (one.what) {
        case deed::add: {
            const std::lock_guard lock(mutex_[on]);
            return number_[on] = number_[on] * 3 + mark;
        }
        case deed::add_to_both: {
            const std::lock_guard first(mutex_[0]);
            number_[0] = number_[0] * 3 + mark;
            const std::lock_guard second(mutex_[1]);
            return number_[1] = number_[1] * 3 + mark;
        }
        case deed::add_inside: {
            const std::lock_guard lock(mutex_[on]);
            number_[on] += mark;
            return atomic_[1 - on].fetch_add(mark);
        }
        case deed::store:
            atomic_[on] = mark;
            return 0;
        case deed::load:
            return atomic_[on];
        case deed::fetch_add:
            return atomic_[on].fetch_add(mark);
        case deed::compare_exchange: {
            std::uint64_t expected = 0;
            return atomic_[on].compare_exchange_strong(expected, mark);
        }
        case deed::notify_one:
            changed_.notify_one();
            return 0;
        case deed::notify_all:
            changed_.notify_all();
            return 0;
        case deed::wait: {
            std::unique_lock lock(mutex_[0]);
            const auto deadline = std::chrono::steady_clock::time_point{} + 1000000h;
            return changed_.wait_until(lock, deadline) == std::cv_status::timeout;
        }
        case deed::wait_for_flag: {
            std::unique_lock lock(mutex_[0]);
            changed_.wait(lock, [&] { return flag_; });
            return number_[0];
        }
        case deed::set_flag: {
            const std::lock_guard lock(mutex_[0]);
            flag_ = true;
            changed_.notify_all();
            return 0;
        }
        case deed::release:
            units_.release();
            return 0;
        case deed::acquire:
            units_.acquire();
            return 0;
        case deed::try_acquire:
            return units_.try_acquire();
        case deed::acquire_in_time:
            return units_.try_acquire_for(1h);
        case deed::try_lock: {
            const std::unique_lock lock(mutex_[on], std::try_to_lock);
            return lock.owns_lock() ? number_[on] += mark : 0;
        }
        case deed::lock_in_time: {
            const std::unique_lock lock(timed_, 1h);
            return lock.owns_lock() ? number_[on] : 5;
        }
        case deed::share: {
            const std::shared_lock lock(shared_);
            atomic_[on] = mark;
            return shared_number_;
        }
        case deed::own: {
            const std::lock_guard lock(shared_);
            return shared_number_ = shared_number_ * 3 + mark;
        }
        case deed::once:
            std::call_once(once_, [&] { atomic_[0] = mark; });
            return 0;
        case deed::sleep:
            std::this_thread::sleep_for(std::chrono::hours(1 + on));
            return 0;
        case deed::read_clock:
            return static_cast<std::uint64_t>(
                std::chrono::steady_clock::now().time_since_epoch().count());
        case deed::futex_wait:
            atomic_int_.wait(0);
            return 0;
        case deed::futex_notify:
            atomic_int_ = static_cast<int>(mark);
            atomic_int_.notify_one();
            return 0;
        case deed::plain_add: {
            const std::uint64_t before = plain_;
            return plain_ = before * 3 + mark;
        }
        case deed::send:
            return network_->send(one.on, mark);
        case deed::receive:
            return network_->receive(one.on, 0);
        case deed::receive_at_once:
            return network_->receive(one.on, MSG_DONTWAIT);
        case deed::poll_both:
            return network_->poll_both();
        case deed::epoll_both:
            return network_->epoll_both();
        case deed::raise:
            return network_->raise(mark);
        case deed::lower:
            return network_->lower();
        case deed::connect_and_leave:
            return network_->connect_and_leave();
        case deed::accept_and_leave:
            return network_->accept_and_leave();
        case deed::duplicate_and_close:
            return network_->duplicate_and_close(one.on);
        case deed::deeds:
            break;
        }
        return 0;
    }

    std::array<std::mutex, 2> mutex_;
    std::array<std::uint64_t, 2> number_{}; // guarded by the mutex of the same number
    std::array<std::atomic<std::uint64_t>, 2> atomic_{};
    std::condition_variable changed_;
    bool flag_ = false; // guarded by mutex_[0]
    std::counting_semaphore<100> units_{1};
    std::timed_mutex timed_;
    std::shared_mutex shared_;
    std::uint64_t shared_number_ = 0; // guarded by shared_
    std::once_flag once_;
    std::atomic<int> atomic_int_ = 0;
    std::uint64_t plain_ = 0; // raced for
    std::optional<small_network> network_;
    std::array<std::uint64_t, 4> seen_{};
};

// ---- what the schedules came to, in memory shared with the exploring child

class outcomes {
public:
    outcomes()
    {
        void* memory = mmap(nullptr, sizeof *page_, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::runtime_error("mmap");
        }
        page_ = static_cast<page*>(memory);
    }
    ~outcomes() { munmap(page_, sizeof *page_); }
    outcomes(const outcomes&) = delete;
    outcomes& operator=(const outcomes&) = delete;

    void add(std::uint64_t one)
    {
        if (page_->count < most) {
            page_->list[page_->count++] = one;
        }
    }

    std::set<std::uint64_t> take()
    {
        std::set<std::uint64_t> all(page_->list, page_->list + page_->count);
        page_->count = 0;
        return all;
    }

private:
    static constexpr std::size_t most = 1 << 20;
    struct page {
        std::size_t count;
        std::uint64_t list[most];
    };
    page* page_;
};

struct searched {
    explorer::detail::census census;
    std::set<std::uint64_t> states;
};

searched search(const program& what, bool reduced, outcomes& found)
{
    explorer::options chosen = what.options;
    chosen.schedules = 5'000;
    const auto body = [&] {
        machine fresh;
        const std::uint64_t state = fresh.run(what);
        found.add(state);
    };
    searched result;
    result.census = explorer::detail::every_schedule(body, chosen, reduced, what.tries_locks);
    result.states = found.take();
    return result;
}

} // namespace

int compare_searches(long programs, long first, bool talkative)
{
    int wrong = 0;
    long compared = 0;
    long plain = 0;
    long kinds = 0;
    long reduced_schedules = 0;
    long failing = 0;
    outcomes found;
    for (long seed = first; compared < programs; ++seed) {
        const program what = random_program(static_cast<unsigned>(seed));
        const searched every = search(what, false, found);
        if ((!every.census.complete && every.census.failure.empty()) || !every.census.in_relation) {
            continue; // too many, or it gives way
        }
        const searched reduced = search(what, true, found);
        std::string why;
        if (talkative && !every.census.failure.empty()) {
            print(what);
        }
        if (every.census.failure.empty() != reduced.census.failure.empty()) {
            why = "'" + every.census.failure + "' against '" + reduced.census.failure + "'";
        } else if (!every.census.failure.empty()) {
            ++failing;
            continue;
        } else if (!reduced.census.complete || !reduced.census.in_relation) {
            why = "the reduced search did not come to its end";
        } else if (every.states != reduced.states) {
            why = std::to_string(every.states.size()) + " final states against " +
                  std::to_string(reduced.states.size());
        } else if (every.census.kinds != reduced.census.kinds) {
            why = "the kinds";
        } else if (reduced.census.schedules > 3 * reduced.census.kinds / 2 + 2) {
            why = "too many schedules";
        }
        ++compared;
        plain += every.census.schedules;
        kinds += every.census.kinds;
        reduced_schedules += reduced.census.schedules;
        wrong += !why.empty();
        if (!why.empty() || talkative) {
            print(what);
            std::printf("program %-5ld %6ld schedules, %5ld kinds; reduced %5ld, %5ld kinds; %3zu "
                        "states %s\n",
                        seed, every.census.schedules, every.census.kinds, reduced.census.schedules,
                        reduced.census.kinds, every.states.size(), why.c_str());
            std::fflush(stdout);
        }
    }
    std::printf(
        "%ld programs: %ld schedules of %ld kinds, reduced to %ld; %ld more fail both ways; "
        "%d differ\n",
        compared, plain, kinds, reduced_schedules, failing, wrong);
    if (5 * reduced_schedules > 6 * kinds) {
        std::printf("the reduced search runs too many schedules twice\n");
        ++wrong;
    }
    return wrong;
}

} // namespace cases
