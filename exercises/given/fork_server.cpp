// Client and server talk over a pair of SOCK_SEQPACKET sockets, which keep packets whole: each
// request is one packet, and so is each answer. A descriptor travels beside its packet
// (SCM_RIGHTS): the kernel opens the same file for the receiver.
//
// SPDX-License-Identifier: MIT
#include "given/fork_server.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace given {
namespace {

struct request {
    int (*body)(int channel); // null: wait for `worker` instead of starting one
    pid_t worker;
};

struct answer {
    int error; // errno of the failed call, or 0
    pid_t worker;
    int status; // as waitpid() reports it
};

[[noreturn]] void fail(const char* what, int error = errno)
{
    throw std::system_error(error, std::generic_category(), what);
}

// One packet, with a descriptor beside it unless that is -1. False when the other side is gone.
template <class Packet>
bool send_packet(int control, Packet packet, int passed = -1)
{
    iovec data{&packet, sizeof packet};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (passed != -1) {
        message.msg_control = space;
        message.msg_controllen = sizeof space;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
    }
    ssize_t sent;
    do {
        sent = ::sendmsg(control, &message, MSG_NOSIGNAL);
    } while (sent == -1 && errno == EINTR);
    return sent == sizeof packet;
}

// The next packet and the descriptor that came with it, if any. False when the other side is gone.
template <class Packet>
bool receive_packet(int control, Packet& packet, descriptor& passed)
{
    iovec data{&packet, sizeof packet};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    ssize_t got;
    do {
        got = ::recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    } while (got == -1 && errno == EINTR);
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message); got > 0 && header != nullptr) {
        int number;
        std::memcpy(&number, CMSG_DATA(header), sizeof number);
        passed = descriptor(number);
    }
    return got == sizeof packet;
}

// ------------------------------------------------------------------------ in the server's process

void reset_signals()
{
    for (int signal = 1; signal < NSIG; ++signal) {
        std::signal(signal, SIG_DFL); // refused for SIGKILL and SIGSTOP, which is as it should be
    }
    std::signal(SIGINT, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_all_but(int kept)
{
    std::vector<int> open;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        open.push_back(std::stoi(entry.path().filename().string()));
    }
    for (const int number : open) {
        if (number > STDERR_FILENO && number != kept) {
            ::close(number);
        }
    }
}

// noexcept: below us on the stack lie the frames of the parent that started the server. No
// exception may carry this process there.
[[noreturn]] void run_worker(int (*body)(int channel), int channel, pid_t server) noexcept
{
    // The signal comes when the *thread* that forked us ends. Here that is the server's only one.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != server) {
        _exit(1); // it died before it could be asked for
    }
    const int status = live_as_worker(body, channel);
    std::fflush(nullptr); // what the tasks printed
    _exit(status);        // not exit(): the parent's exit handlers are not ours to run
}

answer start_worker(int (*body)(int channel), descriptor channel, int control) noexcept
{
    const pid_t server = getpid();
    const pid_t worker = fork();
    if (worker == 0) {
        ::close(control);
        run_worker(body, channel.get(), server);
    }
    return {worker == -1 ? errno : 0, worker, 0};
}

answer reap(pid_t worker)
{
    int status = 0;
    const pid_t reaped = waitpid(worker, &status, 0);
    return {reaped == -1 ? errno : 0, worker, status};
}

[[noreturn]] void serve(int control) noexcept // for the same reason
{
    reset_signals();
    close_all_but(control);
    std::vector<pid_t> workers;
    request asked;
    descriptor channel;
    while (receive_packet(control, asked, channel)) {
        if (asked.body != nullptr) {
            const answer started = start_worker(asked.body, std::move(channel), control);
            if (started.error == 0) {
                workers.push_back(started.worker);
            }
            send_packet(control, started);
        } else {
            std::erase(workers, asked.worker);
            send_packet(control, reap(asked.worker));
        }
    }
    // Our parent let go of us, or is dead.
    for (const pid_t worker : workers) {
        kill(worker, SIGKILL);
        waitpid(worker, nullptr, 0);
    }
    _exit(0);
}

// ------------------------------------------------------------------------ in the parent's process

#if defined(__SANITIZE_THREAD__)
constexpr int threads_allowed = 3; // the sanitizer has one of its own, or two after a fork
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr int threads_allowed = 3;
#else
constexpr int threads_allowed = 1;
#endif
#else
constexpr int threads_allowed = 1;
#endif

int count_threads()
{
    namespace fs = std::filesystem;
    return static_cast<int>(std::distance(fs::directory_iterator("/proc/self/task"), {}));
}

