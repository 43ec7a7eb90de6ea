// Each case runs in a process of its own, so patch_all() lasts as long as the case. Overlap is
// shown by the order of events: while one greenlet is inside a call of the third party's, has
// another run? A call that blocks the thread for ever against the contract is let go by a rescuer
// after 5 s.
//
// SPDX-License-Identifier: MIT
#include "monitor.hpp"
#include "monkey.hpp"

#include "given/descriptor.hpp"
#include "given/third_party/third_party.hpp"
#include "given/yield.hpp"
#include "greenlet.hpp"
#include "support/catch.hpp"
#include "support/census.hpp"
#include "support/crowded_listener.hpp"
#include "support/interrupter.hpp"
#include "support/kept_stderr.hpp"
#include "support/rendezvous.hpp"
#include "support/silent_port.hpp"
#include "support/thread_state.hpp"
#include "support/traces.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/local/connect_pair.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore>
#include <sstream>
#include <string>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

const support::signals_are_counted by_the_answer;

// Runs `action` in a thread of its own if it is not called off within 5 s, to end a wait that would
// never end.
class rescuer {
public:
    explicit rescuer(std::function<void()> action)
        : thread_([this, action = std::move(action)] {
              std::unique_lock lock(mutex_);
              if (!called_off_.wait_for(lock, 5s, [this] { return safe_; })) {
                  action();
              }
          })
    {}

    ~rescuer()
    {
        {
            const std::lock_guard lock(mutex_);
            safe_ = true;
        }
        called_off_.notify_one();
        thread_.join();
    }

    rescuer(const rescuer&) = delete;
    rescuer& operator=(const rescuer&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable called_off_; // notified by the destructor
    bool safe_ = false;                  // guarded by mutex_
    std::thread thread_;                 // joined by the destructor
};

// Two connected local sockets. After 5 s both are shut down, and who waits finds their end.
struct connection {
    given::descriptor here;
    given::descriptor there;
    rescuer rescue{[this] {
        ::shutdown(here.get(), SHUT_RDWR);
        ::shutdown(there.get(), SHUT_RDWR);
    }};

    connection() : connection(SOCK_STREAM) {}
    explicit connection(int type)
    {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) == 0);
        here = given::descriptor(ends[0]);
        there = given::descriptor(ends[1]);
    }

    void say(const char* text) const { REQUIRE(third_party_say(there.get(), text) == 0); }
};

const sockaddr* as_address(const sockaddr_in& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

// Listens on a free port of 127.0.0.1.
struct listening {
    given::descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};

    listening()
    {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(socket.get(), as_address(address), sizeof address) == 0);
        REQUIRE(::listen(socket.get(), 100) == 0);
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    }

    unsigned short port() const { return ntohs(address.sin_port); }
};

given::descriptor tcp_socket()
{
    return given::descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

// Closes a connection so that the other side gets an error, ECONNRESET, instead of the end.
void reset(given::descriptor& connected)
{
    const linger at_once = {1, 0};
    REQUIRE(::setsockopt(connected.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    connected.close();
}

// Whoever connects has to wait until let_in(), or for 5 s.
struct crowded {
    support::crowded_listener listener;
    rescuer rescue{[this] { let_in(); }};

    void let_in() const { listener.let_in(); }

    int connect(const given::descriptor& socket) const
    {
        return ::connect(socket.get(), as_address(listener.address()), sizeof(sockaddr_in));
    }
};

void set_time_limit(const given::descriptor& socket, int option, std::chrono::milliseconds limit)
{
    const timeval time = {limit.count() / 1000, limit.count() % 1000 * 1000};
    REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, option, &time, sizeof time) == 0);
}

bool is_blocking(const given::descriptor& one)
{
    return (::fcntl(one.get(), F_GETFL) & O_NONBLOCK) == 0;
}

// Between begin() and end() interrupts the case's own thread with SIGUSR1, whose handler is an
// interrupter's, whenever it sleeps in the kernel, at most a thousand times a second.
class signalling {
public:
    explicit signalling(support::interrupter& signals)
        : thread_([this, &signals, first = ::gettid()] {
              while (!over_.try_acquire_for(1ms)) {
                  const std::lock_guard lock(under_way_);
                  if (wanted_ && signals.interrupt(first)) {
                      ++sent_;
                  }
              }
          })
    {}

    ~signalling()
    {
        over_.release();
        thread_.join();
    }

    signalling(const signalling&) = delete;
    signalling& operator=(const signalling&) = delete;

    void begin() { wanted_ = true; }

    // No signal comes any more once it has returned: one that waits for the thread to fall asleep
    // finds it asleep here.
    void end()
    {
        wanted_ = false;
        const std::lock_guard none(under_way_);
    }

    int sent() const { return sent_; }

private:
    std::mutex under_way_; // held while a signal is sent
    std::atomic<bool> wanted_ = false;
    std::atomic<int> sent_ = 0;
    std::binary_semaphore over_{0}; // released by the destructor
    std::thread thread_;            // joined by the destructor
};

// What the program's own pages of code hold.
std::string code_of_this_program()
{
    std::ifstream maps("/proc/self/maps");
    const std::string own = std::filesystem::read_symlink("/proc/self/exe");
    std::string code;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words_of(line);
        std::string range;
        std::string mode;
        std::string skipped;
        std::string path;
        words_of >> range >> mode >> skipped >> skipped >> skipped >> path;
        if (path == own && mode.find('x') != std::string::npos) {
            const std::size_t dash = range.find('-');
            const auto first = std::stoull(range.substr(0, dash), nullptr, 16);
            const auto last = std::stoull(range.substr(dash + 1), nullptr, 16);
            code.append(reinterpret_cast<const char*>(first), last - first);
        }
    }
    return code;
}

