// The process pool: first what it promises alike with the thread pool (pool_contract.hpp), then
// what only processes show. Workers are real processes; memory that is shared with them (the board)
// carries what the tasks saw, and a gate in it holds a task where the case wants it. The board is
// made before the case's first pool, so that the workers have it.
//
// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include "given/descriptor.hpp"
#include "support/census.hpp"
#include "support/drawn.hpp"
#include "support/explored_workers.hpp"
#include "support/interrupter.hpp"
#include "support/rendezvous.hpp"
#include "support/shared_memory.hpp"

#include "channel.hpp"
#include "process_pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define POOL_TAG "[ex03]"
using pool = process_pool;
#include "support/pool_contract.hpp"

using pool_contract::square;
using support::eventually;

namespace {

// -------------------------------------------------------------------- what the processes share

struct board {
    support::process_gate gate;
    support::process_gate buried; // count_and_die_at_50 alone
    support::process_rendezvous meeting;
    std::atomic<int> runs[200];
    std::atomic<int> inside = 0;
    std::atomic<pid_t> worker[2];
    std::atomic<pid_t> server = 0;
    std::atomic<int> exit_handlers_run = 0;
    std::atomic<int> passes = 0;
    std::atomic<int> writing = 0;
    std::atomic<std::size_t> written = 0;
};

board* common = nullptr; // the case's

class shared_board {
public:
    shared_board() { common = memory_.get(); }
    ~shared_board() { common = nullptr; }
    board* operator->() const { return memory_.get(); }

private:
    support::shared<board> memory_;
};

int global = 1;

// ------------------------------------------------------------------------------------- tasks

pid_t own_pid()
{
    return getpid();
}

int change_global(int value)
{
    return global = value;
}

int read_global()
{
    return global;
}

// Says who it is and stays until the gate opens.
pid_t stay()
{
    const int place = common->inside++;
    common->server = getppid();
    common->worker[place % 2] = getpid();
    return common->gate.wait() ? getpid() : -1;
}

bool meet(int parties)
{
    return common->meeting.arrive_and_wait(parties);
}

int kill_own_worker()
{
    raise(SIGKILL);
    return 0;
}

int exit_with(int status)
{
    _exit(status);
}

// The first three, one for each worker, stay until the gate opens; the two beside the one that dies
// stay until its death is known, so that the rest is still in the queue then.
int count_and_die_at_50(int n)
{
    ++common->runs[n];
    if (n < 3) {
        common->gate.wait();
    } else if (n == 51 || n == 52) {
        common->buried.wait();
    }
    return n == 50 ? kill_own_worker() : n;
}

std::string twice(const std::string& text)
{
    return text + text;
}

/// Its place among the tasks that were started.
int place_of(const std::string& /*unused*/)
{
    return ++common->inside;
}

struct point {
    int x;
    double y;
    bool operator==(const point&) const = default;
};

enum class color { red, green };

point mirrored(point at)
{
    return {-at.x, -at.y};
}

color other_color(color shown)
{
    return shown == color::red ? color::green : color::red;
}

std::array<int, 3> reversed(std::array<int, 3> numbers)
{
    return {numbers[2], numbers[1], numbers[0]};
}

std::vector<point> all_mirrored(const std::vector<point>& points)
{
    std::vector<point> result;
    std::ranges::transform(points, std::back_inserter(result), mirrored);
    return result;
}

std::size_t all_sizes(std::string&& text, const std::vector<double>& numbers, char letter, bool yes)
{
    return text.size() + numbers.size() + (letter == 'x') + yes;
}

// Prints without a line end to a stream of its own, which the C library writes out when the worker
// leaves, and which takes its time over it.
int print_a_word()
{
    cookie_io_functions_t slow{};
    slow.write = [](void*, const char*, std::size_t size) {
        ++common->writing;
        common->gate.wait();
        common->written += size;
        return static_cast<ssize_t>(size);
    };
    std::fputs("word", fopencookie(nullptr, "w", slow));
    return 0;
}

struct odd_error : std::logic_error {
    using std::logic_error::logic_error;
};

int throw_odd_error()
{
    throw odd_error("very odd");
}

int throw_42()
{
    throw 42;
}

int own_channel()
{
    for (int number = STDERR_FILENO + 1; number < 100; ++number) {
        struct stat about {};
        if (fstat(number, &about) == 0 && S_ISSOCK(about.st_mode)) {
            return number;
        }
    }
    return -1;
}

int stay_for_ever()
{
    const int place = common->inside++;
    common->server = getppid();
    common->worker[place % 2] = getpid();
    for (;;) {
        pause();
    }
}

int close_channel_and_stay()
{
    close(own_channel());
    return stay_for_ever();
}

int cut_the_reply_short()
{
    if (write(own_channel(), "abc", 3) != 3) {
        return 0;
    }
    return kill_own_worker();
}

// ------------------------------------------------------------------------------ looking at it

constexpr auto half_a_second = std::chrono::milliseconds(500);

template <class T>
bool soon(const std::future<T>& result)
{
    return result.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
}

/// The worker_died that the future throws; none when it gives a result, another error, or nothing
/// within 5 s.
template <class T>
std::optional<worker_died> death_in(std::future<T>& result)
{
    if (!soon(result)) {
        return std::nullopt;
    }
    try {
        result.get();
    } catch (const worker_died& death) {
        return death;
    } catch (const std::exception&) {
        return std::nullopt;
    }
    return std::nullopt;
}

bool has_ended(pid_t process)
{
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(") ");
    return name_end == std::string::npos || stat[name_end + 2] == 'Z';
}

/// Not even a zombie is left.
bool is_gone(pid_t process)
{
    return kill(process, 0) == -1 && errno == ESRCH;
}

bool works_in(const pool& workers, pid_t process)
{
    const auto pids = workers.worker_pids();
    return std::ranges::find(pids, process) != pids.end();
}

/// How often the threads went to sleep or were sent there.
long switches(const std::vector<pid_t>& threads)
{
    return std::transform_reduce(threads.begin(), threads.end(), 0L, std::plus{},
                                 support::switches);
}

std::string some_bytes(std::size_t size)
{
    std::string bytes(size, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    return bytes;
}

/// Of which no two places with a number in them look alike.
std::string numbered_lines(std::size_t size)
{
    std::string text;
    for (int i = 1'000'000; text.size() < size; ++i) {
        text += std::to_string(i) + std::string(40, '.');
    }
    text.resize(size);
    return text;
}

/// Stops the pool's only worker and brings a task that is larger than its channel: when this
/// returns, the pool waits in the middle of writing it.
template <class Result = std::string>
std::future<Result> bring_more_than_fits(pool& workers, pid_t worker,
                                         Result (*task)(const std::string&) = twice)
{
    const auto threads = support::other_threads();
    const auto all_asleep = [&] { return std::ranges::all_of(threads, support::is_asleep); };
    REQUIRE(eventually(all_asleep));
    const long before = switches(threads);
    kill(worker, SIGSTOP);
    auto large = workers.apply_async(task, some_bytes(1'000'000));
    REQUIRE(eventually([&] { return all_asleep() && switches(threads) > before; }));
    return large;
}

std::vector<int> open_descriptors(pid_t process)
{
    std::vector<int> numbers;
    const std::string folder = "/proc/" + std::to_string(process) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        numbers.push_back(std::stoi(entry.path().filename().string()));
    }
    std::ranges::sort(numbers);
    return numbers;
}

/// Runs `body` in a thread, and says which; what it throws is caught and kept as text.
class one_thread {
public:
    template <class Body>
    explicit one_thread(Body body)
        : thread_([this, body] {
              id_ = gettid();
              try {
                  body();
              } catch (const std::exception& error) {
                  error_ = error.what();
              }
          })
    {
        eventually([this] { return id_ != 0; });
    }
    ~one_thread()
    {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    pid_t id() const { return id_; }

    /// Joins; then the error, empty if there was none.
    std::string error_at_end()
    {
        thread_.join();
        return error_;
    }

private:
    std::atomic<pid_t> id_ = 0;
    std::string error_;
    std::thread thread_; // last member: started when the rest is there
};

void send_raw(int channel, std::string_view bytes)
{
    if (send(channel, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
        throw std::system_error(errno, std::generic_category(), "send");
    }
}

} // namespace

// -------------------------------------------------------------------------------- step 1: bytes

TEST_CASE("bytes that are sent are received", "[ex03][step1]")
{
    auto [one, other] = given::socket_pair();
    const std::string sent = some_bytes(1000);
    std::string received(1000, '?');

    write_all(one.get(), sent);
    REQUIRE(read_exact(other.get(), received));
    REQUIRE(received == sent);
    REQUIRE(recv(other.get(), received.data(), 1, MSG_DONTWAIT) == -1); // and no more than that

    write_all(other.get(), ""); // nothing is fine, too
    REQUIRE(read_exact(one.get(), {}));
}

TEST_CASE("reading goes on until the last piece is there", "[ex03][step1]")
{
    // A socket that keeps packets apart: each receive gives one, however much is asked for.
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    given::descriptor sender(ends[0]), receiver(ends[1]);
    for (const char* piece : {"a", "bc", "d", "efgh"}) {
        send_raw(sender.get(), piece);
    }
    std::string received(8, '?');

    REQUIRE(read_exact(receiver.get(), received));
    REQUIRE(received == "abcdefgh");
}

TEST_CASE("reading tells an end between messages from one in the middle", "[ex03][step1]")
{
    auto [one, other] = given::socket_pair();
    std::string received(4, '?');
    send_raw(one.get(), "abcdef");
    one.close();

    REQUIRE(read_exact(other.get(), received));
    REQUIRE(received == "abcd");
    errno = 0; // an end is no error to the system, so no call has left the number there
    try {
        read_exact(other.get(), received);
        FAIL("nothing was thrown");
    } catch (const std::system_error& error) {
        REQUIRE(error.code() == std::errc::connection_reset);
    }
    REQUIRE_FALSE(read_exact(other.get(), received));

    // Closed with something unread: what was sent arrives, and then a reset.
    auto [rude, reader] = given::socket_pair();
    send_raw(rude.get(), "abc");
    send_raw(reader.get(), "unread");
    rude.close();
    REQUIRE_THROWS_AS(read_exact(reader.get(), received), std::system_error);
}

TEST_CASE("reading throws what the system reports", "[ex03][step1]")
{
    std::string received(4, '?');

    REQUIRE_THROWS_AS(read_exact(-1, received), std::system_error);
}

TEST_CASE("reading goes on after a signal", "[ex03][step1]")
{
    auto [one, other] = given::socket_pair();
    support::interrupter signals;
    std::string received(6, '?');
    bool whole = false;
    one_thread reader([&, channel = other.get()] { whole = read_exact(channel, received); });

    const bool before_the_first = signals.interrupt(reader.id());
    send_raw(one.get(), "abc");
    const bool in_the_middle = signals.interrupt(reader.id()) && signals.interrupt(reader.id());
    send_raw(one.get(), "def");

    REQUIRE(reader.error_at_end() == "");
    REQUIRE(before_the_first);
    REQUIRE(in_the_middle);
    REQUIRE(whole);
    REQUIRE(received == "abcdef");
}

TEST_CASE("writing goes on after a signal", "[ex03][step1]")
{
    auto [one, other] = given::socket_pair();
    support::interrupter signals;
    const std::string sent = numbered_lines(2'000'000); // far more than a socket's buffer holds
    one_thread writer([&, channel = one.get()] {
        write_all(channel, sent);
        shutdown(channel, SHUT_WR);
    });

    // The first signal finds the call half done: it reports the part that it did. The others find
    // it where nothing more fits in.
    bool interrupted = true;
    for (int i = 0; i < 3; ++i) {
        interrupted = interrupted && signals.interrupt(writer.id());
    }
    std::string received;
    std::string piece(65536, '?');
    for (ssize_t got = 1; interrupted && got > 0;) {
        got = recv(other.get(), piece.data(), piece.size(), 0);
        received.append(piece, 0, got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    other.close();

    REQUIRE(writer.error_at_end() == "");
    REQUIRE(interrupted);
    REQUIRE(received.size() == sent.size());
    std::size_t at = 0;
    for (std::size_t step = std::size_t{1} << 21; step > 0 && received != sent; step /= 2) {
        at += received.compare(0, at + step, sent, 0, at + step) == 0 ? step : 0;
    }
    const std::size_t from = sent.find(received.substr(at, 64));
    INFO("write_all(), of which a signal had cut a send short, sent its first "
         << at << " bytes right; then came "
         << (from == std::string::npos ? "what is nowhere in the text"
                                       : "what stands at " + std::to_string(from) + " in it"));
    REQUIRE((received == sent));
}

TEST_CASE("writing to nobody throws and raises no SIGPIPE", "[ex03][step1]")
{
    static std::atomic<int> raised = 0;
    std::signal(SIGPIPE, [](int) { ++raised; });
    auto [one, other] = given::socket_pair();
    other.close();

    REQUIRE_THROWS_AS(write_all(one.get(), "hello"), std::system_error);
    REQUIRE(raised == 0);
    std::signal(SIGPIPE, SIG_DFL);
}

// -------------------------------------------------------------------- step 2: workers and results

TEST_CASE("tasks run in other processes", "[ex03][step2]")
{
    pool workers(2);
    std::set<pid_t> seen;
    const int tasks = support::drawn(20, 10, 60);
    for (int n = 0; n < tasks; ++n) {
        seen.insert(workers.apply_async(own_pid).get());
    }

    const auto pids = workers.worker_pids();
    REQUIRE(pids.size() == 2);
    REQUIRE(pids[0] != pids[1]);
    REQUIRE_FALSE(seen.contains(getpid()));
    REQUIRE(std::ranges::all_of(seen, [&](pid_t one) { return works_in(workers, one); }));
}

TEST_CASE("all workers work at the same time", "[ex03][step2]")
{
    const shared_board shared;
    const int size = support::drawn(3, 2, 6);
    pool workers(size);
    std::vector<std::future<bool>> meetings;
    for (int i = 0; i < size; ++i) {
        meetings.push_back(workers.apply_async(meet, size));
    }

    for (auto& each : meetings) {
        REQUIRE(each.get());
    }
}

TEST_CASE("a global changed in a worker is unchanged here", "[ex03][step2]")
{
    pool workers(1);

    const int changed = support::drawn(99, 2, 10'000);
    REQUIRE(workers.apply_async(change_global, changed).get() == changed);
    REQUIRE(workers.apply_async(read_global).get() == changed);
    REQUIRE(global == 1);
}

TEST_CASE("a task's exception arrives with its type and message", "[ex03][step2]")
{
    pool workers(1);
    auto plain = workers.apply_async(pool_contract::fail, 7);
    try {
        plain.get();
        FAIL("no exception arrived");
    } catch (const remote_error& error) {
        REQUIRE(error.type() == "std::runtime_error");
        REQUIRE(error.message() == "boom 7");
    }
    auto odd = workers.apply_async(throw_odd_error);
    try {
        odd.get();
        FAIL("no exception arrived");
    } catch (const remote_error& error) {
        REQUIRE(pool_contract::mentions(error.type(), "odd_error"));
        REQUIRE(error.message() == "very odd");
    }
}

TEST_CASE("whatever a task throws spares its worker", "[ex03][step2]")
{
    pool workers(1);
    const pid_t before = workers.apply_async(own_pid).get();
    auto doomed = workers.apply_async(throw_42);
    try {
        doomed.get();
        FAIL("no exception arrived");
    } catch (const remote_error& error) {
        REQUIRE(error.type() == "int");
        REQUIRE(error.message() == "");
    }

    REQUIRE(workers.apply_async(own_pid).get() == before);
}

TEST_CASE("every kind of value that can be sent arrives whole", "[ex03][step2]")
{
    pool workers(1);
    const std::string zeros("a\0b\0", 4);

    REQUIRE(workers.apply_async(twice, zeros).get() == zeros + zeros);
    REQUIRE(workers.apply_async(mirrored, point{1, 2.5}).get() == point{-1, -2.5});
    REQUIRE(workers.apply_async(other_color, color::red).get() == color::green);
    REQUIRE(workers.apply_async(reversed, std::array{1, 2, 3}).get() == std::array{3, 2, 1});
    REQUIRE(workers.apply_async(all_mirrored, std::vector<point>{{1, 2}, {3, 4}}).get() ==
            std::vector<point>{{-1, -2}, {-3, -4}});
    REQUIRE(workers.apply_async(all_mirrored, std::vector<point>{}).get().empty());
    REQUIRE(workers.apply_async(all_sizes, "abc", std::vector{1.0, 2.0}, 'x', true).get() == 7);

    REQUIRE_FALSE(sendable<int*>);
    REQUIRE_FALSE(sendable<std::string_view>);
    REQUIRE_FALSE(sendable<std::vector<std::string>>);
}

TEST_CASE("messages larger than a socket's buffer pass both ways", "[ex03][step2]")
{
    const shared_board shared;
    pool workers(1);
    const std::string large = some_bytes(1'000'000);
    auto first = workers.apply_async(stay); // until all the others are in the queue
    std::vector<std::future<std::string>> doubled;
    for (int i = 0; i < 3; ++i) {
        doubled.push_back(workers.apply_async(twice, large));
    }
    shared->gate.open();

    for (auto& each : doubled) {
        REQUIRE(soon(each));
        REQUIRE((each.get() == large + large));
    }
}

TEST_CASE("whoever brings a task does not wait for a large one", "[ex03][step2]")
{
    pool workers(1);
    const pid_t worker = workers.apply_async(own_pid).get();
    auto large = bring_more_than_fits(workers, worker);
    auto bringing = std::async(std::launch::async, [&] {
        workers.worker_pids();
        return workers.apply_async(square, 3);
    });
    const bool brought = soon(bringing);
    kill(worker, SIGCONT);

    REQUIRE(brought);
    REQUIRE(large.get().size() == 2'000'000);
    REQUIRE(bringing.get().get() == 9);
}

TEST_CASE("a slow task holds up no other", "[ex03][step2]")
{
    const shared_board shared;
    pool workers(2);
    auto slow = workers.apply_async(stay);
    const int tasks = support::drawn(20, 10, 60);
    std::vector<std::future<int>> quick;
    for (int n = 0; n < tasks; ++n) {
        quick.push_back(workers.apply_async(square, n));
    }

    for (int n = 0; n < tasks; ++n) {
        REQUIRE(soon(quick[n]));
        REQUIRE(quick[n].get() == n * n);
    }
    REQUIRE_FALSE(pool_contract::is_ready(slow));
    shared->gate.open();
    REQUIRE(slow.get() > 0);
}

TEST_CASE("a worker has no descriptor but its own channel", "[ex03][step2]")
{
    pool first(1);
    pool second(2);
    for (pool* each : {&first, &second}) {
        each->apply_async(square, 1).get();
        const pid_t worker = each->apply_async(own_pid).get();
        const auto open = open_descriptors(worker);
        REQUIRE(open.size() == 4);
        REQUIRE(open[2] == STDERR_FILENO);
    }
}

TEST_CASE("a pool ends while another one still works", "[ex03][step2]")
{
    const shared_board shared;
    auto first = std::make_unique<pool>(2);
    pool second(1);
    const auto pids = first->worker_pids();
    auto busy = second.apply_async(stay);
    REQUIRE(eventually([&] { return shared->inside == 1; }));
    first.reset();

    REQUIRE_FALSE(pool_contract::is_ready(busy));
    REQUIRE(is_gone(pids[0]));
    REQUIRE(is_gone(pids[1]));
    shared->gate.open();
    REQUIRE(busy.get() > 0);
}

TEST_CASE("an idle pool sleeps until a task comes", "[ex03][step2]")
{
    pool idle(2);
    idle.apply_async(square, 3).get();
    const auto threads = support::other_threads();
    REQUIRE(eventually([&] { return std::ranges::all_of(threads, support::is_asleep); }));

    const long before = switches(threads);
    pool busy(1);
    const auto end = std::chrono::steady_clock::now() + half_a_second; // who polls wakes meanwhile
    bool asleep = true;
    for (int n = 0; asleep && (n < 100 || std::chrono::steady_clock::now() < end); ++n) {
        busy.apply_async(square, n % 100).get();
        asleep = std::ranges::all_of(threads, support::is_asleep);
    }
    REQUIRE(asleep);
    const long wakeups = switches(threads) - before; // with nothing to do
    REQUIRE(wakeups == 0);

    auto wakes_it = idle.apply_async(square, 4);
    REQUIRE(soon(wakes_it));
    REQUIRE(wakes_it.get() == 16);
}

TEST_CASE("a task that comes at any moment is done", "[ex03][step2][explore]")
{
    support::explore_pool([] {
        pool workers(1);
        EXPLORE_REQUIRE(workers.apply_async(square, 3).get() == 9);
        EXPLORE_REQUIRE(workers.apply_async(square, 4).get() == 16); // comes when it is not awaited
    });
}

TEST_CASE("tasks from two threads at once are all done", "[ex03][step2][explore]")
{
    support::explore_pool([] {
        pool workers(2);
        std::thread second([&] { EXPLORE_REQUIRE(workers.apply_async(square, 3).get() == 9); });
        EXPLORE_REQUIRE(workers.worker_pids().size() == 2);
        EXPLORE_REQUIRE(workers.apply_async(square, 4).get() == 16);
        second.join();
    });
}

TEST_CASE("a pool never has more workers than were asked for", "[ex03][step2][explore]")
{
    support::explore_pool([] {
        pool workers(1);
        auto one = workers.apply_async(square, 3);
        auto other = workers.apply_async(square, 4); // perhaps while the only one is busy
        EXPLORE_REQUIRE(one.get() == 9);
        EXPLORE_REQUIRE(other.get() == 16);
        EXPLORE_REQUIRE(workers.worker_pids().size() == 1);
    });
}

TEST_CASE("under every schedule two pools do not disturb each other", "[ex03][step2][explore]")
{
    support::explore_pool([] {
        pool one(1);
        pool other(1);
        auto first = one.apply_async(square, 3);
        auto second = other.apply_async(square, 4);
        EXPLORE_REQUIRE(first.get() == 9);
        EXPLORE_REQUIRE(second.get() == 16);
    });
}

TEST_CASE("messages may come in pieces and calls be interrupted", "[ex03][step2][explore]")
{
    support::explore_pool(
        [] {
            pool workers(1);
            EXPLORE_REQUIRE(workers.apply_async(square, 3).get() == 9);
        },
        {.short_transfers = 2, .interruptions = 2});
}

TEST_CASE("a signal does not disturb the pool", "[ex03][step2]")
{
    pool workers(2);
    REQUIRE(workers.apply_async(square, 3).get() == 9);
    support::interrupter signals;
    const auto twice = [&](pid_t one) { return signals.interrupt(one) && signals.interrupt(one); };
    REQUIRE(std::ranges::all_of(support::other_threads(), twice));

    REQUIRE(workers.apply_async(square, 4).get() == 16);
}

// --------------------------------------------------------------------- step 3: close, join, the
// end

TEST_CASE("the destructor leaves no process and no thread and no descriptor", "[ex03][step3]")
{
    const auto before = support::take_census();
    std::vector<pid_t> pids;
    {
        pool workers(3);
        REQUIRE(workers.apply_async(square, 3).get() == 9);
        pids = workers.worker_pids();
        REQUIRE(pids.size() == 3);
    }

    for (const pid_t worker : pids) {
        REQUIRE(is_gone(worker));
    }
    REQUIRE(support::back_to(before));
}

TEST_CASE("close leaves the queued tasks to be done", "[ex03][step3]")
{
    const shared_board shared;
    pool workers(1);
    auto first = workers.apply_async(stay); // the others stay in the queue
    auto second = workers.apply_async(square, 2);
    auto third = workers.apply_async(square, 3);
    workers.close();
    shared->gate.open();
    workers.join();

    REQUIRE(first.get() > 0);
    REQUIRE(second.get() == 4);
    REQUIRE(third.get() == 9);
}

TEST_CASE("whenever close comes a task that was taken is done", "[ex03][step3][explore]")
{
    support::explore_pool([] {
        pool workers(2);
        auto early = workers.apply_async(square, 2);
        std::future<int> taken;
        std::thread bringing([&] {
            try {
                taken = workers.apply_async(square, 3);
            } catch (const std::logic_error&) { // closed already
            }
        });
        workers.close();
        bringing.join();
        workers.join();
        EXPLORE_REQUIRE(workers.worker_pids().empty());
        EXPLORE_REQUIRE(pool_contract::is_ready(early) && early.get() == 4);
        EXPLORE_REQUIRE(!taken.valid() || (pool_contract::is_ready(taken) && taken.get() == 9));
    });
}

TEST_CASE("a task that came just before close is done", "[ex03][step3][explore]")
{
    support::explore_pool([] {
        pool workers(1);
        EXPLORE_REQUIRE(workers.apply_async(square, 3).get() == 9); // all is done: it looks idle
        auto last = workers.apply_async(square, 4);
        workers.close();
        workers.join();
        EXPLORE_REQUIRE(pool_contract::is_ready(last) && last.get() == 16);
    });
}

TEST_CASE("closing a sleeping pool wakes it and join leaves no worker", "[ex03][step3]")
{
    pool workers(2);
    REQUIRE(workers.apply_async(square, 3).get() == 9);
    const auto pids = workers.worker_pids();
    const auto threads = support::other_threads();
    REQUIRE(eventually([&] { return std::ranges::all_of(threads, support::is_asleep); }));
    workers.close();
    workers.join();

    REQUIRE(is_gone(pids[0]));
    REQUIRE(is_gone(pids[1]));
    REQUIRE(workers.worker_pids().empty());
}

TEST_CASE("workers leave without the parent's exit handlers", "[ex03][step3]")
{
    const shared_board shared;
    std::atexit([] {
        if (common != nullptr) {
            ++common->exit_handlers_run;
        }
    });
    {
        pool workers(2);
        REQUIRE(workers.apply_async(square, 3).get() == 9);
    }

    REQUIRE(shared->exit_handlers_run == 0);
}

TEST_CASE("what a task printed is written when its worker leaves", "[ex03][step3]")
{
    const shared_board shared;
    {
        pool workers(1);
        REQUIRE(workers.apply_async(print_a_word).get() == 0);
        const std::jthread opens_when_it_is_written([&] {
            eventually([&] { return shared->writing > 0; });
            shared->gate.open();
        });
        workers.close();
        workers.join();
    }

    REQUIRE(shared->written == 4);
}

TEST_CASE("no worker returns into the code of its parent", "[ex03][step3]")
{
    const shared_board shared;
    const pid_t self = getpid();
    {
        pool workers(1);
        ++shared->passes;
        if (getpid() != self) {
            _exit(0); // a second copy of this case; one verdict is enough
        }
        REQUIRE(workers.apply_async(square, 3).get() == 9);
    }

    REQUIRE(shared->passes == 1);
}

// --------------------------------------------------------------------------- step 5: dead workers

TEST_CASE("a worker killed in the middle fails its task with pid and signal", "[ex03][step5]")
{
    const shared_board shared;
    pool workers(2);
    auto held = workers.apply_async(stay);
    std::vector<std::future<int>> others;
    for (int n = 0; n < 100; ++n) {
        others.push_back(workers.apply_async(square, n));
    }
    REQUIRE(eventually([&] { return shared->worker[0] != 0; }));
    kill(shared->worker[0], SIGKILL);

    const auto death = death_in(held);
    REQUIRE(death);
    REQUIRE(death->pid() == shared->worker[0]);
    REQUIRE(death->signal() == SIGKILL);
    for (int n = 0; n < 100; ++n) {
        REQUIRE(soon(others[n]));
        REQUIRE(others[n].get() == n * n);
    }
    REQUIRE_FALSE(works_in(workers, death->pid()));
}

TEST_CASE("a worker that exits fails its task with the status", "[ex03][step5]")
{
    pool workers(2);
    const auto pids = workers.worker_pids();
    auto held = workers.apply_async(exit_with, 3);

    const auto death = death_in(held);
    REQUIRE(death);
    REQUIRE((death->pid() == pids[0] || death->pid() == pids[1]));
    REQUIRE(death->signal() == 0);
    REQUIRE(death->status() == 3);
    REQUIRE(workers.apply_async(square, 3).get() == 9);
}

TEST_CASE("only the task that a dead worker held is lost and no task runs twice", "[ex03][step5]")
{
    const shared_board shared;
    pool workers(3);
    std::vector<std::future<int>> results;
    for (int n = 0; n < 200; ++n) {
        results.push_back(workers.apply_async(count_and_die_at_50, n));
    }
    shared->gate.open(); // all are in the queue

    REQUIRE(death_in(results[50]));
    shared->buried.open();
    for (int n = 0; n < 200; ++n) {
        if (n != 50) {
            REQUIRE(soon(results[n]));
            REQUIRE(results[n].get() == n);
        }
        REQUIRE(shared->runs[n] == 1);
    }
}

TEST_CASE("an idle worker's death harms no task", "[ex03][step5]")
{
    pool workers(2);
    const pid_t victim = workers.worker_pids()[0];
    kill(victim, SIGKILL);
    REQUIRE(eventually([&] { return has_ended(victim); }));

    for (int n = 0; n < 20; ++n) {
        auto result = workers.apply_async(square, n);
        REQUIRE(soon(result));
        REQUIRE(result.get() == n * n);
    }
}

TEST_CASE("when every worker has died nothing waits for ever", "[ex03][step5]")
{
    pool workers(2);
    std::vector<std::future<int>> results;
    for (int n = 0; n < 10; ++n) {
        results.push_back(workers.apply_async(kill_own_worker));
    }

    for (auto& each : results) {
        REQUIRE(death_in(each)); // lost with its worker, or there was no worker left to run it
    }
    workers.close();
    workers.join();
    REQUIRE(workers.worker_pids().empty());
}

TEST_CASE("without workers and without a fork server every task fails", "[ex03][step5]")
{
    const shared_board shared;
    pool workers(2);
    auto one = workers.apply_async(stay);
    auto other = workers.apply_async(stay);
    auto queued = workers.apply_async(square, 3);
    REQUIRE(eventually([&] { return shared->inside == 2 && shared->server != 0; }));
    kill(shared->server, SIGKILL); // its workers die with it, and no new one can be forked

    REQUIRE(death_in(one));
    REQUIRE(death_in(other));
    REQUIRE(death_in(queued));
    auto late = workers.apply_async(square, 4);
    REQUIRE(death_in(late));
    REQUIRE(workers.worker_pids().empty());
}

TEST_CASE("a reply cut short is a death like any other", "[ex03][step5]")
{
    pool workers(2);
    auto held = workers.apply_async(cut_the_reply_short);

    const auto death = death_in(held);
    REQUIRE(death);
    REQUIRE(death->signal() == SIGKILL);
    REQUIRE(workers.apply_async(square, 3).get() == 9);
}

TEST_CASE("a worker that closes its channel and lives on is ended", "[ex03][step5]")
{
    const shared_board shared;
    pool workers(2);
    auto held = workers.apply_async(close_channel_and_stay);

    const auto death = death_in(held);
    REQUIRE(death);
    REQUIRE(has_ended(death->pid()));
    REQUIRE(workers.apply_async(square, 3).get() == 9);
}

TEST_CASE("a worker that dies while it is written to hangs no task", "[ex03][step5]")
{
    pool workers(1);
    const pid_t victim = workers.apply_async(own_pid).get();
    auto held = bring_more_than_fits(workers, victim);
    kill(victim, SIGKILL);

    // Whether a task that did not reach its worker goes to the next one or fails is left open.
    REQUIRE(soon(held));
    auto next = workers.apply_async(square, 3);
    REQUIRE(soon(next));
}

namespace {

/// What became of a task: square() of `n`, or 0 if it was lost with its worker. Nothing else is
/// allowed. As soon as that is known, the dead one is off the list.
int square_unless_lost(pool& workers, std::future<int>& result, int n)
{
    try {
        EXPLORE_REQUIRE(result.get() == n * n);
        return n * n;
    } catch (const worker_died& death) {
        EXPLORE_REQUIRE(death.signal() == SIGKILL);
        EXPLORE_REQUIRE(!works_in(workers, death.pid()));
        return 0;
    }
}

/// How the worker ended of which the future reports the death.
given::exit_status exit_in(std::future<int>& result)
{
    try {
        result.get();
    } catch (const worker_died& death) {
        return {death.signal(), death.status()};
    }
    EXPLORE_REQUIRE(!"a result of a worker that has died");
    return {};
}

int close_explored_channel_and_stay()
{
    close(explorer::own_channel());
    return poll(nullptr, 0, -1);
}

} // namespace

TEST_CASE("whenever a worker dies no task but its own is lost", "[ex03][step5][explore]")
{
    support::explore_pool(
        [] {
            pool workers(2);
            auto one = workers.apply_async(square, 1);
            auto two = workers.apply_async(square, 2);
            auto three = workers.apply_async(square, 3);
            EXPLORE_REQUIRE(workers.worker_pids().size() <= 2); // may be asked while one dies
            const int lost = (square_unless_lost(workers, one, 1) == 0) +
                             (square_unless_lost(workers, two, 2) == 0) +
                             (square_unless_lost(workers, three, 3) == 0);
            EXPLORE_REQUIRE(lost <= 1);
        },
        {.short_transfers = 1, .deaths = 1});
}

TEST_CASE("whoever exits or closes its channel loses its own task alone", "[ex03][step5][explore]")
{
    support::explore_pool([] {
        pool workers(3);
        auto left = workers.apply_async(exit_with, 3);
        auto silent = workers.apply_async(close_explored_channel_and_stay);
        auto fine = workers.apply_async(square, 3);
        EXPLORE_REQUIRE(exit_in(left).status == 3);
        EXPLORE_REQUIRE(exit_in(silent).signal == SIGKILL); // by the pool
        EXPLORE_REQUIRE(fine.get() == 9);
    });
}

TEST_CASE("whenever all workers die nothing waits for ever", "[ex03][step5][explore]")
{
    support::explore_pool(
        [] {
            pool workers(2);
            auto one = workers.apply_async(square, 1);
            auto two = workers.apply_async(square, 2);
            square_unless_lost(workers, one, 1);
            square_unless_lost(workers, two, 2);
            workers.close();
            workers.join();
            EXPLORE_REQUIRE(workers.worker_pids().empty());
        },
        {.deaths = 2});
}

// -------------------------------------------------------------------------------- step 6: stretch

TEST_CASE("a dead worker is replaced", "[ex03][step6][stretch]")
{
    const shared_board shared;
    pool workers(2);
    const auto before = workers.worker_pids();
    for (int i = 0; i < 3; ++i) {
        auto held = workers.apply_async(kill_own_worker);
        REQUIRE(death_in(held));
    }
    auto one = workers.apply_async(meet, 2); // each of the two needs a worker of its own
    auto other = workers.apply_async(meet, 2);

    REQUIRE(one.get());
    REQUIRE(other.get());
    REQUIRE(workers.worker_pids().size() == 2);
    REQUIRE(workers.worker_pids() != before);
}

TEST_CASE("whenever a worker dies another takes its place", "[ex03][step6][stretch][explore]")
{
    support::explore_pool(
        [] {
            pool workers(1);
            int lost = 0;
            for (int n = 1; n <= 3; ++n) {
                auto result = workers.apply_async(square, n);
                lost += square_unless_lost(workers, result, n) == 0;
            }
            EXPLORE_REQUIRE(lost <= 1);
            EXPLORE_REQUIRE(workers.worker_pids().size() <= 1);
        },
        {.deaths = 1});
}

TEST_CASE("a task that could not be handed over keeps its place", "[ex03][step6][stretch]")
{
    const shared_board shared;
    pool workers(1);
    const pid_t victim = workers.apply_async(own_pid).get();
    auto half_handed_over = bring_more_than_fits(workers, victim, place_of);
    auto later = workers.apply_async(place_of, std::string("small"));
    kill(victim, SIGKILL);

    REQUIRE(soon(later));
    const int place = later.get();
    REQUIRE(soon(half_handed_over));
    if (!death_in(half_handed_over)) { // not lost with its worker
        REQUIRE(place == 2);
    }
}

TEST_CASE("a fork that fails loses no task but the dead one's", "[ex03][step6][stretch][explore]")
{
    support::explore_pool(
        [] {
            std::optional<pool> workers;
            try {
                workers.emplace(2);
            } catch (const std::system_error&) { // and of the first worker nothing is left
                return;
            }
            std::vector<std::future<int>> results;
            for (int n = 1; n <= 3; ++n) {
                results.push_back(workers->apply_async(square, n));
            }
            int lost = 0;
            for (int n = 1; n <= 3; ++n) {
                lost +=
                    square_unless_lost(*workers, results[static_cast<std::size_t>(n) - 1], n) == 0;
            }
            EXPLORE_REQUIRE(lost <= 1);
        },
        {.fork_failures = 1, .deaths = 1});
}

TEST_CASE("a dead worker leaves no zombie and no descriptor", "[ex03][step6][stretch]")
{
    const shared_board shared;
    pool workers(1);
    REQUIRE(workers.apply_async(square, 3).get() == 9);
    const auto before = support::take_census();
    auto held = workers.apply_async(kill_own_worker);
    const auto death = death_in(held);
    REQUIRE(death);

    REQUIRE(eventually([&] { return is_gone(death->pid()); }));
    REQUIRE(workers.apply_async(square, 4).get() == 16);
    REQUIRE(support::back_to(before));
}

TEST_CASE("nothing outlives a killed parent", "[ex03][step6][stretch]")
{
    const shared_board shared;
    prctl(PR_SET_CHILD_SUBREAPER, 1); // orphans come to us
    const pid_t parent = fork();
    REQUIRE(parent != -1);
    if (parent == 0) {
        try {
            pool workers(2);
            auto one = workers.apply_async(stay_for_ever);
            auto other = workers.apply_async(stay_for_ever);
            for (;;) {
                pause();
            }
        } catch (const std::exception&) {
            _exit(1);
        }
    }
    bool ended = false;
    eventually([&] {
        ended = ended || waitpid(parent, nullptr, WNOHANG) == parent;
        return ended || (shared->worker[0] != 0 && shared->worker[1] != 0);
    });
    REQUIRE_FALSE(ended);
    kill(parent, SIGKILL);
    waitpid(parent, nullptr, 0);

    REQUIRE(eventually([&] {
        return has_ended(shared->worker[0]) && has_ended(shared->worker[1]) &&
               has_ended(shared->server);
    }));
    while (waitpid(-1, nullptr, 0) > 0) {
    }
}
