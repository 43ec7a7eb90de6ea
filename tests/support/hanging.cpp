// Where a case hangs: each thread's call and line, and who waits for whom.
//
// SPDX-License-Identifier: MIT
#include "support/explanation.hpp"

#include "support/processes_below.hpp"
#include "support/traces.hpp"
#include "support/ways.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace support {
namespace {

constexpr std::chrono::milliseconds for_answers{1000};
constexpr std::size_t most_threads_shown = 8;

// By the library's function that is called, and by the system call where that is not known.
struct call {
    std::string_view function; // how its name begins, without leading underscores
    long number;
    const char* words;
};
constexpr const char* locks_a_mutex = "waits to lock a mutex";
constexpr const char* joins = "waits for the end of another thread";
constexpr const char* waits_for_descriptors = "waits until something comes on a descriptor";
constexpr const char* accepts = "waits for somebody to connect";
constexpr call calls[] = {
    {"pthread_mutex", -1, locks_a_mutex},
    {"pthread_rwlock", -1, "waits to lock a shared mutex"},
    {"pthread_cond", -1, "waits to be notified on a condition variable"},
    {"ZNSt18condition_variable", -1, "waits to be notified on a condition variable"},
    {"pthread_join", -1, joins},
    {"pthread_clockjoin", -1, joins},
    {"ZNSt6thread4join", -1, joins},
    {"ZNSt28__atomic_futex", -1, "waits for the result of a future"},
    {"sem_", -1, "waits for a unit of a semaphore"},
    {"syscall", -1, "waits for an atomic variable to change"},
    {"accept", SYS_accept, accepts},
    {"accept4", SYS_accept4, accepts},
    {"connect", SYS_connect, "waits for its connection to be accepted"},
    {"recv", SYS_recvfrom, "waits for something to read"},
    {"recvmsg", SYS_recvmsg, "waits for something to read"},
    {"read", SYS_read, "waits for something to read"},
    {"send", SYS_sendto, "waits until the other end reads"},
    {"write", SYS_write, "waits until the other end reads"},
#ifdef SYS_poll // 64-bit Arm has the newer calls only
    {"poll", SYS_poll, waits_for_descriptors},
#endif
    {"ppoll", SYS_ppoll, waits_for_descriptors},
#ifdef SYS_epoll_wait
    {"epoll_wait", SYS_epoll_wait, waits_for_descriptors},
#endif
    {"epoll_pwait", SYS_epoll_pwait, waits_for_descriptors},
#ifdef SYS_select
    {"select", SYS_select, waits_for_descriptors},
#endif
    {"wait", SYS_wait4, "waits for the end of a process"},
    {"wait4", SYS_waitid, "waits for the end of a process"},
    {"sigwait", SYS_rt_sigtimedwait, "waits for a signal"},
#ifdef SYS_pause
    {"pause", SYS_pause, "waits for a signal"},
#endif
    {"clock_nanosleep", SYS_clock_nanosleep, "sleeps"},
    {"nanosleep", SYS_nanosleep, "sleeps"},
    {"", SYS_futex, "waits for a lock, a condition variable or a thread"},
};

struct standing {
    pid_t process;
    pid_t thread;
    std::string name;
    std::string doing;
    std::vector<explorer::place> way;
    std::string system_call = {}; // as /proc has it
    pid_t waits_for = 0;          // that thread of its process; 0: none is known
};

std::string system_call_of(const standing& one)
{
    return first_line("/proc/" + std::to_string(one.process) + "/task/" +
                      std::to_string(one.thread) + "/syscall");
}

// Those of the process and of all below it.
std::vector<standing> all_threads(pid_t first)
{
    std::vector<standing> all;
    for_each_thread(std::to_string(first), [&](const std::string& process, const auto& thread) {
        all.push_back(
            {std::atoi(process.c_str()), std::atoi(thread.filename().c_str()), {}, {}, {}});
        return true;
    });
    std::sort(all.begin(), all.end(), [&](const standing& one, const standing& other) {
        return std::pair(one.process != first, one.thread) <
               std::pair(other.process != first, other.thread);
    });
    return all;
}

void name_them(std::vector<standing>& all, pid_t first)
{
    int threads = 0;
    int processes = 0;
    for (standing& one : all) {
        if (one.thread == first) {
            one.name = "the case's own thread";
        } else if (one.process == first) {
            one.name = "thread " + std::to_string(++threads);
        } else if (one.thread == one.process) {
            one.name = "child process " + std::to_string(++processes);
        } else {
            one.name = "another thread of that process";
        }
    }
}

int number_at(pid_t process, unsigned long address)
{
    int value = 0;
    const iovec here{&value, sizeof value};
    const iovec there{reinterpret_cast<void*>(address), sizeof value};
    return process_vm_readv(process, &here, 1, &there, 1, 0) == sizeof value ? value : 0;
}

// A join waits for the kernel to clear the word with the thread's number; a mutex has its owner's
// number in its third word.
pid_t thread_waited_for(const standing& one, const std::vector<standing>& all)
{
    unsigned long word = 0;
    long number = 0;
    if (std::sscanf(one.system_call.c_str(), "%ld %lx", &number, &word) != 2 ||
        number != SYS_futex) {
        return 0;
    }
    const bool locks = one.doing == locks_a_mutex;
    if (!locks && one.doing != joins) {
        return 0;
    }
    const pid_t wanted = number_at(one.process, word + (locks ? 8 : 0));
    const bool known = std::any_of(all.begin(), all.end(), [&](const standing& other) {
        return other.process == one.process && other.thread == wanted;
    });
    return known ? wanted : 0;
}

bool would_answer(const standing& one)
{
    std::ifstream status("/proc/" + std::to_string(one.process) + "/task/" +
                         std::to_string(one.thread) + "/status");
    bool caught = false;
    bool blocked = false;
    const auto holds = [](const std::string& line) {
        const auto set = std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 16);
        return ((set >> (where_are_you() - 1)) & 1) != 0;
    };
    for (std::string line; std::getline(status, line);) {
        caught |= line.starts_with("SigCgt:") && holds(line);
        blocked |= line.starts_with("SigBlk:") && holds(line);
    }
    return caught && !blocked;
}