// Runs `call` in a greenlet, and another one after it has begun; the order of events.
template <class Call>
words beside(Call call)
{
    words order;
    auto one = green::spawn([&] {
        order.push_back("begins");
        call();
        order.push_back("ends");
    });
    auto other = green::spawn([&] { order.push_back("other"); });
    green::join_all(std::vector<green::any_greenlet>{one, other});
    one.get();
    return order;
}

const words overlapped = {"begins", "other", "ends"};
const words one_by_one = {"begins", "ends", "other"};

/// Listens on a local address that the system finds; so many clients may wait, and one more.
class local_listener {
public:
    explicit local_listener(int backlog) : socket_(unconnected())
    {
        const socklen_t no_name = sizeof(sa_family_t);
        address_.sun_family = AF_UNIX;
        REQUIRE(::bind(socket_.get(), where(), no_name) == 0);
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size_) == 0);
        REQUIRE(::listen(socket_.get(), backlog) == 0);
    }

    /// A socket to connect with.
    static given::descriptor unconnected()
    {
        return given::descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    }

    /// What connect() returns.
    int connect(int socket) const { return ::connect(socket, where(), size_); }

    void let_one_in() const { given::descriptor(::accept(socket_.get(), nullptr, nullptr)); }

private:
    const sockaddr* where() const { return reinterpret_cast<const sockaddr*>(&address_); }

    given::descriptor socket_;
    sockaddr_un address_ = {};
    socklen_t size_ = sizeof address_;
};

} // namespace

// --- step 1: a call that waits for a time

TEST_CASE("patched a nap lets others run", "[ex12][step1]")
{
    green::patch_all();

    REQUIRE(beside([] { third_party_nap(20); }) == overlapped);
}

TEST_CASE("unpatched a nap holds up everybody", "[ex12][step1]")
{
    REQUIRE(beside([] { third_party_nap(20); }) == one_by_one);
    green::patch_all();
    REQUIRE(beside([] { third_party_nap(20); }) == overlapped);
}

TEST_CASE("a nap of no time at all lets others run too", "[ex12][step1]")
{
    green::patch_all();

    REQUIRE(beside([] { third_party_nap(0); }) == overlapped);
}

TEST_CASE("a nap lasts as long as it was asked to", "[ex12][step1]")
{
    // A timer beside it: however late the thread gets the processor, theirs is the order in which
    // they end.
    green::patch_all();
    words order;
    const auto before = std::chrono::steady_clock::now();
    auto shorter = green::spawn([&] {
        green::sleep(100ms);
        order.push_back("100 ms");
    });
    auto longer = green::spawn([&] {
        const int result = third_party_nap(200);
        order.push_back("200 ms");
        return result;
    });
    shorter.join();

    REQUIRE(longer.get() == 0);
    REQUIRE(std::chrono::steady_clock::now() - before >= 200ms);
    REQUIRE(order == words{"100 ms", "200 ms"});
}

