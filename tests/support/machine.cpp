// SPDX-License-Identifier: MIT
#include "support/machine.hpp"

#include "given/descriptor.hpp"
#include "support/watch_page.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {
namespace {

constexpr unsigned long usual_descriptors = 256; // a case that needs more says so
constexpr int usual_threads = 480;               // the largest case starts 450, a grader allows 512
constexpr std::size_t usual_memory = std::size_t{1} << 30; // bytes of addresses

std::string too_few_descriptors(rlim_t wanted)
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= wanted) {
        return {};
    }
    return std::to_string(wanted) + " descriptors are needed, and a process may have " +
           std::to_string(limit.rlim_max) +
           " here: start from a shell in which  ulimit -Hn  is larger";
}

std::string standing_clock()
{
    const auto before = std::chrono::steady_clock::now();
    poll(nullptr, 0, 1);
    if (std::chrono::steady_clock::now() != before) {
        return {};
    }
    return "the system's clock stands still here, and every time limit with it: look for a program "
           "that holds it (a library in  LD_PRELOAD ), or restart the machine";
}

std::string too_little_memory()
{
    void* some = mmap(nullptr, usual_memory, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (some != MAP_FAILED) {
        munmap(some, usual_memory);
        return {};
    }
    return std::to_string(usual_memory >> 20) +
           " MiB of memory are needed, and cannot be had here: end other programs, or raise  "
           "ulimit -v";
}

// Connects to itself. By system calls: a judged program may have functions of its own under the
// names of libc's.
std::string no_loopback()
{
    const auto call = [](long number, auto... arguments) { return syscall(number, arguments...); };
    const auto open_one = [&] {
        return given::descriptor(
            static_cast<int>(call(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    };
    const given::descriptor listens = open_one();
    const given::descriptor connects = open_one();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (call(SYS_bind, listens.get(), &address, size) == 0 &&
        call(SYS_listen, listens.get(), 1) == 0 &&
        call(SYS_getsockname, listens.get(), &address, &size) == 0 &&
        call(SYS_connect, connects.get(), &address, size) == 0) {
        return {};
    }
    return std::string("the loopback network is needed, and 127.0.0.1 does not work here (") +
           std::strerror(errno) + "): as root,  ip link set lo up";
}

void* wait_for_the_end(void*)
{
    for (;;) {
        pause();
    }
}

// As many as there can be, up to `most`, in a process of their own: this one must not have any.
int startable_threads(int most)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return most; // it is not threads that are lacking
    }
    const given::descriptor reads(ends[0]);
    given::descriptor writes(ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int found = 0;
        for (pthread_t thread; found < most; ++found) {
            if (pthread_create(&thread, nullptr, wait_for_the_end, nullptr) != 0) {
                break;
            }
        }
        _exit(syscall(SYS_write, writes.get(), &found, sizeof found) == sizeof found ? 0 : 1);
    }
    writes.close();
    int found = 0;
    if (child > 0) {
        if (syscall(SYS_read, reads.get(), &found, sizeof found) != sizeof found) {
            found = 0;
        }
        waitpid(child, nullptr, 0);
    }
    return found;
}

} // namespace

void note_that_it_cannot_judge(const std::string& why)
{
    if (page->cannot_judge[0] == '\0') {
        std::snprintf(page->cannot_judge, sizeof page->cannot_judge, "Cannot judge: %s",
                      why.c_str());
    }
}

void cannot_judge(const std::string& why)
{
    if (page != nullptr) {
        note_that_it_cannot_judge(why);
    } else {
        std::fprintf(stderr, "Cannot judge: %s\n", why.c_str());
    }
    std::fflush(nullptr);
    _exit(4);
}

void need_descriptors(unsigned long wanted)
{
    if (const std::string why = too_few_descriptors(wanted); !why.empty()) {
        cannot_judge(why);
    }
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, wanted);
    setrlimit(RLIMIT_NOFILE, &limit);
}

std::string lacking_for_any_case()
{
    std::string why = standing_clock();
    if (why.empty()) {
        why = too_few_descriptors(usual_descriptors);
    }
    return why.empty() && needs_loopback::declared() ? no_loopback() : why;
}

std::string lacking_for_this_failure()
{
    if (std::string why = too_little_memory(); !why.empty()) {
        return why;
    }
    const int found = startable_threads(usual_threads);
    if (found == usual_threads) {
        return {};
    }
    return std::to_string(usual_threads) + " threads are needed, and no more than " +
           std::to_string(found) +
           " can be started here: end other programs of yours, or raise  ulimit -u";
}

} // namespace support
