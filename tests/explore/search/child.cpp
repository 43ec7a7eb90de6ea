// SPDX-License-Identifier: MIT
#include "explore/search/child.hpp"

#include "given/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char* todo_page __attribute__((weak)); // given/todo.hpp, where it is linked

namespace explorer {

// engine/lives.cpp
namespace runtime {
[[noreturn]] void run_child(ledger* shared, void (*body)(void*), void* argument);
void run_here(ledger* shared, void (*body)(void*), void* argument);
} // namespace runtime

namespace {

using steady = std::chrono::steady_clock;

constexpr auto stuck_after = std::chrono::seconds(2);
constexpr std::size_t todo_page_size = 2048; // as in given/todo.hpp

void call_body(void* body)
{
    (*static_cast<std::function<void()>*>(body))();
}

double cpu_seconds(pid_t process)
{
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

bool all_asleep(pid_t process)
{
    std::error_code gone;
    const std::string tasks = "/proc/" + std::to_string(process) + "/task";
    for (const auto& thread : std::filesystem::directory_iterator(tasks, gone)) {
        std::ifstream file(thread.path() / "stat");
        std::string line;
        std::getline(file, line);
        const auto name_end = line.rfind(')');
        if (name_end == std::string::npos || line.size() < name_end + 3 ||
            line[name_end + 2] == 'R') {
            return false;
        }
    }
    return true;
}

} // namespace

exploring_child::exploring_child(const std::function<void()>& body, bool real_threads)
    : body_(body), real_threads_(real_threads)
{
    void* memory = mmap(nullptr, sizeof(ledger), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::system_error(errno, std::generic_category(), "mmap");
    }
    book_ = static_cast<ledger*>(memory);
}

exploring_child::~exploring_child()
{
    munmap(book_, sizeof(ledger));
}

void exploring_child::set_time(std::chrono::seconds most)
{
    deadline_ = steady::now() + most;
}

void exploring_child::give_time(std::chrono::seconds least)
{
    deadline_ = std::max(deadline_, steady::now() + least);
}

void exploring_child::begin(const search_plan& what)
{
    book_->plan = what;
    book_->done = 0;
    book_->depth = 0;
    book_->reduced.depth = 0;
    book_->reduced.kept_touches = 0;
    book_->reduced.restarted = false;
    book_->reduced.met = obstacle::none;
    book_->reduced.distinct = 0;
    book_->exhausted = false;
    book_->bounded = false;
    book_->diverged = false;
}

ending exploring_child::run()
{
    const long longest = book_->longest;
    const ending end = run_once();
    if (!book_->needs_real_threads) {
        return end;
    }
    // Nothing of what it did counts.
    real_threads_ = true;
    book_->needs_real_threads = false;
    book_->longest = longest;
    search_plan again = book_->plan;
    again.real_threads = true;
    begin(again);
    return run_once();
}

ending exploring_child::run_once()
{
    book_->state = status::running;
    book_->kind[0] = '\0';
    book_->text[0] = '\0';
    book_->reached_todo[0] = '\0';
    book_->ended_how = 0;
    book_->process = 0;
    std::fflush(nullptr);
    const pid_t parent = getpid();
    const given::descriptor said(book_->plan.record ? memfd_create("stderr", MFD_CLOEXEC) : -1);
    const pid_t child = fork();
    if (child < 0) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    if (child == 0) {
        dup2(said.get(), STDERR_FILENO); // does nothing when nothing is recorded
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
        runtime::run_child(book_, call_body, const_cast<std::function<void()>*>(&body_));
    }
    const bool in_time = watch(child);
    int how = 0;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    hand_on_todo();
    const ssize_t size = pread(said.get(), book_->said, sizeof book_->said - 1, 0);
    book_->said[size > 0 ? size : 0] = '\0';
    if (!in_time) {
        return ending::out_of_time;
    }
    if (book_->state == status::passed) {
        return ending::passed;
    }
    if (book_->state == status::running) {
        note_unknown_end(book_->ended_how != 0 ? book_->ended_how : how);
    }
    return ending::failed;
}

void exploring_child::run_here()
{
    runtime::run_here(book_, call_body, const_cast<std::function<void()>*>(&body_));
}

void exploring_child::run_freely()
{
    body_();
}

// Until the child ends. False when time ran out; the child is killed then.
bool exploring_child::watch(pid_t child)
{
    const int ended = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    auto heartbeat = book_->heartbeat;
    auto alive_at = steady::now();
    double cpu_then = 0;
    bool in_time = true;
    for (bool asked = false;;) {
        pollfd event{ended, POLLIN, 0};
        if (::poll(&event, 1, 100) > 0) {
            break;
        }
        const auto now = steady::now();
        if (now > deadline_ || (asked && now - alive_at > stuck_after)) {
            in_time = now <= deadline_;
            kill(child, SIGKILL);
            break;
        }
        const pid_t judged = book_->process != 0 ? book_->process : child;
        if (book_->heartbeat != heartbeat) {
            heartbeat = book_->heartbeat;
            alive_at = now;
            cpu_then = cpu_seconds(judged);
        } else if (now - alive_at > stuck_after && !asked &&
                   (cpu_seconds(judged) - cpu_then > 1 || all_asleep(judged))) {
            // Not merely kept from running: it computes without a step, or sleeps.
            asked = true;
            alive_at = now;
            syscall(SYS_tgkill, judged, book_->tid[book_->running], SIGURG);
        }
    }
    close(ended);
    return in_time;
}

// todo() in the child left its message in the ledger; the supervisor looks at its own page.
void exploring_child::hand_on_todo()
{
    if (book_->reached_todo[0] != '\0' && &todo_page != nullptr && todo_page != nullptr &&
        todo_page[0] == '\0') {
        std::snprintf(todo_page + 1, todo_page_size - 1, "%s", book_->reached_todo + 1);
        todo_page[0] = book_->reached_todo[0]; // last, as todo() does
    }
}

void exploring_child::note_unknown_end(int how)
{
    const bool todo = book_->reached_todo[0] != '\0';
    std::snprintf(book_->kind, sizeof book_->kind, "%s", todo ? "todo" : "crash");
    if (WIFSIGNALED(how)) {
        std::snprintf(book_->text, sizeof book_->text, "the process was ended by signal %d (%s)",
                      WTERMSIG(how), strsignal(WTERMSIG(how)));
    } else {
        std::snprintf(book_->text, sizeof book_->text,
                      "the process ended with exit status %d in the middle of a schedule",
                      WEXITSTATUS(how));
    }
    book_->at = 0;
    book_->before = 0;
    book_->threads = 0;
}

} // namespace explorer