TEST_CASE("a nap of less than a millisecond is not cut short", "[ex12][step1]")
{
    green::patch_all();
    const timespec time = {0, 999'999};
    auto one = green::spawn([&] {
        int too_short = 0;
        for (int i = 0; i < 20; ++i) {
            const auto before = std::chrono::steady_clock::now();
            ::nanosleep(&time, nullptr);
            too_short += std::chrono::steady_clock::now() - before < 999'999ns;
        }
        return too_short;
    });

    REQUIRE(one.get() == 0);
}

TEST_CASE("in main a nap stays libc's", "[ex12][step1]")
{
    green::patch_all();
    bool ran = false;
    auto other = green::spawn([&] { ran = true; });
    REQUIRE(third_party_nap(5) == 0);

    REQUIRE_FALSE(ran);
    other.join();
}

TEST_CASE("in a thread without greenlets a nap stays libc's", "[ex12][step1]")
{
    green::patch_all();
    support::census before;
    support::census after;
    std::thread([&] {
        before = support::take_census();
        third_party_nap(1);
        after = support::take_census(); // a hub of its own would have brought descriptors
    }).join();

    REQUIRE(after == before);
}

TEST_CASE("the third party's code is byte for byte the same after patching", "[ex12][step1]")
{
    const std::string before = code_of_this_program();
    const words blocked = beside([] { third_party_nap(1); });
    green::patch_all();
    const words cooperated = beside([] { third_party_nap(1); });
    const bool same = code_of_this_program() == before;

    // The third party's functions are among what was compared.
    const std::string of_nap(reinterpret_cast<const char*>(&third_party_nap), 16);
    REQUIRE(before.find(of_nap) != std::string::npos);
    REQUIRE(blocked == one_by_one);
    REQUIRE(cooperated == overlapped);
    REQUIRE(same);
}

TEST_CASE("a pointer that was taken before patching cooperates too", "[ex12][step1]")
{
    const words blocked = beside([] { third_party_nap_by_pointer(1); });
    green::patch_all();
    const words cooperated = beside([] { third_party_nap_by_pointer(1); });

    REQUIRE(blocked == one_by_one);
    REQUIRE(cooperated == overlapped);
}

TEST_CASE("errno stays the greenlet's own while it naps", "[ex12][step1]")
{
    green::patch_all();
    auto one = green::spawn([] {
        errno = ENOENT; // about to be reported, after a nap
        third_party_nap(1);
        return errno;
    });
    auto other = green::spawn([] { errno = EDOM; });

    REQUIRE(one.get() == ENOENT);
}

TEST_CASE("a time that makes no sense is EINVAL", "[ex12][step1]")
{
    green::patch_all();
    const timespec time =
        GENERATE(timespec{-1, 0}, timespec{0, -1}, timespec{0, 1'000'000'000}, timespec{-1, 1});
    auto asked = green::spawn([&] {
        errno = 0;
        const int result = ::nanosleep(&time, nullptr);
        return std::pair(result, errno);
    });

    REQUIRE(asked.get() == std::pair(-1, EINVAL));
}

TEST_CASE("the longest time there is does not end at once", "[ex12][step1]")
{
    green::patch_all();
    const timespec time = {std::numeric_limits<time_t>::max(), 999'999'999};
    auto one = green::spawn([&] { ::nanosleep(&time, nullptr); });
    for (int turn = 0; turn < 10; ++turn) {
        green::sleep(1ms);
    }
    const bool ended = one.done();
    one.kill();

    REQUIRE_FALSE(ended);
}

TEST_CASE("a sleep of the standard library cooperates", "[ex12][step1]")
{
    green::patch_all();

    REQUIRE(beside([] { std::this_thread::sleep_for(1ms); }) == overlapped);
}

TEST_CASE("a signal ends a sleep and what is left is told", "[ex12][step1][stretch]")
{
    green::patch_all();
    support::interrupter signals;
    signalling interrupts(signals);
    const timespec time = {1000, 0};
    timespec left = {-1, -1};
    int error = 0;
    auto one = green::spawn([&] {
        interrupts.begin();
        const int result = ::nanosleep(&time, &left);
        error = result == -1 ? errno : 0;
        interrupts.end();
    });
    auto bound = green::spawn([&] {
        green::sleep(5s);
        one.kill();
    });
    one.join();
    bound.kill();

    REQUIRE(error == EINTR);
    REQUIRE(left.tv_sec <= 999);
    REQUIRE(left.tv_sec >= 900);
    REQUIRE(left.tv_nsec > 0);
    REQUIRE(left.tv_nsec < 1'000'000'000);
}

TEST_CASE("kill ends a nap and runs the destructors", "[ex12][step1][stretch]")
{
    green::patch_all();
    words order;
    auto victim = green::spawn([&] {
        const std::shared_ptr<words> farewell(
            &order, [](words* written) { written->push_back("destructor"); });
        third_party_nap(1000);
        order.push_back("overslept");
    });
    green::sleep(0ms);
    victim.kill();

    REQUIRE(order == words{"destructor"});
    REQUIRE_THROWS_AS(victim.get(), green::killed);
}

// --- step 2: a call that waits for data

TEST_CASE("patched others run while one waits for data", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    std::array<char, 16> heard{};
    words order;
    auto listener = green::spawn([&] {
        order.push_back("hears");
        const long size = third_party_hear(pair.here.get(), heard.data(), heard.size());
        order.push_back("heard " + std::to_string(size));
    });
    auto speaker = green::spawn([&] {
        order.push_back("says");
        pair.say("hello\n");
    });
    listener.join();

    REQUIRE(order == words{"hears", "says", "heard 6"});
    REQUIRE(std::string(heard.data()) == "hello\n");
}

TEST_CASE("unpatched a wait for data holds up everybody", "[ex12][step2]")
{
    connection pair;
    std::array<char, 16> heard{};
    std::jthread speaker([&] {
        support::eventually(support::first_thread_waits);
        pair.say("hello\n");
    });
    const words order =
        beside([&] { third_party_hear(pair.here.get(), heard.data(), heard.size()); });
    speaker.join();

    REQUIRE(order == one_by_one);
    REQUIRE(std::string(heard.data()) == "hello\n");
}

TEST_CASE("a receive that succeeds leaves errno alone", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    auto one = green::spawn([&] {
        char byte = 0;
        errno = ENOENT;
        const ssize_t received = ::recv(pair.here.get(), &byte, 1, 0);
        return std::pair(received, errno);
    });
    auto other = green::spawn([&] {
        pair.say("x");
        errno = EDOM;
    });

    REQUIRE(one.get() == std::pair(ssize_t{1}, ENOENT));
}

TEST_CASE("a wait that began before patching goes on blocking", "[ex12][step2]")
{
    connection pair;
    set_time_limit(pair.here, SO_RCVTIMEO, 200ms); // ends the call, long after the patching
    words order;
    long size = 0;
    std::atomic<pid_t> hub = 0;
    std::jthread greenlets([&] {
        hub = ::gettid();
        order = beside([&] {
            std::array<char, 16> heard{};
            size = third_party_hear(pair.here.get(), heard.data(), heard.size());
        });
    });
    const bool blocked = support::eventually([&] { return hub != 0 && support::is_asleep(hub); });
    green::patch_all();
    greenlets.join();

    REQUIRE(blocked);
    REQUIRE(size == -1);
    REQUIRE(order == one_by_one);
}

TEST_CASE("in main a wait for data stays libc's", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    bool ran = false;
    auto other = green::spawn([&] { ran = true; });
    std::jthread speaker([&] {
        support::eventually(support::first_thread_waits);
        pair.say("hello\n");
    });
    std::array<char, 16> heard{};
    const long size = third_party_hear(pair.here.get(), heard.data(), heard.size());
    speaker.join();

    REQUIRE(size == 6);
    REQUIRE_FALSE(ran);
    other.join();
}

TEST_CASE("what is there comes at once and the rest next time", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    pair.say("hello");
    words got;
    auto one = green::spawn([&] {
        for (const std::size_t size : {2U, 100U}) {
            std::array<char, 100> bytes{};
            const ssize_t received = ::recv(pair.here.get(), bytes.data(), size, 0);
            got.emplace_back(bytes.data(), received > 0 ? static_cast<std::size_t>(received) : 0);
        }
    });
    for (int i = 0; i < 10 && !one.done(); ++i) {
        green::sleep(1ms);
    }

    INFO("recv() was asked for 2 bytes of \"hello\", and then for 100; what it returned so far is "
         "compared");
    REQUIRE(got == words{"he", "llo"});
    REQUIRE(one.done()); // it waits for nothing more
}

TEST_CASE("a receive that need not wait does not give way", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    pair.say("x");
    ::shutdown(pair.there.get(), SHUT_WR);
    std::vector<ssize_t> got;
    const words order = beside([&] {
        char byte = 0;
        got.push_back(::recv(pair.here.get(), &byte, 1, 0));
        got.push_back(::recv(pair.here.get(), &byte, 1, 0)); // the end
        got.push_back(::recv(-1, &byte, 1, 0));
    });

    REQUIRE(got == std::vector<ssize_t>{1, 0, -1});
    REQUIRE(order == one_by_one);
}

TEST_CASE("the end of the stream is 0", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    auto one = green::spawn([&] {
        char byte = 0;
        return ::recv(pair.here.get(), &byte, 1, 0);
    });
    green::sleep(0ms);
    ::shutdown(pair.there.get(), SHUT_WR);

    REQUIRE(one.get() == 0);
}

TEST_CASE("an error of the socket is recv's error", "[ex12][step2]")
{
    green::patch_all();
    listening listener;
    given::descriptor client(third_party_connect(listener.port()));
    given::descriptor server(::accept(listener.socket.get(), nullptr, nullptr));
    const auto receive = [](int fd) {
        char byte = 0;
        errno = 0;
        const ssize_t result = ::recv(fd, &byte, 1, 0);
        return std::pair(result, errno);
    };
    auto one = green::spawn([&] { return receive(client.get()); });
    auto other = green::spawn([&] {
        reset(server);
        errno = EDOM;
    });
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const given::descriptor reading(pipe[0]);
    const given::descriptor writing(pipe[1]);

    REQUIRE(one.get() == std::pair<ssize_t, int>(-1, ECONNRESET));
    REQUIRE(green::spawn([&] { return receive(reading.get()); }).get() ==
            std::pair<ssize_t, int>(-1, ENOTSOCK));
    REQUIRE(green::spawn([&] { return receive(-1); }).get() == std::pair<ssize_t, int>(-1, EBADF));
}

TEST_CASE("a non-blocking receive never waits", "[ex12][step2]")
{
    const bool by_mode = GENERATE(true, false);
    green::patch_all();
    connection pair;
    if (by_mode) {
        ::fcntl(pair.here.get(), F_SETFL, O_NONBLOCK);
    }
    ssize_t result = 0;
    int error = 0;
    const words order = beside([&] {
        char byte = 0;
        result = ::recv(pair.here.get(), &byte, 1, by_mode ? 0 : MSG_DONTWAIT);
        error = errno;
    });

    REQUIRE(order == one_by_one);
    REQUIRE(result == -1);
    REQUIRE(error == EAGAIN);
}

TEST_CASE("a look at the errors of a socket never waits", "[ex12][step2]")
{
    green::patch_all();
    const listening listener;
    const given::descriptor client(third_party_connect(listener.port()));
    const rescuer rescue([&] { ::shutdown(client.get(), SHUT_RDWR); });
    ssize_t result = 0;
    int error = 0;
    const words order = beside([&] {
        char byte = 0;
        result = ::recv(client.get(), &byte, 1, MSG_ERRQUEUE);
        error = errno;
    });

    REQUIRE(order == one_by_one);
    REQUIRE(result == -1);
    REQUIRE(error == EAGAIN);
}

TEST_CASE("the time limit of a socket ends its waits", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    set_time_limit(pair.here, SO_RCVTIMEO, 100ms);
    const auto before = std::chrono::steady_clock::now();
    ssize_t result = 0;
    int error = 0;
    const words order = beside([&] {
        char byte = 0;
        result = ::recv(pair.here.get(), &byte, 1, 0);
        error = errno;
    });

    REQUIRE(order == overlapped);
    REQUIRE(result == -1);
    REQUIRE(error == EAGAIN);
    REQUIRE(std::chrono::steady_clock::now() - before >= 100ms);
}

TEST_CASE("the mode of the descriptor is the same while one waits", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    auto one = green::spawn([&] {
        char byte = 0;
        return ::recv(pair.here.get(), &byte, 1, 0);
    });
    green::sleep(0ms);
    const bool while_waiting = is_blocking(pair.here);
    pair.say("x");
    const ssize_t received = one.get();

    REQUIRE(while_waiting);
    REQUIRE(received == 1);
    REQUIRE(is_blocking(pair.here));
}

TEST_CASE("several greenlets may wait for one socket", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    const auto receive = [&] {
        char byte = 0;
        return ::recv(pair.here.get(), &byte, 1, 0) == 1 ? byte : '-';
    };
    auto one = green::spawn(receive);
    auto two = green::spawn(receive);
    green::sleep(0ms); // both wait
    pair.say("x");
    green::sleep(1ms); // both were woken, and there was one byte
    pair.say("y");

    const std::string got{one.get(), two.get()};
    REQUIRE((got == "xy" || got == "yx"));
}

TEST_CASE("a socket of asio's may be handed to the third party", "[ex12][step2]")
{
    green::patch_all();
    asio::local::stream_protocol::socket here(green::loop());
    asio::local::stream_protocol::socket there(green::loop());
    asio::local::connect_pair(here, there);
    const rescuer rescue([&] { ::shutdown(here.native_handle(), SHUT_RDWR); });
    std::array<char, 16> heard{};
    auto listener = green::spawn(
        [&] { return third_party_hear(here.native_handle(), heard.data(), heard.size()); });
    auto speaker = green::spawn([&] { third_party_say(there.native_handle(), "hello\n"); });

    REQUIRE(listener.get() == 6);
}

TEST_CASE("a receive waits also when no descriptor is left", "[ex12][step2]")
{
    green::patch_all();
    connection pair;
    green::sleep(1ms); // the hub has its own
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
#if !defined(__SANITIZE_ADDRESS__) // with it comes a sanitizer that needs a pipe to look at objects
    const int first_free = ::dup(pair.here.get());
    ::close(first_free);
    const rlimit none = {static_cast<rlim_t>(first_free), usual.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
#endif
    std::array<char, 16> heard{};
    auto listener =
        green::spawn([&] { return third_party_hear(pair.here.get(), heard.data(), heard.size()); });
    auto speaker = green::spawn([&] { third_party_say(pair.there.get(), "hello\n"); });
    const long size = listener.get();
    ::setrlimit(RLIMIT_NOFILE, &usual);

    REQUIRE(size == 6);
}

TEST_CASE("a receive of all waits for all of it", "[ex12][step2][stretch]")
{
    green::patch_all();
    connection pair;
    std::array<char, 5> bytes{};
    auto one = green::spawn(
        [&] { return ::recv(pair.here.get(), bytes.data(), bytes.size(), MSG_WAITALL); });
    auto other = green::spawn([&] {
        pair.say("hel");
        int left = 3;
        for (int i = 0; i < 500 && left > 0; ++i) { // until the first half has been taken
            green::sleep(1ms);
            REQUIRE(::ioctl(pair.here.get(), FIONREAD, &left) == 0);
        }
        pair.say("lo");
    });

    INFO("recv() got \"hel\" first, and then \"lo\", which belongs behind it");
    REQUIRE(one.get() == 5);
    REQUIRE(std::string(bytes.data(), bytes.size()) == "hello");
}

TEST_CASE("a receive that ends early returns what it has", "[ex12][step2][stretch]")
{
    const std::string ended_by = GENERATE(as<std::string>{}, "the end", "a time limit", "a signal");
    INFO("it is ended by " << ended_by);
    green::patch_all();
    connection pair;
    support::interrupter signals;
    signalling interrupts(signals);
    pair.say("hel");
    if (ended_by == "the end") {
        ::shutdown(pair.there.get(), SHUT_WR);
    } else if (ended_by == "a time limit") {
        set_time_limit(pair.here, SO_RCVTIMEO, 10ms);
    } else {
        interrupts.begin();
    }
    std::array<char, 5> bytes{};
    auto one = green::spawn(
        [&] { return ::recv(pair.here.get(), bytes.data(), bytes.size(), MSG_WAITALL); });
    const ssize_t received = one.get();
    interrupts.end();

    REQUIRE(received == 3);
    REQUIRE(std::string(bytes.data(), 3) == "hel");
}

TEST_CASE("the time limit of a receive is for all of it", "[ex12][step2][stretch]")
{
    green::patch_all();
    connection pair;
    set_time_limit(pair.here, SO_RCVTIMEO, 200ms);
    std::array<char, 40> bytes{};
    bool over = false;
    auto one = green::spawn([&] {
        const ssize_t got = ::recv(pair.here.get(), bytes.data(), bytes.size(), MSG_WAITALL);
        over = true;
        return got;
    });
    auto other = green::spawn([&] { // takes two seconds at least, if nobody ends it
        for (std::size_t i = 0; i < bytes.size() && !over; ++i) {
            pair.say("x");
            green::sleep(50ms);
        }
    });
    const ssize_t received = one.get();
    other.join();

    INFO("bytes received: " << received << ", one every 50 ms, with a time limit of 200 ms");
    REQUIRE(received > 0);
    REQUIRE(received < std::ssize(bytes));
}

TEST_CASE("a receive of all that meets an error returns what it has", "[ex12][step2][stretch]")
{
    green::patch_all();
    const listening listener;
    const given::descriptor client(third_party_connect(listener.port()));
    given::descriptor server(::accept(listener.socket.get(), nullptr, nullptr));
    REQUIRE(third_party_say(server.get(), "hel") == 0);
    reset(server);
    std::array<char, 5> bytes{};
    auto one =
        green::spawn([&] { return ::recv(client.get(), bytes.data(), bytes.size(), MSG_WAITALL); });

    REQUIRE(one.get() == 3);
    REQUIRE(std::string(bytes.data(), 3) == "hel");
}

TEST_CASE("a peek takes nothing away", "[ex12][step2][stretch]")
{
    const int flags = GENERATE(int{MSG_PEEK}, MSG_PEEK | MSG_WAITALL);
    green::patch_all();
    connection pair;
    std::array<char, 5> peeked{};
    std::array<char, 5> bytes{};
    auto one = green::spawn([&] {
        const ssize_t seen = ::recv(pair.here.get(), peeked.data(), peeked.size(), flags);
        const ssize_t got = ::recv(pair.here.get(), bytes.data(), bytes.size(), 0);
        return std::pair(seen, got);
    });
    auto other = green::spawn([&] { pair.say("hel"); });

    REQUIRE(one.get() == std::pair<ssize_t, ssize_t>(3, 3));
    REQUIRE(std::string(peeked.data(), 3) == "hel");
    REQUIRE(std::string(bytes.data(), 3) == "hel");
}

TEST_CASE("datagrams come one at a time", "[ex12][step2][stretch]")
{
    const int flags = GENERATE(0, int{MSG_WAITALL});
    green::patch_all();
    connection pair(SOCK_DGRAM);
    auto one = green::spawn([&] {
        std::vector<ssize_t> sizes;
        for (int i = 0; i < 3; ++i) {
            std::array<char, 16> bytes{};
            sizes.push_back(::recv(pair.here.get(), bytes.data(), bytes.size(), flags));
        }
        return sizes;
    });
    green::sleep(0ms);
    for (const char* text : {"hel", "", "lo"}) {
        REQUIRE(::send(pair.there.get(), text, std::strlen(text), 0) >= 0);
    }

    REQUIRE(one.get() == std::vector<ssize_t>{3, 0, 2});
}

TEST_CASE("a signal ends a receive unless its handler restarts it", "[ex12][step2][stretch]")
{
    const bool restarts = GENERATE(false, true);
    INFO((restarts ? "with" : "without") << " SA_RESTART");
    green::patch_all();
    connection pair;
    support::interrupter signals;
    if (restarts) {
        struct sigaction action = {};
        ::sigaction(SIGUSR1, nullptr, &action);
        action.sa_flags |= SA_RESTART;
        ::sigaction(SIGUSR1, &action, nullptr);
    }
    signalling interrupts(signals);
    int error = 0;
    std::atomic<bool> ended = false;
    auto one = green::spawn([&] {
        char byte = 0;
        interrupts.begin();
        const ssize_t result = ::recv(pair.here.get(), &byte, 1, 0);
        error = errno;
        interrupts.end();
        ended = true;
        return result;
    });
    std::jthread speaker([&] {
        support::eventually([&] { return ended || interrupts.sent() >= 10; });
        pair.say("x");
    });
    const ssize_t result = one.get();
    speaker.join();

    REQUIRE(result == (restarts ? 1 : -1));
    REQUIRE((restarts || error == EINTR));
}

// --- step 3: connect

TEST_CASE("client and server of the third party share one thread", "[ex12][step3]")
{
    green::patch_all();
    listening listener;
    set_time_limit(listener.socket, SO_RCVTIMEO, 5s);
    auto server = green::spawn([&] {
        given::descriptor client(::accept(listener.socket.get(), nullptr, nullptr));
        std::array<char, 16> question{};
        third_party_hear(client.get(), question.data(), question.size());
        third_party_say(client.get(), "fine\n");
        return std::string(question.data());
    });
    std::array<char, 16> answer{};
    auto client = green::spawn([&] {
        return third_party_ask(listener.port(), "how are you\n", answer.data(), answer.size());
    });

    REQUIRE(client.get() == 5);
    REQUIRE(std::string(answer.data()) == "fine\n");
    REQUIRE(server.get() == "how are you\n");
}

TEST_CASE("a connect that has to wait lets others run", "[ex12][step3]")
{
    green::patch_all();
    const crowded full;
    const given::descriptor socket = tcp_socket();
    words order;
    bool mode_kept = false;
    auto one = green::spawn([&] {
        order.push_back("connects");
        const int result = full.connect(socket);
        order.push_back(result == 0 ? "connected" : std::strerror(errno));
    });
    auto other = green::spawn([&] {
        order.push_back("other");
        mode_kept = is_blocking(socket);
        full.let_in();
    });
    one.join();

    REQUIRE(order == words{"connects", "other", "connected"});
    REQUIRE(mode_kept);
    REQUIRE(is_blocking(socket));
}

TEST_CASE("a connect that need not wait does not give way", "[ex12][step3]")
{
    green::patch_all();
    const local_listener listener(1);
    const given::descriptor client = local_listener::unconnected();
    std::vector<int> results;
    const words order = beside([&] {
        results.push_back(listener.connect(client.get()));
        results.push_back(listener.connect(client.get())); // it is connected
        results.push_back(listener.connect(-1));
    });

    REQUIRE(results == std::vector{0, -1, -1});
    REQUIRE(order == one_by_one);
}

TEST_CASE("a connect that succeeds leaves errno alone", "[ex12][step3]")
{
    green::patch_all();
    const crowded full;
    const given::descriptor socket = tcp_socket();
    auto one = green::spawn([&] {
        errno = ENOENT;
        const int result = full.connect(socket);
        return std::pair(result, errno);
    });
    auto other = green::spawn([&] {
        full.let_in();
        errno = EDOM;
    });

    REQUIRE(one.get() == std::pair(0, ENOENT));
}

TEST_CASE("unpatched a connect holds up everybody", "[ex12][step3]")
{
    const crowded full;
    const given::descriptor socket = tcp_socket();
    std::jthread server([&] {
        support::eventually(support::first_thread_waits);
        full.let_in();
    });
    const words order = beside([&] { full.connect(socket); });
    server.join();

    REQUIRE(order == one_by_one);
}

TEST_CASE("in main a connect stays libc's", "[ex12][step3]")
{
    green::patch_all();
    const crowded full;
    const given::descriptor socket = tcp_socket();
    bool ran = false;
    auto other = green::spawn([&] { ran = true; });
    std::jthread server([&] {
        support::eventually(support::first_thread_waits);
        full.let_in();
    });
    const int result = full.connect(socket);
    server.join();

    REQUIRE(result == 0);
    REQUIRE_FALSE(ran);
    other.join();
}

TEST_CASE("a refused connection is connect's error", "[ex12][step3]")
{
    green::patch_all();
    const support::silent_port nobody;
    int error = 0;
    auto one = green::spawn([&] {
        const int result = third_party_connect(nobody.number());
        error = errno;
        return result;
    });
    auto other = green::spawn([] { errno = EDOM; });

    REQUIRE(one.get() == -1);
    REQUIRE(error == ECONNREFUSED);
}

TEST_CASE("an address that cannot be connected to is connect's error", "[ex12][step3]")
{
    green::patch_all();
    const listening listener;
    const auto connect_with = [&](int fd, const sockaddr_in& address) {
        return green::spawn([&, fd, address] {
                   errno = 0;
                   const int result = ::connect(fd, as_address(address), sizeof address);
                   return std::pair(result, errno);
               })
            .get();
    };
    sockaddr_in odd = listener.address;
    odd.sin_family = 12345;
    const given::descriptor connected(third_party_connect(listener.port()));

    REQUIRE(connect_with(tcp_socket().get(), odd) == std::pair(-1, EAFNOSUPPORT));
    REQUIRE(connect_with(connected.get(), listener.address) == std::pair(-1, EISCONN));
    REQUIRE(connect_with(-1, listener.address) == std::pair(-1, EBADF));
}

TEST_CASE("a non-blocking connect is under way at once", "[ex12][step3]")
{
    green::patch_all();
    const crowded full;
    const given::descriptor socket = tcp_socket();
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    int result = 0;
    int error = 0;
    const words order = beside([&] {
        result = full.connect(socket);
        error = errno;
    });

    REQUIRE(order == one_by_one);
    REQUIRE(result == -1);
    REQUIRE(error == EINPROGRESS);
    REQUIRE_FALSE(is_blocking(socket));
}

TEST_CASE("the time limit of a socket ends its connect", "[ex12][step3]")
{
    green::patch_all();
    const crowded full;
    const given::descriptor socket = tcp_socket();
    set_time_limit(socket, SO_SNDTIMEO, 100ms);
    int result = 0;
    int error = 0;
    const words order = beside([&] {
        result = full.connect(socket);
        error = errno;
    });

    REQUIRE(order == overlapped);
    REQUIRE(result == -1);
    REQUIRE(error == EINPROGRESS);
}

TEST_CASE("a signal ends a connect that then goes on by itself", "[ex12][step3][stretch]")
{
    green::patch_all();
    const crowded full;
    const given::descriptor socket = tcp_socket();
    support::interrupter signals;
    signalling interrupts(signals);
    std::pair<int, int> first;
    auto one = green::spawn([&] {
        interrupts.begin();
        first.first = full.connect(socket);
        first.second = errno;
        interrupts.end();
        auto other = green::spawn([&] { full.let_in(); });
        return full.connect(socket); // waits for the same connection
    });
    const int second = one.get();

    REQUIRE(first == std::pair(-1, EINTR));
    REQUIRE(second == 0);
}

TEST_CASE("a connect waits for room in a local listener's queue", "[ex12][step3][stretch]")
{
    green::patch_all();
    const local_listener listener(0);
    const given::descriptor first = local_listener::unconnected();
    REQUIRE(listener.connect(first.get()) == 0);
    const rescuer rescue([&] { listener.let_one_in(); });

    const given::descriptor second = local_listener::unconnected();
    words order;
    auto one = green::spawn([&] {
        order.push_back("connects");
        const int result = listener.connect(second.get());
        order.push_back(result == 0 ? "connected" : std::strerror(errno));
    });
    auto other = green::spawn([&] {
        order.push_back("other");
        listener.let_one_in();
    });
    one.join();

    REQUIRE(order == words{"connects", "other", "connected"});
}

// --- step 4: all ten

TEST_CASE("each of the ten calls lets others run", "[ex12][step4]")
{
    const auto [call, name] = GENERATE(table<third_party_call, std::string>({
        {blocks_in_nanosleep, "nanosleep"},
        {blocks_in_clock_nanosleep, "clock_nanosleep"},
        {blocks_in_sleep, "sleep"},
        {blocks_in_usleep, "usleep"},
        {blocks_in_poll, "poll"},
        {blocks_in_read, "read"},
        {blocks_in_recv, "recv"},
        {blocks_in_send, "send"},
        {blocks_in_connect, "connect"},
        {blocks_in_accept, "accept"},
    }));
    INFO("the call is " << name);
    green::patch_all();
    const connection pair;
    const listening idle;
    const crowded full;
    const given::descriptor connecting = tcp_socket();
    while (::send(pair.here.get(), "x", 1, MSG_DONTWAIT) == 1) { // until its buffer is full
    }
    const int fd = call == blocks_in_accept    ? idle.socket.get()
                   : call == blocks_in_connect ? connecting.get()
                                               : pair.here.get();
    bool others_ran = false;
    auto one = green::spawn([&, call = call] {
        third_party_do(call, fd, &full.listener.address(), sizeof(sockaddr_in));
    });
    auto other = green::spawn([&] { others_ran = true; });
    other.join();
    const bool waits = !one.done();
    one.kill();

    REQUIRE(others_ran);
    REQUIRE(waits);
    REQUIRE(one.done());
}

TEST_CASE("the sleeps report in their own ways", "[ex12][step4]")
{
    green::patch_all();
    support::interrupter signals;
    signalling interrupts(signals);
    const auto in_a_greenlet = [](auto call) { return green::spawn(call).get(); };
    const auto interrupted = [&](auto call) {
        interrupts.begin();
        const auto result = in_a_greenlet(call);
        interrupts.end();
        return result;
    };
    const timespec nonsense = {0, -1};
    const timespec long_time = {1000, 0};
    const timespec long_ago = {1, 0};

    CHECK(in_a_greenlet(
              [&] { return ::clock_nanosleep(CLOCK_MONOTONIC, 0, &nonsense, nullptr); }) == EINVAL);
    CHECK(in_a_greenlet([&] {
              return ::clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &long_ago, nullptr);
          }) == 0);
    CHECK(in_a_greenlet([] { return ::sleep(0); }) == 0);
    CHECK(in_a_greenlet([] { return ::usleep(1); }) == 0);
    CHECK(interrupted([&] { return ::clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, nullptr); }) ==
          EINTR);
    CHECK(interrupted([] {
        const unsigned left = ::sleep(1000);
        return left > 900 && left <= 1000;
    }));
    CHECK(interrupted([] { return ::usleep(1'000'000'000) == -1 && errno == EINTR; }));
}

TEST_CASE("poll tells which descriptors are ready", "[ex12][step4]")
{
    green::patch_all();
    const connection one;
    const connection two;
    auto asked = green::spawn([&] {
        words results;
        std::array<pollfd, 4> entries{{{one.here.get(), POLLIN, 0},
                                       {two.here.get(), POLLIN, 0},
                                       {two.here.get(), POLLIN, 0},
                                       {-1, POLLIN, 0}}};
        const int none = ::poll(entries.data(), entries.size(), 10);
        results.push_back("after its time " + std::to_string(none));
        const int some = ::poll(entries.data(), entries.size(), -1);
        results.push_back("then " + std::to_string(some));
        for (const pollfd& entry : entries) {
            results.push_back(entry.revents == POLLIN ? "in" : std::to_string(entry.revents));
        }
        return results;
    });
    auto other = green::spawn([&] {
        third_party_nap(30);
        two.say("x");
    });

    REQUIRE(asked.get() == words{"after its time 0", "then 2", "0", "in", "in", "0"});
}

TEST_CASE("read takes from pipes and files as ever", "[ex12][step4]")
{
    green::patch_all();
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const given::descriptor reading(ends[0]);
    given::descriptor writing(ends[1]);
    const given::descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    std::array<char, 16> bytes{};
    words order;
    auto one = green::spawn([&] {
        order.push_back("file " + std::to_string(::read(file.get(), bytes.data(), 4)));
        order.push_back("pipe " + std::to_string(::read(reading.get(), bytes.data(), 16)));
        order.push_back("end " + std::to_string(::read(reading.get(), bytes.data(), 16)));
    });
    auto other = green::spawn([&] {
        order.push_back("other");
        third_party_nap(1);
        REQUIRE(::write(writing.get(), "hello", 5) == 5);
        writing.close();
    });
    one.join();

    REQUIRE(order == words{"file 4", "other", "pipe 5", "end 0"});
}

TEST_CASE("send returns when all has been taken", "[ex12][step4]")
{
    green::patch_all();
    const connection pair;
    const std::vector<char> much(4'000'000, 'x');
    auto sender = green::spawn([&] {
        const ssize_t sent = ::send(pair.there.get(), much.data(), much.size(), MSG_NOSIGNAL);
        ::shutdown(pair.there.get(), SHUT_WR);
        return sent;
    });
    auto receiver = green::spawn([&] {
        std::vector<char> piece(100'000);
        std::size_t received = 0;
        for (ssize_t size; (size = ::recv(pair.here.get(), piece.data(), piece.size(), 0)) > 0;) {
            received += static_cast<std::size_t>(size);
        }
        return received;
    });

    REQUIRE(receiver.get() == much.size());
    REQUIRE(sender.get() == static_cast<ssize_t>(much.size()));
}

TEST_CASE("time limits and signals end the other calls too", "[ex12][step4]")
{
    green::patch_all();
    green::spawn([] { third_party_nap(1); }).join();
    const connection pair;
    const listening idle;
    set_time_limit(pair.here, SO_RCVTIMEO, 10ms);
    set_time_limit(pair.here, SO_SNDTIMEO, 10ms);
    set_time_limit(idle.socket, SO_RCVTIMEO, 10ms);
    while (::send(pair.here.get(), "x", 1, MSG_DONTWAIT) == 1) { // until its buffer is full
    }
    support::interrupter signals;
    signalling interrupts(signals);
    const auto error_of = [](third_party_call call, int fd) {
        return green::spawn([=] {
                   errno = 0;
                   const long result = third_party_do(call, fd, nullptr, 0);
                   return result == -1 ? errno : 0;
               })
            .get();
    };

    CHECK(error_of(blocks_in_read, pair.here.get()) == EAGAIN);
    CHECK(error_of(blocks_in_send, pair.here.get()) == EAGAIN);
    CHECK(error_of(blocks_in_accept, idle.socket.get()) == EAGAIN);
    interrupts.begin();
    CHECK(error_of(blocks_in_poll, pair.here.get()) == EINTR);
    CHECK(error_of(blocks_in_read, pair.there.get()) == 0); // there is something: nobody waits
    interrupts.end();
}

TEST_CASE("asio's operations are what they were", "[ex12][step4]")
{
    green::patch_all();
    using asio::ip::tcp;
    tcp::acceptor acceptor(green::loop(), {asio::ip::address_v4::loopback(), 0});
    auto server = green::spawn([&] {
        tcp::socket client = acceptor.async_accept(green::yield);
        std::string question(5, ' ');
        asio::async_read(client, asio::buffer(question), green::yield);
        green::sleep(1ms); // the client's read is under way, in the hub's hands
        asio::async_write(client, asio::buffer("fine", 4), green::yield);
        return question;
    });
    auto client = green::spawn([&] {
        tcp::socket socket(green::loop());
        socket.async_connect(acceptor.local_endpoint(), green::yield);
        asio::async_write(socket, asio::buffer("hello", 5), green::yield);
        std::string answer(4, ' ');
        asio::async_read(socket, asio::buffer(answer), green::yield);
        return answer;
    });

    REQUIRE(client.get() == "fine");
    REQUIRE(server.get() == "hello");
}

TEST_CASE("nothing is left open when the calls are over", "[ex12][step4]")
{
    green::patch_all();
    connection pair;
    green::spawn([] { third_party_nap(1); }).join(); // the hub has its own descriptors from here on
    const support::census before = support::take_census();
    for (int i = 0; i < 3; ++i) {
        auto one = green::spawn([&] {
            char byte = 0;
            return ::recv(pair.here.get(), &byte, 1, 0);
        });
        auto victim = green::spawn([] {
            const listening listener;
            ::accept(listener.socket.get(), nullptr, nullptr);
        });
        green::sleep(0ms);
        pair.say("x");
        REQUIRE(one.get() == 1);
        victim.kill();
    }

    REQUIRE(support::back_to(before));
}

TEST_CASE("the monitor names who holds the hub", "[ex12][step4][stretch]")
{
    connection pair;
    std::mutex mutex;
    words named;
    const green::monitor watching(100ms, [&](const std::string& name) {
        {
            const std::lock_guard lock(mutex);
            named.push_back(name);
        }
        third_party_say(pair.there.get(), "go on\n"); // ends the blocking call, hence the holding
    });
    std::array<char, 16> heard{};
    auto blocking = green::spawn(
        "blocking", [&] { return third_party_hear(pair.here.get(), heard.data(), heard.size()); });
    const long size = blocking.get();
    const std::lock_guard lock(mutex);

    REQUIRE(size == 6);
    REQUIRE(std::find(named.begin(), named.end(), "blocking") != named.end());
}

TEST_CASE("the monitor says on stderr who has held the hub for 100 ms", "[ex12][step4][stretch]")
{
    const support::kept_stderr kept;
    const green::monitor watching;
    const auto began = std::chrono::steady_clock::now();
    green::spawn("brief", [] {}).join();
    bool named = false;
    green::spawn("busy", [&] {
        named = support::eventually([&] {
            return kept.said().find("monitor: busy has held the hub for 100 ms\n") !=
                   std::string::npos;
        });
    }).join();
    const auto held = std::chrono::steady_clock::now() - began;

    REQUIRE(named);
    REQUIRE(held >= 100ms);
}