// Asks them all, and waits until they have answered, or for a while.
void ask(const std::vector<standing>& all, watch_page& page)
{
    int asked = 0;
    for (const standing& one : all) {
        if (would_answer(one) && asked < watch_page::most_threads) {
            asked += syscall(SYS_tgkill, one.process, one.thread, where_are_you()) == 0;
        }
    }
    const auto answered = [&] {
        return std::count_if(std::begin(page.stands), std::end(page.stands),
                             [](const trace& one) { return one.whole == 1; });
    };
    const auto end = std::chrono::steady_clock::now() + for_answers;
    while (answered() < asked && std::chrono::steady_clock::now() < end) {
        poll(nullptr, 0, 5);
    }
}

// The outermost of the library's functions by which the thread left our code.
std::string doing(const trace& one)
{
    Dl_info here{};
    dladdr(reinterpret_cast<void*>(&where_are_you), &here);
    bool outside = false;
    std::string words;
    for (int i = 0; i < one.frames; ++i) {
        Dl_info info{};
        const bool known = dladdr(static_cast<char*>(one.frame[i]) - 1, &info) != 0;
        const bool own = known && info.dli_fbase == here.dli_fbase;
        if (own && outside && !words.empty()) {
            break;
        }
        outside = outside || !own;
        std::string_view name = known && info.dli_sname != nullptr ? info.dli_sname : "";
        name.remove_prefix(std::min(name.find_first_not_of('_'), name.size()));
        for (const call& each : calls) {
            if (!own && !each.function.empty() && name.starts_with(each.function)) {
                words = each.words;
                break;
            }
        }
    }
    return words;
}

std::string doing(const std::string& system_call)
{
    if (system_call.empty() || system_call.starts_with("running")) {
        return "runs";
    }
    const long number = std::strtol(system_call.c_str(), nullptr, 10);
    for (const call& each : calls) {
        if (each.number == number) {
            return each.words;
        }
    }
    return "is in system call " + std::to_string(number);
}

