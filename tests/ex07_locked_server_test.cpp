// The count mended: handle() of both servers is tried under thousands of schedules, alone and with
// clients, and over real connections.
//
// SPDX-License-Identifier: MIT
#include "locked_server.hpp"

#include "explore/compute.hpp"
#include "explore/explore.hpp"

using server = coarse_server;
#define SERVER_TAG "[ex07]"
#include "support/server_contract.hpp"

#include "given/load_client.hpp"
#include "support/inside_work.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

namespace {

const given::endpoint any_port{};

// handle() touches no socket. Its server is made once, ahead of all schedules, and counts on
// through them: that is fast, and what makes no call to the system can be proved.

/// The numbers that `clients` clients get, each in its own thread, in ascending order.
template <typename Server>
std::vector<int> numbers_of(Server& shared, int clients)
{
    std::vector<int> numbers(static_cast<std::size_t>(clients));
    {
        std::vector<std::jthread> threads;
        for (int& number : numbers) {
            threads.emplace_back([&] { number = number_in(shared.handle()); });
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

/// Two clients at once and then three, between one that was there before and one that comes after:
/// no number is given twice and none is left out.
template <typename Server>
void explore_numbers()
{
    Server shared{any_port, [] {}};
    for (const int clients : {2, 3}) {
        explore([&shared, clients] {
            const int before = number_in(shared.handle());
            std::vector<int> expected(static_cast<std::size_t>(clients));
            std::iota(expected.begin(), expected.end(), before + 1);
            EXPLORE_REQUIRE(numbers_of(shared, clients) == expected);
            EXPLORE_REQUIRE(number_in(shared.handle()) == before + clients + 1);
        });
    }
}

/// The first client's work fails. Who comes next, from whichever thread, must get in.
template <typename Server>
void explore_failing_work()
{
    std::atomic<bool> fail = false;
    Server shared{any_port, [&] {
                      if (fail.exchange(false)) {
                          throw std::runtime_error{"no paper"};
                      }
                  }};
    explore([&] {
        const int before = number_in(shared.handle());
        fail = true;
        bool failed = false;
        try {
            shared.handle();
        } catch (const std::runtime_error&) {
            failed = true;
        }
        EXPLORE_REQUIRE(failed);
        EXPLORE_REQUIRE(numbers_of(shared, 1) == std::vector{before + 1});
    });
}

/// Three clients at once, and the work of one of them fails: no number is given twice or left out.
template <typename Server>
void explore_failing_beside_others()
{
    static thread_local bool fails = false;
    Server shared{any_port, [] {
                      if (fails) {
                          throw std::runtime_error{"no paper"};
                      }
                  }};
    explore([&] {
        const int before = number_in(shared.handle());
        std::thread failing{[&] {
            fails = true;
            try {
                shared.handle();
            } catch (const std::runtime_error&) {
            }
        }};
        const std::vector<int> numbers = numbers_of(shared, 2);
        failing.join();
        EXPLORE_REQUIRE(numbers == std::vector{before + 1, before + 2});
        EXPLORE_REQUIRE(number_in(shared.handle()) == before + 3);
    });
}

/// Two clients at once, each of whose replies tells the time of its own work.
template <typename Server>
void explore_times()
{
    Server shared{any_port, [] { explorer::compute(std::chrono::seconds{1}); }};
    explore([&] {
        double other = 0;
        std::jthread second{[&] { other = support::time_in_reply(shared); }};
        const double mine = support::time_in_reply(shared);
        second.join();
        EXPLORE_REQUIRE(mine == 1000.0);
        EXPLORE_REQUIRE(other == 1000.0);
    });
}

/// A second server knows nothing of the first one's clients.
template <typename Server>
void count_in_two_servers()
{
    Server one{any_port, [] {}};
    Server other{any_port, [] {}};
    REQUIRE(number_in(one.handle()) == 1);
    REQUIRE(number_in(other.handle()) == 1);
    REQUIRE(number_in(one.handle()) == 2);
}

/// Two clients at once, from connecting to the end: each its own number.
template <typename Server>
void explore_two_clients()
{
    explore([] {
        EXPLORE_REQUIRE(support::numbers_of_two_clients<Server>(support::no_work()) ==
                        std::pair(1, 2));
    });
}

/// As many requests as a server is sure to lose some of if it can lose any.
template <typename Server>
void serve_a_hundred_thousand()
{
    constexpr int requests = 100'000;
    support::running_server<Server> running;

    const given::load_report report = given::run_load(
        running.where(), {.clients = 64, .requests = requests, .limit = std::chrono::seconds{100}});

    CAPTURE(report.first_failure);
    REQUIRE(report.failures == 0);
    std::vector<int> numbers;
    for (const std::string& reply : report.replies) {
        numbers.push_back(number_in(reply));
    }
    std::sort(numbers.begin(), numbers.end());
    std::vector<int> expected(requests);
    std::iota(expected.begin(), expected.end(), 1);
    REQUIRE((numbers == expected)); // in one pair of brackets, lest 100,000 numbers be printed
}

/// As many as serve_a_hundred_thousand() asks for, without the connections, which take their time.
template <typename Server>
void call_a_hundred_thousand_times()
{
    Server shared{any_port, support::no_work()};
    std::vector<std::vector<int>> numbers(8);
    {
        std::vector<std::jthread> threads;
        for (std::vector<int>& own : numbers) {
            threads.emplace_back([&] {
                for (int i = 0; i < 12'500; ++i) {
                    own.push_back(number_in(shared.handle()));
                }
            });
        }
    }
    std::set<int> all;
    for (const std::vector<int>& own : numbers) {
        all.insert(own.begin(), own.end());
    }
    REQUIRE(all.size() == 100'000);
    REQUIRE(*all.begin() == 1);
    REQUIRE(*all.rbegin() == 100'000);
}

} // namespace

TEST_CASE("coarse: each client has its own number and none is left out", "[ex07][step1][explore]")
{
    explore_numbers<coarse_server>();
}

TEST_CASE("coarse: one client's work ends before the next one's begins", "[ex07][step1][explore]")
{
    static thread_local int turn = 0; // of this thread's client among all whose work was done
    std::atomic<int> turns = 0;
    std::atomic<int> inside = 0;
    coarse_server shared{any_port, [&] {
                             EXPLORE_REQUIRE(++inside == 1);
                             turn = ++turns;
                             --inside;
                         }};
    explore([&] {
        int others_number = 0;
        int others_turn = 0;
        std::thread other{[&] {
            others_number = number_in(shared.handle());
            others_turn = turn;
        }};
        const int number = number_in(shared.handle());
        other.join();
        EXPLORE_REQUIRE((number < others_number) == (turn < others_turn)); // counted in that order
    });
}

TEST_CASE("coarse: the reply's time leaves out the wait for the lock", "[ex07][step1][explore]")
{
    explore_times<coarse_server>();
}

TEST_CASE("coarse: two servers count each for itself", "[ex07][step1]")
{
    count_in_two_servers<coarse_server>();
}

TEST_CASE("coarse: work that throws leaves nothing locked", "[ex07][step1][explore]")
{
    explore_failing_work<coarse_server>();
}

TEST_CASE("coarse: failing work takes no number from others", "[ex07][step1][explore]")
{
    explore_failing_beside_others<coarse_server>();
}

TEST_CASE("coarse: two clients over TCP at once get 1 and 2", "[ex07][step2][explore]")
{
    explore_two_clients<coarse_server>();
}

TEST_CASE("fine: handle() does the work once and says how long it took", "[ex07][step3]")
{
    using std::chrono::steady_clock;
    using milliseconds = std::chrono::duration<double, std::milli>;
    int times = 0;
    milliseconds worked{};
    fine_server timing{any_port, [&] {
                           const auto began = steady_clock::now();
                           while (steady_clock::now() < began + milliseconds{20}) {
                           }
                           worked = steady_clock::now() - began;
                           ++times;
                       }};

    // Once more if the thread was kept from running outside of the work, as in "the time in the
    // reply is how long the work took".
    std::optional<given::reply> reply;
    int asked = 0;
    REQUIRE(support::eventually([&] {
        const auto began = steady_clock::now();
        reply = given::parse_reply(timing.handle());
        ++asked;
        return steady_clock::now() - began < 1.5 * worked;
    }));

    REQUIRE(times == asked);
    REQUIRE(reply);
    REQUIRE(reply->number == asked);
    REQUIRE(reply->milliseconds >= worked.count() - 0.051);
    REQUIRE(number_in(timing.handle()) == asked + 1);
}

TEST_CASE("fine: each client has its own number and none is left out", "[ex07][step3][explore]")
{
    explore_numbers<fine_server>();
}

TEST_CASE("fine: the work of several clients overlaps", "[ex07][step3]")
{
    // More than there are processors, whom an answer might count.
    const int processors = static_cast<int>(std::thread::hardware_concurrency());
    const int clients = support::drawn(20, 10, 30) + processors;
    support::meeting everyone{clients};
    fine_server shared{any_port, [&] { everyone.arrive(); }};

    const std::vector<int> numbers = numbers_of(shared, clients);

    std::vector<int> expected(static_cast<std::size_t>(clients));
    std::iota(expected.begin(), expected.end(), 1);
    REQUIRE_FALSE(everyone.missed());
    REQUIRE(numbers == expected);
}

TEST_CASE("fine: the reply's time leaves out the wait for the lock", "[ex07][step3][explore]")
{
    explore_times<fine_server>();

    // An hour goes by, at any moment, while two clients are served. Who takes the time before it
    // waits for the lock may be overtaken there: by one who takes the time later, and has the lower
    // number. Who takes it with the lock held is not.
    using std::chrono::steady_clock;
    using namespace std::chrono_literals;
    static thread_local steady_clock::time_point work_done;
    struct client {
        int number = 0;
        bool worked_before = false; // the hour
        bool timed_before = false;
    };
    fine_server shared{any_port, [] { work_done = steady_clock::now(); }};
    explorer::options any_moment;
    any_moment.eager_time = true;

    const explorer::result found = explore_for(
        "wrong result",
        [&] {
            const auto began = steady_clock::now();
            const auto serve = [&](client& one) {
                const std::optional<given::reply> reply = given::parse_reply(shared.handle());
                one.number = reply ? reply->number : 0;
                one.worked_before = work_done - began < 30min;
                one.timed_before = one.worked_before && reply && reply->milliseconds < 1'800'000;
            };
            std::thread hour{[] { explorer::compute(1h); }};
            client second;
            std::thread other{[&] { serve(second); }};
            client first;
            serve(first);
            other.join();
            hour.join();
            const auto overtaken = [](const client& one, const client& by) {
                return one.timed_before && by.worked_before && !by.timed_before &&
                       by.number < one.number;
            };
            EXPLORE_REQUIRE(!overtaken(first, second));
            EXPLORE_REQUIRE(!overtaken(second, first));
        },
        any_moment);

    INFO("no client was ever overtaken between its work and the count: is the lock held when the "
         "clock is read?");
    REQUIRE(found.failed);
}

TEST_CASE("fine: two servers count each for itself", "[ex07][step3]")
{
    count_in_two_servers<fine_server>();
}

TEST_CASE("fine: work that throws leaves nothing locked", "[ex07][step3][explore]")
{
    explore_failing_work<fine_server>();
}

TEST_CASE("fine: failing work takes no number from others", "[ex07][step3][explore]")
{
    explore_failing_beside_others<fine_server>();
}

TEST_CASE("fine: overlapping clients over TCP each get their own number", "[ex07][step3]")
{
    const int count = support::drawn(3, 2, 9);
    support::rendezvous all_working{count};
    support::running_server<fine_server> running{[&] { all_working.arrive_and_wait(); }};
    std::vector<given::line_client> clients;
    for (int i = 0; i < count; ++i) {
        clients.emplace_back(running.where());
    }

    std::set<int> numbers;
    for (given::line_client& client : clients) {
        numbers.insert(number_in(client.read_to_end()));
    }

    REQUIRE(all_working.most_waiting() == count);
    REQUIRE(numbers.size() == static_cast<std::size_t>(count));
    REQUIRE(*numbers.begin() == 1);
    REQUIRE(*numbers.rbegin() == count);
}

TEST_CASE("fine: two clients over TCP at once get 1 and 2", "[ex07][step3][explore]")
{
    explore_two_clients<fine_server>();
}

TEST_CASE("coarse: 100000 calls from eight threads lose no number", "[ex07][step1]")
{
    call_a_hundred_thousand_times<coarse_server>();
}

TEST_CASE("fine: 100000 calls from eight threads lose no number", "[ex07][step3]")
{
    call_a_hundred_thousand_times<fine_server>();
}

TEST_CASE("coarse: 100000 requests from 64 clients lose no number", "[ex07][step2][soak]")
{
    serve_a_hundred_thousand<coarse_server>();
}

TEST_CASE("fine: 100000 requests from 64 clients lose no number", "[ex07][step3][soak]")
{
    serve_a_hundred_thousand<fine_server>();
}
