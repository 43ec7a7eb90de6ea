// How a greenlet waits for any descriptor. It makes an epoll instance of what it waits for, which
// is a descriptor itself, readable as soon as one of them is ready; and asio waits for that one. So
// the descriptors may belong to anybody, be waited for by several greenlets at once, or be asio's
// own.
//
// A signal interrupts the thread, and that sits in the hub's epoll_wait(), not in the call that a
// greenlet believes to be in. So those who wait are listed here, and given_calls.cpp tells when
// epoll_wait() was interrupted.
//
// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE
#include "waits.hpp"

#include "greenlet.hpp"
#include "libc.hpp"

#include "given/context.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <set>
#include <vector>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace green {

bool in_greenlet() noexcept
{
    return !given::context::on_own_stack();
}

time_point after(const timespec& time)
{
    const auto now = steady_clock::now();
    const auto most = std::chrono::duration_cast<std::chrono::seconds>(never - now) - 1s;
    const std::chrono::seconds seconds(time.tv_sec);
    return seconds < most ? now + seconds + std::chrono::nanoseconds(time.tv_nsec) : never;
}

timespec time_left(time_point end)
{
    const auto left = std::max(end - steady_clock::now(), steady_clock::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

bool is_valid(const timespec* time)
{
    return time && time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < 1'000'000'000;
}

namespace {

// One wait that a signal ends too; lies on the greenlet's stack.
class interruptible_wait {
public:
    interruptible_wait() { all.insert(this); }
    ~interruptible_wait() { all.erase(this); }
    interruptible_wait(const interruptible_wait&) = delete;
    interruptible_wait& operator=(const interruptible_wait&) = delete;

    const ticket turn = prepare_wait();
    bool interrupted = false;

    static thread_local std::set<interruptible_wait*> all; // of this thread, under way now
};

thread_local std::set<interruptible_wait*> interruptible_wait::all;

// What the process does about signals: whether any handler could have run, and whether one of them
// wants blocking calls to be interrupted. The signals of a fault do not count: they do not come
// from outside.
struct handlers {
    bool any = false;
    bool interrupting = false;

    static handlers installed()
    {
        handlers found;
        for (int signal = 1; signal <= SIGRTMAX; ++signal) {
            struct sigaction action = {};
            const bool fault =
                signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
            if (fault || ::sigaction(signal, nullptr, &action) != 0 ||
                (!(action.sa_flags & SA_SIGINFO) &&
                 (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN))) {
                continue;
            }
            found.any = true;
            found.interrupting |= !(action.sa_flags & SA_RESTART);
        }
        return found;
    }
};

// Whether a signal that came ends a call on a socket with this time limit; otherwise the call goes
// on, as the system lets it (see "Interruption of system calls" in signal(7)).
bool ends_socket_calls(time_point end)
{
    return end != never || handlers::installed().interrupting;
}

// An epoll instance that is readable when one of `entries` is ready. Closed if the system refuses.
asio::posix::stream_descriptor watch(std::span<const pollfd> entries)
{
    asio::posix::stream_descriptor all(loop());
    const int made = ::epoll_create1(EPOLL_CLOEXEC);
    std::error_code error;
    if (made == -1) {
        return all;
    }
    if (all.assign(made, error)) {
        ::close(made);
        return all;
    }
    for (const pollfd& one : entries) {
        epoll_event wanted = {};
        for (const pollfd& same : entries) { // the same descriptor may be there twice
            if (same.fd == one.fd) {
                wanted.events |= static_cast<unsigned short>(same.events);
            }
        }
        if (one.fd >= 0 && ::epoll_ctl(made, EPOLL_CTL_ADD, one.fd, &wanted) == -1 &&
            errno != EEXIST &&
            errno != EPERM) { // EPERM: a file, ready for all that it ever will be
            all.close(error);
            return all;
        }
    }
    return all;
}

// Waits until an entry may be ready, `end`, or a signal; true for the signal.
bool interrupted_before(std::span<const pollfd> entries, time_point end)
{
    interruptible_wait one;
    const auto wake_up = [turn = one.turn](std::error_code) { wake(turn); };
    asio::posix::stream_descriptor watched = watch(entries);
    if (watched.is_open()) {
        watched.async_wait(asio::posix::stream_descriptor::wait_read, wake_up);
    } else { // no descriptor or no memory left: then the greenlet looks again and again
        end = std::min(end, steady_clock::now() + 1ms);
    }
    std::optional<asio::steady_timer> clock;
    if (end != never) {
        clock.emplace(loop(), end);
        clock->async_wait(wake_up);
    }
    wait(one.turn);
    return one.interrupted;
}

} // namespace

int error_of(ended how, int timeout)
{
    switch (how) {
    case ended::ready:
        return 0;
    case ended::timed_out:
        return timeout;
    case ended::interrupted:
        break;
    }
    return EINTR;
}

ended wait_until(time_point end)
{
    if (end <= steady_clock::now()) {
        sleep(0ns);
        return ended::timed_out;
    }
    interruptible_wait one;
    asio::steady_timer clock(loop(), end);
    clock.async_wait([turn = one.turn](std::error_code) { wake(turn); });
    wait(one.turn);
    return one.interrupted ? ended::interrupted : ended::timed_out;
}

ended wait_ready(std::span<const pollfd> entries, time_point end)
{
    std::vector<pollfd> looked_at(entries.begin(), entries.end());
    for (;;) {
        const int ready = libc().poll(looked_at.data(), looked_at.size(), 0);
        if (ready == -1) { // it may not look, see RLIMIT_NOFILE: then the call itself has to try
            wait_until(steady_clock::now() + 1ms);
        }
        if (ready != 0) {
            return ended::ready;
        }
        if (steady_clock::now() >= end) {
            return ended::timed_out;
        }
        if (interrupted_before(entries, end)) {
            return ended::interrupted;
        }
    }
}

ended wait_ready(int fd, short events, time_point end)
{
    const pollfd entry = {fd, events, 0};
    for (;;) {
        const ended how = wait_ready(std::span(&entry, 1), end);
        if (how != ended::interrupted || ends_socket_calls(end)) {
            return how;
        }
    }
}

// Called where a handler of the hub's may not wait, and the hub looks for its handlers again: hence
// posted, and not woken here.
void interrupt_waits()
{
    const own_errno mine;
    if (interruptible_wait::all.empty() || !handlers::installed().any) {
        return; // stopped and continued: no handler has run
    }
    for (interruptible_wait* one : interruptible_wait::all) {
        one->interrupted = true;
        asio::post(loop(), [turn = one->turn] { wake(turn); });
    }
}

bool is_nonblocking(int fd)
{
    const own_errno mine;
    const int mode = ::fcntl(fd, F_GETFL);
    return mode == -1 || (mode & O_NONBLOCK);
}

namespace {

time_point deadline(int fd, int option)
{
    const own_errno mine; // no socket: no limit
    timeval limit = {};
    socklen_t size = sizeof limit;
    if (::getsockopt(fd, SOL_SOCKET, option, &limit, &size) == -1 ||
        (limit.tv_sec == 0 && limit.tv_usec == 0)) {
        return never;
    }
    return after({limit.tv_sec, limit.tv_usec * 1000});
}

int option_of(int fd, int option, int otherwise)
{
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == -1 ? otherwise : value;
}

} // namespace

time_point receive_deadline(int fd)
{
    return deadline(fd, SO_RCVTIMEO);
}

time_point send_deadline(int fd)
{
    return deadline(fd, SO_SNDTIMEO);
}

std::size_t enough_to_receive(int fd, std::size_t size, int flags)
{
    const own_errno mine;
    if ((flags & MSG_PEEK) || option_of(fd, SO_TYPE, SOCK_DGRAM) != SOCK_STREAM) {
        return 1;
    }
    const auto low_water = static_cast<std::size_t>(option_of(fd, SO_RCVLOWAT, 1));
    return (flags & MSG_WAITALL) ? size : std::min(size, low_water);
}

int start_to_connect(int fd, const sockaddr* address, socklen_t address_size, time_point end)
{
    const own_errno mine;
    const int mode = ::fcntl(fd, F_GETFL);
    for (;;) {
        ::fcntl(fd, F_SETFL, mode | O_NONBLOCK);
        const int error = libc().connect(fd, address, address_size) == 0 ? 0 : errno;
        ::fcntl(fd, F_SETFL, mode); // before anybody else runs
        const auto now = steady_clock::now();
        if (error != EAGAIN || address->sa_family != AF_UNIX || now >= end) {
            return error;
        }
        if (wait_until(std::min(end, now + 1ms)) == ended::interrupted && ends_socket_calls(end)) {
            return EINTR;
        }
    }
}

} // namespace green