void require_single_thread()
{
    // A thread that was joined just now may stay in the kernel's list for a moment.
    int threads = count_threads();
    for (int tries = 0; threads > threads_allowed && tries < 1000; ++tries) {
        sched_yield();
        threads = count_threads();
    }
    if (threads > threads_allowed) {
        throw std::logic_error("fork_server: this process has " + std::to_string(threads) +
                               " threads already; start the server before the first of them");
    }
}

std::mutex current_mutex;
std::weak_ptr<fork_server> current; // guarded by current_mutex
pid_t current_owner = -1;           // guarded by current_mutex; the process that `current` serves

} // namespace

const process_calls* simulated_processes = nullptr;

int live_as_worker(int (*body)(int channel), int channel) noexcept
{
    try {
        return body(channel);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "worker %d: %s\n", static_cast<int>(getpid()), error.what());
    } catch (...) {
        std::fprintf(stderr, "worker %d: an exception that is no std::exception\n",
                     static_cast<int>(getpid()));
    }
    return 1;
}

std::shared_ptr<fork_server> fork_server::start()
{
    if (simulated_processes != nullptr) {
        return std::make_shared<fork_server>(passkey{}, -1, descriptor());
    }
    const std::lock_guard lock(current_mutex);
    if (auto running = current.lock(); running && current_owner == getpid()) {
        return running;
    }
    require_single_thread();
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) {
        fail("socketpair");
    }
    descriptor ours(ends[0]), theirs(ends[1]);
    std::fflush(nullptr); // else what is buffered here would be printed by workers, too
    const pid_t pid = fork();
    if (pid == -1) {
        fail("fork");
    }
    if (pid == 0) {
        serve(theirs.get());
    }
    const auto started = std::make_shared<fork_server>(passkey{}, pid, std::move(ours));
    current = started;
    current_owner = getpid();
    return started;
}

fork_server::fork_server(passkey, pid_t pid, descriptor control)
    : pid_(pid), owner_(getpid()), control_(std::move(control))
{}

fork_server::~fork_server()
{
    control_.close(); // the server reads the end and leaves
    if (pid_ != -1 && owner_ == getpid()) {
        while (waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
        }
    }
}

child fork_server::spawn(int (*body)(int channel), int channel)
{
    const std::lock_guard lock(mutex_);
    if (pid_ == -1) {
        const pid_t worker = simulated_processes->start(body, channel);
        if (worker == -1) {
            fail("fork_server: fork");
        }
        return child(shared_from_this(), worker);
    }
    answer reply;
    descriptor none;
    if (!send_packet(control_.get(), request{body, -1}, channel) ||
        !receive_packet(control_.get(), reply, none)) {
        fail("fork_server: the server is gone", ECHILD);
    }
    if (reply.error != 0) {
        fail("fork_server: fork", reply.error);
    }
    return child(shared_from_this(), reply.worker);
}

exit_status fork_server::wait_for(pid_t worker) noexcept
{
    if (owner_ != getpid()) {
        return {.signal = SIGKILL}; // a forked copy of the handle: the worker is not ours
    }
    const std::lock_guard lock(mutex_);
    if (pid_ == -1) {
        return simulated_processes->wait(worker);
    }
    answer reply;
    descriptor none;
    if (!send_packet(control_.get(), request{nullptr, worker}) ||
        !receive_packet(control_.get(), reply, none) || reply.error != 0) {
        return {.signal = SIGKILL};
    }
    if (WIFSIGNALED(reply.status)) {
        return {.signal = WTERMSIG(reply.status)};
    }
    return {.status = WEXITSTATUS(reply.status)};
}

child::child(std::shared_ptr<fork_server> server, pid_t pid) : server_(std::move(server)), pid_(pid)
{}

child::child(child&& other) noexcept
    : server_(std::move(other.server_)), pid_(std::exchange(other.pid_, -1)), ended_(other.ended_)
{}

child& child::operator=(child&& other) noexcept
{
    std::swap(server_, other.server_);
    std::swap(pid_, other.pid_);
    std::swap(ended_, other.ended_);
    return *this;
}

child::~child()
{
    kill();
    wait();
}

void child::kill() noexcept
{
    if (server_ && server_->pid_ == -1) {
        simulated_processes->kill(pid_);
    } else if (server_ && server_->owner_ == getpid()) {
        ::kill(pid_, SIGKILL);
    }
}

exit_status child::wait() noexcept
{
    if (server_) {
        ended_ = server_->wait_for(pid_);
        server_.reset();
    }
    return ended_;
}

} // namespace given