void look_at(std::vector<standing>& all, const watch_page& page)
{
    std::vector<const trace*> traces;
    for (const trace& one : page.stands) {
        if (one.whole == 1) {
            traces.push_back(&one);
        }
    }
    const explorer::source_places source(addresses_in(traces));
    for (standing& one : all) {
        const auto mine = std::find_if(traces.begin(), traces.end(), [&](const trace* each) {
            return each->thread == one.thread && each->process == one.process;
        });
        const bool runs = one.system_call.starts_with("running");
        if (mine != traces.end()) {
            one.doing = runs ? std::string() : doing(**mine);
            one.way = way_of(source, **mine);
        }
        if (one.doing.empty()) {
            one.doing = doing(one.system_call);
        }
        one.waits_for = thread_waited_for(one, all);
    }
}

const standing* with(const std::vector<standing>& all, const standing& of, pid_t thread)
{
    const auto found = std::find_if(all.begin(), all.end(), [&](const standing& one) {
        return one.process == of.process && one.thread == thread;
    });
    return found == all.end() ? nullptr : &*found;
}

std::string doing_in_full(const standing& one, const std::vector<standing>& all)
{
    const standing* other = with(all, one, one.waits_for);
    if (other == nullptr) {
        return one.doing;
    }
    const bool itself = other == &one;
    if (one.doing == locks_a_mutex) {
        return one.doing +
               (itself ? " that it has locked itself" : " that " + other->name + " has");
    }
    return "waits for the end of " + (itself ? "itself" : other->name);
}

std::string with_line(const standing& one, const std::vector<standing>& all)
{
    std::string text = one.name + " " + doing_in_full(one, all);
    if (!one.way.empty()) {
        text += " (" + explorer::short_name(one.way.front()) + ")";
    }
    return text;
}

// From the case's own thread along those that are waited for; if that one has given up, from the
// first that is in the answer.
std::string cause(const std::vector<standing>& all, const watch_page& page)
{
    const bool given_up = page.gave_up[0] != '\0';
    std::vector<const standing*> chain;
    const auto first =
        given_up ? std::find_if(all.begin(), all.end(),
                                [](const standing& one) { return leads_to_the_answer(one.way); })
                 : all.begin();
    const standing* at = first == all.end() ? nullptr : &*first;
    while (at != nullptr && std::find(chain.begin(), chain.end(), at) == chain.end()) {
        chain.push_back(at);
        at = with(all, *at, at->waits_for);
    }
    std::string text;
    for (const standing* one : chain) {
        text += (text.empty() ? "" : "; ") + with_line(*one, all);
    }
    if (text.empty()) {
        return {};
    }
    const std::string& last = chain.back()->doing;
    if (at != nullptr) {
        return text + (chain.size() > 1 ? ": each waits for the other." : ".");
    }
    if (last == "runs") {
        return text + ": it goes on and on" + thrown_again_and_again(page) + ".";
    }
    const bool to_be_ended = given_up || chain.size() > 1;
    if (to_be_ended && (last == waits_for_descriptors || last == accepts)) {
        return text +
               ": nothing comes there. If it is to be ended from outside, a changed variable "
               "is not enough: that takes something that it waits for, a call that is made "
               "to cancel or wake it, or a byte in a pipe or an eventfd.";
    }
    return text + (last == "sleeps" ? "." : ": that does not come.");
}

} // namespace

std::string where_it_hangs(watch_page& page, pid_t process)
{
    std::vector<standing> all = all_threads(process);
    name_them(all, process);
    for (standing& one : all) {
        one.system_call = system_call_of(one);
    }
    ask(all, page);
    look_at(all, page);
    const bool given_up = page.gave_up[0] != '\0';
    if (given_up) { // and that is all that the case's own thread does
        std::erase_if(all, [&](const standing& one) { return one.thread == process; });
    }
    explorer::page out;
    std::size_t shown_so_far = 0;
    for (const standing& one : all) {
        if (++shown_so_far > most_threads_shown) {
            out.wrapped("and " + std::to_string(all.size() - most_threads_shown) + " more threads",
                        "  ", "    ");
            break;
        }
        out.wrapped(one.name + " " + doing_in_full(one, all), "  ", "    ");
        write_way(out, one.way);
    }
    if (const std::string why = cause(all, page); !why.empty()) {
        out.wrapped("Cause: " + why);
    }
    return out.taken();
}

} // namespace support
