// SPDX-License-Identifier: MIT
#include "explore/cases/behavior.hpp"

#include "explore/compute.hpp"
#include "explore/explore.hpp"
#include "explore/processes.hpp"
#include "given/listener.hpp"
#include "given/socket.hpp"
#include "given/todo.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <cfenv>
#include <chrono>
#include <condition_variable>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

// Thrown by a check; what() says what was promised and what came instead.
class broken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

void expect(bool holds, const std::string& what)
{
    if (!holds) {
        throw broken(what);
    }
}

void expect_pass(const result& got)
{
    expect(!got.failed && !got.out_of_time, "expected a pass, got:\n" + got.report);
}

void expect_failure(const result& got, const std::string& kind, const std::string& mentioned = {})
{
    expect(got.failed && got.kind == kind,
           "expected '" + kind + "', got '" + got.kind + "':\n" + got.report);
    expect(got.report.find(mentioned) != std::string::npos,
           "expected the report to mention '" + mentioned + "':\n" + got.report);
}

// Sets a variable of the environment while it lives.
class with_environment {
public:
    with_environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~with_environment() { unsetenv(name_); }
    with_environment(const with_environment&) = delete;
    with_environment& operator=(const with_environment&) = delete;

private:
    const char* name_;
};

void in_a_thread(void (*function)())
{
    std::thread(function).join();
}

// ---- what answers may use

void everything_at_once()
{
    std::latch together(2);
    std::counting_semaphore<2> units(0);
    std::barrier meeting(2);
    std::promise<int> promised;
    auto five = promised.get_future();
    std::once_flag flag;
    std::atomic<int> calls = 0;
    std::shared_mutex shared;
    int value = 0;
    std::jthread other([&](const std::stop_token& stop) {
        together.count_down();
        units.acquire();
        meeting.arrive_and_wait();
        std::call_once(flag, [&] { ++calls; });
        {
            const std::unique_lock lock(shared);
            ++value;
        }
        promised.set_value(5);
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait(lock, stop, [] { return false; });
    });
    together.arrive_and_wait();
    units.release();
    meeting.arrive_and_wait();
    std::call_once(flag, [&] { ++calls; });
    {
        const std::shared_lock lock(shared);
        EXPLORE_REQUIRE(value <= 1);
    }
    EXPLORE_REQUIRE(five.get() == 5);
    other.request_stop();
    other.join();
    EXPLORE_REQUIRE(calls == 1);
}

void zoo()
{
    expect_pass(search(everything_at_once));
}

void tasks()
{
    expect_pass(search([] {
        auto three = std::async(std::launch::async, [] { return 3; });
        std::packaged_task<int(int)> twice([](int number) { return 2 * number; });
        auto six = twice.get_future();
        std::thread worker([&] { twice(3); });
        EXPLORE_REQUIRE(three.get() == 3);
        EXPLORE_REQUIRE(six.get() == 6);
        worker.join();
        auto lost = std::async(std::launch::async, []() -> int { throw std::out_of_range("no"); });
        bool caught = false;
        try {
            lost.get();
        } catch (const std::out_of_range&) {
            caught = true;
        }
        EXPLORE_REQUIRE(caught);
    }));
}

void atomic_wait()
{
    expect_pass(search([] {
        std::atomic<int> stage = 0;
        std::atomic_flag done;
        std::thread other([&] {
            stage.wait(0);
            stage = 2;
            stage.notify_one();
            done.test_and_set();
            done.notify_all();
        });
        stage = 1;
        stage.notify_one();
        done.wait(false);
        EXPLORE_REQUIRE(stage == 2);
        other.join();
    }));
}

void locks()
{
    expect_pass(search([] {
        std::recursive_mutex again;
        std::timed_mutex timed;
        std::shared_timed_mutex shared;
        std::recursive_timed_mutex both;
        int count = 0;
        const auto use = [&] {
            const std::lock_guard outer(again);
            const std::lock_guard inner(again);
            const std::unique_lock<std::timed_mutex> lock(timed, 1h);
            EXPLORE_REQUIRE(lock.owns_lock());
            EXPLORE_REQUIRE(both.try_lock_for(1h));
            EXPLORE_REQUIRE(shared.try_lock_for(1h));
            ++count;
            shared.unlock();
            EXPLORE_REQUIRE(shared.try_lock_shared_for(1h));
            shared.unlock_shared();
            both.unlock();
        };
        std::thread first(use);
        std::thread second(use);
        first.join();
        second.join();
        EXPLORE_REQUIRE(count == 2);
    }));
}

std::atomic<int> destroyed = 0;

struct counts_its_end {
    int value = 7;
    ~counts_its_end() { ++destroyed; }
};

thread_local counts_its_end own;

void thread_locals()
{
    expect_pass(search([] {
        destroyed = 0;
        const auto use = [] {
            EXPLORE_REQUIRE(own.value == 7); // fresh in each thread, also when threads are reused
            own.value = 8;
        };
        std::thread first(use);
        std::thread second(use);
        use();
        first.join();
        second.join();
        EXPLORE_REQUIRE(destroyed == 2);
    }));
}

// ---- what belongs to a thread, whatever carries it (see engine.hpp). Each of these gives the turn
// to others in between.

std::atomic<int> turns_given = 0; // what all of them touch: else their order would not matter

void give_turn()
{
    ++turns_given;
    std::this_thread::yield();
    ++turns_given;
}

// Lets three threads do it at the same time, T0 one of them.
template <class Deed>
void by_three(Deed deed)
{
    std::thread first([&] { deed(1); });
    std::thread second([&] { deed(2); });
    deed(3);
    first.join();
    second.join();
}

// A pass, by contexts.
void pass_as_contexts(void (*body)())
{
    const result got = search(body);
    expect_pass(got);
    expect(!got.real_threads, "there is no need for threads of the kernel's");
    options real;
    real.real_threads = true;
    expect_pass(search(body, real));
}

thread_local int number = 5;
thread_local std::array<int, 300> zeros;

[[gnu::noinline]] void keep_on_the_stack(std::uint64_t value)
{
    std::uint64_t kept[32];
    kept[16] = value;
    asm volatile("" : : "r"(kept) : "memory");
}

// As the C library's functions do, where nothing tells of it.
[[gnu::noinline, gnu::no_sanitize("thread")]] void leave_addresses_on_the_stack()
{
    const int* volatile addresses[64];
    for (auto& one : addresses) {
        one = &number;
    }
}

void variables_of_threads()
{
    pass_as_contexts([] {
        by_three([](int mine) {
            EXPLORE_REQUIRE(number == 5 && zeros[299] == 0);
            number = mine;
            zeros[299] = mine;
            give_turn();
            EXPLORE_REQUIRE(number == mine && zeros[299] == mine);
        });
    });
    // What lies where a function kept its variables is not what that function stored.
    pass_as_contexts([] {
        by_three([](int mine) {
            keep_on_the_stack(mine);
            leave_addresses_on_the_stack();
            give_turn();
        });
    });
    // A race for such a variable can be there only if somebody has its address.
    const result got = search([] {
        int* published = &number;
        std::thread other([&] { ++*published; });
        other.join();
        EXPLORE_REQUIRE(number == 6);
    });
    expect_pass(got);
    expect(got.real_threads, "another thread's variable was used");
    expect_failure(search([] {
                       int* published = &number;
                       std::thread([&] { ++*published; }).join();
                       EXPLORE_REQUIRE(number == 5);
                   }),
                   "wrong result", "number == 5");
    expect_failure(search([] {
                       std::atomic<int*> published = nullptr;
                       std::atomic<bool> looked_at = false;
                       std::thread other([&] {
                           published = &number;
                           looked_at.wait(false);
                       });
                       number = 7;
                       while (published == nullptr) {
                       }
                       EXPLORE_REQUIRE(*published == 5);
                       EXPLORE_REQUIRE(*published == 7);
                   }),
                   "wrong result", "*published == 7");
}

void errno_of_threads()
{
    pass_as_contexts([] {
        by_three([](int mine) {
            EXPLORE_REQUIRE(mine == 3 || errno == 0);
            errno = mine;
            give_turn();
            EXPLORE_REQUIRE(errno == mine);
        });
    });
}

struct gives_turn_at_its_end {
    ~gives_turn_at_its_end()
    {
        EXPLORE_REQUIRE(std::uncaught_exceptions() == 1);
        give_turn();
        EXPLORE_REQUIRE(std::uncaught_exceptions() == 1);
    }
};

void exceptions_of_threads()
{
    pass_as_contexts([] {
        by_three([](int mine) {
            EXPLORE_REQUIRE(std::uncaught_exceptions() == 0 && !std::current_exception());
            try {
                const gives_turn_at_its_end local;
                throw mine;
            } catch (int) {
                give_turn();
                try {
                    throw std::to_string(mine);
                } catch (const std::string& inner) {
                    give_turn();
                    EXPLORE_REQUIRE(inner == std::to_string(mine));
                }
                try {
                    throw;
                } catch (int outer) {
                    EXPLORE_REQUIRE(outer == mine);
                }
                const std::exception_ptr kept = std::current_exception();
                give_turn();
                try {
                    std::rethrow_exception(kept);
                } catch (int again) {
                    EXPLORE_REQUIRE(again == mine);
                }
            }
            EXPLORE_REQUIRE(std::uncaught_exceptions() == 0 && !std::current_exception());
        });
    });
}

void rounding_of_threads()
{
    pass_as_contexts([] {
        by_three([](int mine) {
            EXPLORE_REQUIRE(std::fegetround() == FE_TONEAREST);
            const int ways[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
            std::fesetround(ways[mine]);
            give_turn();
            EXPLORE_REQUIRE(std::fegetround() == ways[mine]);
            volatile double three = 3;
            volatile const bool up = 1 / three * three > 1; // SSE's own control word decides
            EXPLORE_REQUIRE(up == (ways[mine] == FE_UPWARD));
            std::fesetround(FE_TONEAREST);
        });
    });
}

void names_of_threads()
{
    pass_as_contexts([] {
        std::array<std::thread::id, 4> ids;
        by_three([&](int mine) {
            const auto at = static_cast<std::size_t>(mine);
            ids[at] = std::this_thread::get_id();
            EXPLORE_REQUIRE(pthread_self() != pthread_t{});
            give_turn();
            EXPLORE_REQUIRE(std::this_thread::get_id() == ids[at]);
        });
        EXPLORE_REQUIRE(ids[1] != ids[2] && ids[2] != ids[3] && ids[3] != ids[1]);
        std::thread other([&] { ids[0] = std::this_thread::get_id(); });
        const std::thread::id known = other.get_id();
        other.join();
        EXPLORE_REQUIRE(ids[0] == known);
    });
}

pthread_key_t key_of_threads;
int keys_ended = 0;

void keys()
{
    pass_as_contexts([] {
        keys_ended = 0;
        pthread_key_create(&key_of_threads, [](void* value) {
            keys_ended += *static_cast<int*>(value);
            EXPLORE_REQUIRE(pthread_getspecific(key_of_threads) == nullptr);
        });
        int values[] = {0, 1, 2};
        const auto use = [&](int mine) {
            EXPLORE_REQUIRE(pthread_getspecific(key_of_threads) == nullptr);
            pthread_setspecific(key_of_threads, &values[mine]);
            give_turn();
            EXPLORE_REQUIRE(pthread_getspecific(key_of_threads) == &values[mine]);
        };
        std::thread([&] { use(1); }).join();
        std::thread([&] { use(2); }).join();
        EXPLORE_REQUIRE(keys_ended == 3);
        EXPLORE_REQUIRE(pthread_key_delete(key_of_threads) == 0);
    });
}

std::jmp_buf back;

// Stacks of the judged code's own making, and jumps within one.
void stacks_of_its_own()
{
    pass_as_contexts([] {
        by_three([](int mine) {
            static thread_local ucontext_t home;
            static thread_local ucontext_t there;
            static thread_local int seen;
            std::vector<char> stack(64 * 1024);
            getcontext(&there);
            there.uc_stack.ss_sp = stack.data();
            there.uc_stack.ss_size = stack.size();
            there.uc_link = &home;
            makecontext(
                &there,
                +[] {
                    give_turn();
                    seen = number;
                    swapcontext(&there, &home);
                    give_turn();
                    try {
                        throw number;
                    } catch (int caught) {
                        seen += caught;
                    }
                },
                0);
            number = mine;
            swapcontext(&home, &there);
            EXPLORE_REQUIRE(seen == mine);
            give_turn();
            swapcontext(&home, &there);
            EXPLORE_REQUIRE(seen == 2 * mine);
        });
    });
    pass_as_contexts([] {
        in_a_thread([] {
            volatile int jumps = 0;
            if (setjmp(back) < 3) {
                give_turn();
                jumps = jumps + 1;
                std::longjmp(back, jumps);
            }
            EXPLORE_REQUIRE(jumps == 3);
        });
    });
}

// What walks up a stack comes to its end.
void end_of_stack()
{
    pass_as_contexts([] {
        by_three([](int) {
            std::array<void*, 100> frames;
            give_turn();
            const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
            EXPLORE_REQUIRE(count > 3 && count < 100);
        });
    });
}

int kernels_number()
{
    return static_cast<int>(syscall(SYS_gettid));
}

int tasks_of_this_process()
{
    return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                          std::filesystem::directory_iterator()));
}

// Does it in two threads at a time, of which each has a number to be told apart by.
template <int (*Number)()>
void has_a_number_of_its_own()
{
    std::atomic<int> first = 0;
    std::thread one([&] { first = Number(); });
    std::thread other([&] {
        const int mine = Number();
        EXPLORE_REQUIRE(first != mine);
    });
    one.join();
    other.join();
}

// What the kernel knows of a thread is asked of threads of the kernel's.
void threads_of_the_kernels()
{
    constexpr void (*bodies[])() = {
        has_a_number_of_its_own<gettid>,
        has_a_number_of_its_own<kernels_number>,
        [] { in_a_thread([] { EXPLORE_REQUIRE(tasks_of_this_process() >= 2); }); },
        [] {
            in_a_thread([] {
                pthread_attr_t about;
                void* lowest = nullptr;
                std::size_t size = 0;
                EXPLORE_REQUIRE(pthread_getattr_np(pthread_self(), &about) == 0);
                EXPLORE_REQUIRE(pthread_attr_getstack(&about, &lowest, &size) == 0);
                const char* here = reinterpret_cast<char*>(&about);
                EXPLORE_REQUIRE(here > lowest && here < static_cast<char*>(lowest) + size);
                pthread_attr_destroy(&about);
            });
        },
        [] {
            by_three([](int mine) {
                std::array<char, 16> name{};
                pthread_setname_np(pthread_self(), std::to_string(mine).c_str());
                give_turn();
                pthread_getname_np(pthread_self(), name.data(), name.size());
                EXPLORE_REQUIRE(std::to_string(mine) == name.data());
            });
        },
        [] {
            by_three([](int mine) {
                sigset_t mask;
                sigemptyset(&mask);
                sigaddset(&mask, mine);
                pthread_sigmask(SIG_BLOCK, &mask, nullptr);
                give_turn();
                sigset_t before;
                pthread_sigmask(SIG_UNBLOCK, &mask, &before);
                EXPLORE_REQUIRE(sigismember(&before, mine) == 1);
                EXPLORE_REQUIRE(sigismember(&before, mine % 3 + 1) == 0);
            });
        },
        [] {
            in_a_thread([] {
                stack_t none{};
                none.ss_flags = SS_DISABLE;
                EXPLORE_REQUIRE(sigaltstack(&none, nullptr) == 0);
            });
        },
        [] {
            in_a_thread([] { flockfile(stdout); });
            in_a_thread([] { funlockfile(stdout); });
        },
    };
    options few;
    few.schedules = 20;
    for (const auto body : bodies) {
        const result got = search(body, few);
        expect_pass(got);
        expect(got.real_threads, "contexts were taken for threads of the kernel's");
    }
    expect_failure(search([] { in_a_thread([] { EXPLORE_REQUIRE(gettid() == 0); }); }),
                   "wrong result", "gettid() == 0");
}

// The kernel's number of the calling thread, by no call that anybody could notice.
long number_behind_the_back()
{
    long number = SYS_gettid;
    asm volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
    return number;
}

// What only contexts show is nothing: threads of the kernel's have the last word.
void second_opinion()
{
    const result got = search([] {
        const long mine = number_behind_the_back();
        std::thread([=] { EXPLORE_REQUIRE(number_behind_the_back() != mine); }).join();
    });
    expect_pass(got);
    expect(got.real_threads, "the pass was given by contexts");
    const auto fails_anyhow = [] {
        const long mine = number_behind_the_back();
        std::thread([=] { EXPLORE_REQUIRE(number_behind_the_back() == mine); }).join();
    };
    options real;
    real.real_threads = true;
    const result found = search(fails_anyhow, real);
    expect_failure(found, "wrong result");
    const std::string line = "0" + found.replay.substr(found.replay.find(':'));
    const with_environment set("WORKBOOK_REPLAY", line.c_str());
    expect_failure(search(fails_anyhow), "wrong result"); // with contexts it does not come
}

int initializations = 0;

int local_static()
{
    static const int value = ++initializations;
    return value;
}

void statics()
{
    options each_alone;
    each_alone.isolate = true;
    each_alone.schedules = 100;
    expect_pass(search(
        [] {
            EXPLORE_REQUIRE(initializations == 0);
            std::thread first([] { EXPLORE_REQUIRE(local_static() == 1); });
            std::thread second([] { EXPLORE_REQUIRE(local_static() == 1); });
            first.join();
            second.join();
        },
        each_alone));
}

std::vector<int>& kept()
{
    static std::vector<int> all;
    return all;
}

// A schedule's memory is used again by the next one, but not what a static holds or what leaks.
void memory()
{
    expect_pass(search([] {
        std::thread other([] {
            const auto many = std::make_unique<std::array<int, 1000>>();
            many->fill(-1);
        });
        std::vector<int>& all = kept();
        for (const int one : all) {
            EXPLORE_REQUIRE(one == 7);
        }
        all.push_back(7);
        new int(-1); // leaks
        other.join();

        struct alignas(256) wide {
            char bytes[300];
        };
        const auto aligned = std::make_unique<wide>();
        EXPLORE_REQUIRE(reinterpret_cast<std::uintptr_t>(aligned.get()) % 256 == 0);
        auto* zeros = static_cast<int*>(std::calloc(100, sizeof(int)));
        EXPLORE_REQUIRE(std::all_of(zeros, zeros + 100, [](int one) { return one == 0; }));
        zeros[99] = 5;
        zeros = static_cast<int*>(std::realloc(zeros, 1000 * sizeof(int)));
        EXPLORE_REQUIRE(zeros[99] == 5);
        std::free(zeros);
        kept().shrink_to_fit();
    }));
    expect_failure(search([] {
                       const std::unique_ptr<int> never_written(new int);
                       const bool seven = *never_written == 7;
                       *never_written = 7;
                       std::thread([] {}).join();
                       EXPLORE_REQUIRE(seven);
                   }),
                   "wrong result");
    expect_failure(search([] {
                       void* volatile given = std::malloc(10);
                       std::free(given);
                       std::free(given);
                   }),
                   "use after free", "a second time");
    expect_failure(search([] { std::vector<char> all(100'000'000); }), "too big",
                   "allocates more than");
}

void many_threads()
{
    options few;
    few.schedules = 20;
    const auto start = [](int count) {
        std::atomic<int> done = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&] { ++done; });
        }
        for (std::thread& one : threads) {
            one.join();
        }
        EXPLORE_REQUIRE(done == count);
    };
    expect_pass(search([&] { start(31); }, few));
    expect_failure(search([&] { start(32); }, few), "too big", "more than 32 threads");
}

struct refused {
    std::vector<int> codes;
};

// Two threads hold the same exception; the last one to let go destroys it.
void exceptions_between_threads()
{
    expect_pass(search([] {
        std::exception_ptr failure = std::make_exception_ptr(refused{{7}});
        const auto look = [](std::exception_ptr mine) {
            try {
                std::rethrow_exception(std::move(mine));
            } catch (const refused& error) {
                EXPLORE_REQUIRE(error.codes.at(0) == 7);
            }
        };
        std::thread first(look, failure);
        std::thread second(look, failure);
        failure = nullptr;
        first.join();
        second.join();
        auto lost = std::async(std::launch::async, []() -> int { throw refused{{7}}; });
        try {
            lost.get();
            EXPLORE_REQUIRE(false);
        } catch (const refused& error) {
            EXPLORE_REQUIRE(error.codes.at(0) == 7);
        }
    }));
}

struct point {
    int x = 0;
    int y = 0;
    int z = 0;

    bool operator==(const point&) const = default;
};

// Twelve bytes: the compiler calls libatomic.
void large_atomics()
{
    expect_pass(search([] {
        std::atomic<point> place = point{};
        std::string published;
        std::thread other([&] {
            published = "before";
            place = point{1, 2, 3};
        });
        while (place.load() != point{1, 2, 3}) {
        }
        EXPLORE_REQUIRE(published == "before");
        other.join();
    }));
    expect_pass(search([] {
        std::atomic<point> place = point{};
        const auto go = [&] {
            point before = place.load();
            while (!place.compare_exchange_weak(before,
                                                point{before.x + 1, before.y + 2, before.z + 3})) {
            }
        };
        std::thread first(go);
        std::thread second(go);
        first.join();
        second.join();
        EXPLORE_REQUIRE(place.load() == (point{2, 4, 6}));
        EXPLORE_REQUIRE(place.exchange(point{1, 1, 1}).z == 6);
        place = point{};
    }));
    expect_failure(search([] {
                       std::atomic<point> place = point{};
                       const auto go = [&] {
                           const point before = place.load();
                           place.store({before.x + 1, 0, 0});
                       };
                       std::thread first(go);
                       std::thread second(go);
                       first.join();
                       second.join();
                       EXPLORE_REQUIRE(place.load().x == 2);
                   }),
                   "wrong result");
}

void large_locals()
{
    expect_pass(search([] {
        in_a_thread([] {
            std::array<char, 3'000'000> large;
            large.front() = 'a';
            large.back() = 'z';
            EXPLORE_REQUIRE(large.front() < large.back());
        });
    }));
}

// ---- asking again and again: whoever does so must not keep the others, nor time, from going on

struct asks_an_atomic {
    bool is_over() { return over; }
    void end() { over = true; }
    std::atomic<bool> over = false;
};

struct yields {
    bool is_over()
    {
        std::this_thread::yield();
        return over;
    }
    void end() { over = true; }
    std::atomic<bool> over = false;
};

struct counts_its_rounds {
    bool is_over()
    {
        ++rounds;
        return over;
    }
    void end() { over = true; }
    std::atomic<int> rounds = 0;
    std::atomic<bool> over = false;
};

struct locks_a_mutex {
    bool is_over()
    {
        const std::lock_guard lock(mutex);
        return over;
    }
    void end()
    {
        const std::lock_guard lock(mutex);
        over = true;
    }
    std::mutex mutex;
    bool over = false; // guarded by mutex
};

struct locks_shared {
    bool is_over()
    {
        const std::shared_lock lock(mutex);
        return over;
    }
    void end()
    {
        const std::lock_guard lock(mutex);
        over = true;
    }
    std::shared_mutex mutex;
    bool over = false; // guarded by mutex
};

struct tries_to_lock {
    tries_to_lock() { mutex.lock(); }
    bool is_over()
    {
        const std::unique_lock lock(mutex, std::try_to_lock);
        return lock.owns_lock();
    }
    void end() { mutex.unlock(); }
    std::mutex mutex; // held until the end
};

struct tries_to_acquire {
    bool is_over() { return units.try_acquire(); }
    void end() { units.release(2); }
    std::counting_semaphore<2> units{0};
};

struct waits_for_no_time {
    bool is_over() { return ended.wait_for(0s) == std::future_status::ready; }
    void end() { promised.set_value(); }
    std::promise<void> promised;
    std::shared_future<void> ended = promised.get_future().share();
};

struct asks_a_stop_source {
    bool is_over() { return source.stop_requested(); }
    void end() { source.request_stop(); }
    std::stop_source source;
};

enum class ending { at_once, after_a_sleep };

template <class Way, ending When>
void asked_by_two()
{
    Way way; // locked by this thread, perhaps: it is the one that ends it
    const auto ask = [&] {
        while (!way.is_over()) {
        }
    };
    std::thread first(ask);
    std::thread second(ask);
    if constexpr (When == ending::after_a_sleep) {
        std::this_thread::sleep_for(5ms);
    }
    way.end();
    first.join();
    second.join();
}

template <class... Ways>
void pass_all()
{
    (expect_pass(search(asked_by_two<Ways, ending::at_once>)), ...);
    (expect_pass(search(asked_by_two<Ways, ending::after_a_sleep>)), ...);
}

void polling()
{
    pass_all<asks_an_atomic, yields, counts_its_rounds, locks_a_mutex, locks_shared, tries_to_lock,
             tries_to_acquire, waits_for_no_time, asks_a_stop_source>();
}

class flag_lock {
public:
    void lock()
    {
        while (taken_.test_and_set()) {
        }
    }
    void unlock() { taken_.clear(); }

private:
    std::atomic_flag taken_;
};

class ticket_lock {
public:
    void lock()
    {
        for (const int mine = next_++; served_ != mine;) {
        }
    }
    void unlock() { ++served_; }

private:
    std::atomic<int> next_ = 0;
    std::atomic<int> served_ = 0;
};

template <class Lock>
void counted_by_three()
{
    Lock lock;
    int count = 0; // guarded by lock
    const auto add = [&] {
        const std::lock_guard locked(lock);
        std::this_thread::sleep_for(1ms);
        ++count;
    };
    std::array<std::thread, 3> threads;
    for (std::thread& one : threads) {
        one = std::thread(add);
    }
    for (std::thread& one : threads) {
        one.join();
    }
    EXPLORE_REQUIRE(count == 3);
}

void spinning_locks()
{
    expect_pass(search(counted_by_three<flag_lock>));
    expect_pass(search(counted_by_three<ticket_lock>));
}

// ---- time

void virtual_time()
{
    const auto start = std::chrono::steady_clock::now();
    options few;
    few.schedules = 50;
    expect_pass(search(
        [] {
            using clock = std::chrono::steady_clock;
            const auto begin = clock::now();
            std::mutex mutex;
            std::condition_variable never;
            std::unique_lock lock(mutex);
            EXPLORE_REQUIRE(!never.wait_for(lock, 10h, [] { return false; }));
            EXPLORE_REQUIRE(clock::now() - begin >= 10h);
            EXPLORE_REQUIRE(clock::now() - begin < 11h);
            std::this_thread::sleep_for(1h);
            sleep(3600);
            usleep(900'000);
            timespec hour{3600, 0};
            nanosleep(&hour, nullptr);
            const auto until = std::chrono::system_clock::now() + 1h;
            std::this_thread::sleep_until(until);
            EXPLORE_REQUIRE(std::chrono::system_clock::now() >= until);
            const auto deadline = clock::now() + 5ms;
            while (clock::now() < deadline) { // spinning on the clock makes it move
            }
            std::promise<void> promised;
            EXPLORE_REQUIRE(promised.get_future().wait_for(1h) == std::future_status::timeout);
            std::binary_semaphore none(0);
            EXPLORE_REQUIRE(!none.try_acquire_for(1h));
        },
        few));
    expect(std::chrono::steady_clock::now() - start < 10s, "virtual hours took real time");
}

void computations()
{
    expect_pass(search([] {
        using clock = std::chrono::steady_clock;
        std::mutex mutex;
        std::jthread other([&] {
            const std::lock_guard lock(mutex);
            explorer::compute(1h);
        });
        const clock::time_point begin = clock::now();
        explorer::compute(3h);
        const clock::duration took = clock::now() - begin; // a look at the clock moves it as well
        EXPLORE_REQUIRE(took >= 3h && took < 3h + 1s);
        EXPLORE_REQUIRE(mutex.try_lock()); // the other one is done, whoever began
        mutex.unlock();
    }));
    bool refused = false;
    try {
        explorer::compute(1ms);
    } catch (const std::logic_error&) {
        refused = true;
    }
    expect(refused, "a computation outside a body was not refused");

    explorer::in_this_process = true;
    const result free = search([] { explorer::compute(24h); });
    explorer::in_this_process = false;
    expect_pass(free);
}

void order_of_sleepers()
{
    expect_pass(search([] {
        std::atomic<int> last = 0;
        std::thread late([&] {
            std::this_thread::sleep_for(20ms);
            last = 2;
        });
        std::thread early([&] {
            std::this_thread::sleep_for(10ms);
            last = 1;
        });
        late.join();
        early.join();
        EXPLORE_REQUIRE(last == 2);
    }));
}

void eager_time()
{
    const auto body = [] {
        std::atomic<bool> done = false;
        std::thread other([&] { done = true; });
        std::this_thread::sleep_for(10ms);
        EXPLORE_REQUIRE(done);
        other.join();
    };
    expect_pass(search(body));
    options eager;
    eager.eager_time = true;
    expect_failure(search(body, eager), "wrong result");
}

// ---- kinds of failure

void wrong_result()
{
    expect_failure(search([] { in_a_thread([] { EXPLORE_REQUIRE(1 + 1 == 3); }); }), "wrong result",
                   "EXPLORE_REQUIRE( 1 + 1 == 3 )");
}

int plain = 0;

void plain_points()
{
    const auto body = [] {
        plain = 0;
        const auto add = [] {
            const int read = plain;
            plain = read + 1;
        };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
        EXPLORE_REQUIRE(plain == 2);
    };
    expect_failure(search(body), "data race", "plain");
    options no_races;
    no_races.races = false;
    expect_pass(search(body, no_races));
    no_races.plain_points = true;
    expect_failure(search(body, no_races), "wrong result", "write plain = 1");
}

void uncaught_exception()
{
    expect_failure(search([] { in_a_thread([] { throw std::runtime_error("boom"); }); }),
                   "std::terminate", "std::runtime_error(\"boom\")");
    expect_failure(search([] { throw std::runtime_error("from the body"); }), "std::terminate",
                   "from the body");
}

void crashes()
{
    expect_failure(search([] {
                       in_a_thread([] {
                           volatile int* nowhere = nullptr;
                           *nowhere = 1;
                       });
                   }),
                   "crash", "in T1");
    expect_failure(search([] { in_a_thread([] { std::abort(); }); }), "crash", "T1 called abort()");
    expect_failure(search([] { std::_Exit(3); }), "crash", "exit status 3");
}

volatile bool deep_enough = false;

int descend(int depth)
{
    volatile int here = depth;
    return deep_enough ? here : descend(depth + 1) + here;
}

void stack_overflow()
{
    expect_failure(search([] { in_a_thread([] { descend(0); }); }), "crash", "ran out of stack");
}

void livelock()
{
    expect_failure(search([] {
                       std::atomic<bool> never = false;
                       std::thread other([&] {
                           while (!never) {
                               std::this_thread::yield();
                           }
                       });
                       other.join();
                   }),
                   "livelock", "never");
}

void deadlock_with_oneself()
{
    expect_failure(search([] {
                       std::mutex mutex;
                       mutex.lock();
                       mutex.lock();
                   }),
                   "deadlock", "holds already");
}

void wrong_unlock()
{
    expect_failure(search([] {
                       std::mutex mutex;
                       mutex.lock();
                       std::thread([&] { mutex.unlock(); }).join();
                   }),
                   "misuse", "does not hold");
}

void shared_twice()
{
    expect_failure(search([] {
                       std::shared_mutex mutex;
                       const std::shared_lock outer(mutex);
                       const std::shared_lock inner(mutex);
                   }),
                   "misuse", "holds already");
    expect_failure(search([] {
                       std::shared_mutex mutex;
                       const std::shared_lock mine(mutex);
                       std::thread([&] { mutex.unlock_shared(); }).join();
                   }),
                   "misuse", "does not hold");
}

void stuck()
{
    expect_failure(search([] {
                       in_a_thread([] {
                           for (;;) { // as an optimizer leaves "while (!stop)" on a plain bool
                               asm volatile("");
                           }
                       });
                   }),
                   "stuck", "T1");
    expect_failure(search([] {
                       in_a_thread([] {
                           sigset_t none;
                           sigemptyset(&none);
                           const timespec long_time{1000, 0};
                           sigtimedwait(&none, nullptr, &long_time);
                       });
                   }),
                   "stuck", "T1");
}

void unfinished()
{
    const auto body = [] {
        std::thread worker([] { todo("start the workers"); });
        worker.join();
    };
    char page[todo_page_size] = "";
    char* const before = todo_page;
    todo_page = page;
    const result got = search(body);
    todo_page = before;
    expect_failure(got, "todo", "start the workers");
    expect(std::string(page).find("start the workers") != std::string::npos,
           "the supervisor's page did not get the TODO");
    expect_failure(search([] {
                       try {
                           todo("caught and dropped");
                       } catch (const todo_error&) { // as an answer's catch (...) might
                       }
                   }),
                   "todo", "caught and dropped");
}

// ---- outside the model

void outside_calls()
{
    static int ends[2];
    expect(pipe(ends) == 0, "pipe");
    const std::pair<const char*, void (*)()> calls[] = {
        {"socket", [] { socket(AF_INET, SOCK_DGRAM, 0); }},
        {"connect", [] { connect(ends[0], nullptr, 0); }},
        {"send",
         [] {
             char byte = 0;
             send(ends[1], &byte, 1, 0);
         }},
        {"poll",
         [] {
             pollfd one = {ends[0], POLLIN, 0};
             poll(&one, 1, -1);
         }},
        {"sendmmsg", [] { sendmmsg(-1, nullptr, 0, 0); }},
        {"kill", [] { kill(getpid(), SIGTERM); }},
        {"pthread_kill", [] { pthread_kill(pthread_self(), SIGTERM); }},
        {"pthread_exit", [] { pthread_exit(nullptr); }},
        {"posix_spawnp",
         [] {
             char* none[] = {nullptr};
             posix_spawnp(nullptr, "true", nullptr, nullptr, none, none);
         }},
        {"fork", [] { fork(); }},
        {"waitpid", [] { waitpid(-1, nullptr, 0); }},
        {"read",
         [] {
             char byte;
             [[maybe_unused]] const auto got = read(ends[0], &byte, 1);
         }},
    };
    for (const auto& [name, call] : calls) {
        const result got = search([call = call] { std::thread(call).join(); });
        expect_failure(got, "misuse", std::string("T1 calls ") + name + "()");
    }
    close(ends[0]);
    close(ends[1]);
}

void files_and_output()
{
    options few;
    few.schedules = 3;
    expect_pass(search(
        [] {
            std::thread other([] {
                std::ifstream in("/proc/self/status");
                std::string line;
                EXPLORE_REQUIRE(static_cast<bool>(std::getline(in, line)));
                std::printf("%s", ""); // goes through the C library's locks
                std::fflush(stdout);
                EXPLORE_REQUIRE(write(STDOUT_FILENO, "", 0) == 0);
            });
            other.join();
        },
        few));
}

// ---- a kernel of its own

sockaddr_in a_listener(int& listener)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    EXPLORE_REQUIRE(bind(listener, generic, size) == 0 && listen(listener, 5) == 0);
    EXPLORE_REQUIRE(getsockname(listener, generic, &size) == 0);
    return address;
}

// Time-outs are virtual: hours, and no time goes by.
void network_time()
{
    const auto begin = std::chrono::steady_clock::now();
    expect_pass(search([] {
        using clock = std::chrono::steady_clock;
        const auto start = clock::now();
        int ends[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        pollfd one = {ends[0], POLLIN, 0};
        EXPLORE_REQUIRE(poll(&one, 1, 3'600'000) == 0);
        EXPLORE_REQUIRE(clock::now() - start >= 1h);
        const timeval limit = {3600, 0};
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        char byte = 0;
        EXPLORE_REQUIRE(recv(ends[0], &byte, 1, 0) == -1 && errno == EAGAIN);
        EXPLORE_REQUIRE(clock::now() - start >= 2h);
        const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
        const itimerspec in_an_hour = {{}, {3600, 0}};
        timerfd_settime(timer, 0, &in_an_hour, nullptr);
        const int loop = epoll_create1(0);
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        epoll_ctl(loop, EPOLL_CTL_ADD, timer, &wanted);
        std::thread waiter([&] {
            epoll_event told{};
            EXPLORE_REQUIRE(epoll_wait(loop, &told, 1, -1) == 1);
            EXPLORE_REQUIRE(clock::now() - start >= 3h);
        });
        waiter.join();
    }));
    expect(std::chrono::steady_clock::now() - begin < 1h, "real time went by");
}

// What is sent orders what was done before with what is done after it was received; nothing else
// does, and the bytes themselves are memory like any other.
void network_orders_memory()
{
    expect_pass(search([] {
        int ends[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        int shared = 0;
        std::thread other([&] {
            shared = 1;
            EXPLORE_REQUIRE(write(ends[0], "x", 1) == 1);
        });
        char byte = 0;
        EXPLORE_REQUIRE(read(ends[1], &byte, 1) == 1 && shared == 1);
        other.join();
    }));
    expect_failure(search([] {
                       int ends[2];
                       EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
                       int shared = 0;
                       std::thread other([&] {
                           EXPLORE_REQUIRE(write(ends[0], "x", 1) == 1);
                           shared = 1;
                       });
                       char byte = 0;
                       EXPLORE_REQUIRE(read(ends[1], &byte, 1) == 1 && shared < 2);
                       other.join();
                   }),
                   "data race", "shared");
    expect_failure(search([] {
                       int ends[2];
                       EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
                       char text = 'a';
                       std::thread other([&] { write(ends[0], &text, 1); });
                       text = 'b';
                       other.join();
                   }),
                   "data race", "text");
}

void network_failures()
{
    expect_failure(search([] {
                       int ends[2];
                       EXPLORE_REQUIRE(pipe(ends) == 0);
                       close(ends[0]);
                       write(ends[1], "x", 1);
                   }),
                   "crash", "SIGPIPE");
    expect_failure(search([] {
                       int listener = -1;
                       a_listener(listener);
                       std::thread other([=] { accept(listener, nullptr, nullptr); });
                       other.join();
                   }),
                   "deadlock", "waits in accept(");
}

// The course's own server and client, with threads that are stopped as it stops them.
void network_of_given_code()
{
    expect_pass(search([] {
        given::listener listener({});
        std::thread server([&] {
            while (auto client = listener.accept()) {
                client->send_all(client->receive(100, 1s) + "\n");
            }
        });
        for (const char* word : {"one", "two"}) {
            given::connection client = given::connect_to({"127.0.0.1", listener.port()});
            client.send_all(word);
            std::string heard;
            for (std::string more; !(more = client.receive(100, 1s)).empty();) {
                heard += more;
            }
            EXPLORE_REQUIRE(heard == std::string(word) + "\n");
        }
        listener.cancel();
        server.join();
    }));
}

// A world begins anew with each schedule, and what is sent comes whole and in order.
void network_is_new_each_time()
{
    expect_pass(search([] {
        int listener = -1;
        const sockaddr_in address = a_listener(listener);
        EXPLORE_REQUIRE(listener == 500 && ntohs(address.sin_port) == 40000);
        std::thread client([&] {
            const int mine = socket(AF_INET, SOCK_STREAM, 0);
            EXPLORE_REQUIRE(
                connect(mine, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
            const std::string much(20000, 'a');
            EXPLORE_REQUIRE(send(mine, much.data(), much.size(), 0) == 20000);
            close(mine);
        });
        const int server = accept(listener, nullptr, nullptr);
        std::string heard(20001, '\0');
        EXPLORE_REQUIRE(recv(server, heard.data(), heard.size(), MSG_WAITALL) == 20000);
        client.join(); // no descriptor is closed: they go with the schedule
    }));
}

// ---- outside explore(), the same binary

void free_running()
{
    std::atomic<int> count = 0;
    std::mutex mutex;
    int locked = 0;
    std::vector<std::jthread> threads;
    std::latch start(4);
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int k = 0; k < 10000; ++k) {
                ++count;
                const std::lock_guard lock(mutex);
                ++locked;
            }
        });
    }
    threads.clear();
    expect(count == 40000 && locked == 40000, "free threads lost an update");
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const auto begin = std::chrono::steady_clock::now();
    never.wait_for(lock, 20ms, [] { return false; });
    std::this_thread::sleep_for(20ms);
    expect(std::chrono::steady_clock::now() - begin >= 40ms, "time is not real outside explore()");
    expect(std::async(std::launch::async, [] { return 3; }).get() == 3, "async");
}

void sockets_and_processes()
{
    int ends[2];
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    std::thread echo([&] {
        char byte = 0;
        if (recv(ends[1], &byte, 1, 0) == 1) {
            send(ends[1], &byte, 1, 0);
        }
    });
    char byte = 'x';
    expect(write(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'x', "echo");
    echo.join();
    close(ends[0]);
    close(ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        std::thread([] {}).join();
        _exit(4);
    }
    int status = 0;
    expect(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 4, "fork");
}

// ---- the search itself

void environment()
{
    const auto body = [] { in_a_thread([] {}); };
    for (const char* name :
         {"WORKBOOK_SCHEDULES", "WORKBOOK_SEED", "WORKBOOK_REPLAY", "WORKBOOK_EXPLORE_SECONDS"}) {
        for (const char* value :
             {"x", "0x", "-1", "1 2", "99999999999999999999", "1:0", "1:0:7y"}) {
            const with_environment set(name, value);
            expect_failure(search(body), "misuse", std::string(name) + ": '" + value + "' is not");
        }
    }
    const with_environment set("WORKBOOK_SCHEDULES", "77");
    const result got = search([] {
        std::atomic<int> number = 0;
        const auto add = [&] {
            for (int i = 0; i < 5; ++i) {
                ++number;
            }
        };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
    });
    expect_pass(got);
    expect(got.schedules == 77, "WORKBOOK_SCHEDULES=77 gave " + std::to_string(got.schedules));
}

std::atomic<int> unwound = 0; // by processes
struct counted_at_its_end {
    ~counted_at_its_end() { ++unwound; }
};

int live(explorer::process_body body, int channel)
{
    return body(channel);
}

// Starts a process with one end of a pair; the other one.
struct started {
    int channel;
    pid_t number;

    explicit started(explorer::process_body body)
    {
        int ends[2];
        EXPLORE_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        channel = ends[0];
        number = explorer::start_process(live, body, ends[1]);
        close(ends[1]);
    }
};

int leave_from_inside(int)
{
    const counted_at_its_end never;
    try {
        throw 1;
    } catch (int) {
        _exit(3);
    }
}

int read_for_ever(int channel)
{
    const counted_at_its_end never;
    char byte = 0;
    return static_cast<int>(read(channel, &byte, 1));
}

int write_to_nobody(int channel)
{
    while (write(channel, "a", 1) == 1) {
    }
    return 1;
}

// They end as Linux's do.
void processes()
{
    expect_pass(search([] {
        unwound = 0;
        const started plain([](int channel) { return channel == explorer::own_channel() ? 7 : 0; });
        const started leaving(leave_from_inside);
        const started named([](int) { return getpid() > 4'194'304 ? 0 : 1; });
        const explorer::process_end end = explorer::wait_for_process(plain.number);
        EXPLORE_REQUIRE(end.signal == 0 && end.status == 7);
        EXPLORE_REQUIRE(explorer::wait_for_process(leaving.number).status == 3);
        EXPLORE_REQUIRE(explorer::processes_left() == 1);
        EXPLORE_REQUIRE(explorer::wait_for_process(named.number).status == 0);
        EXPLORE_REQUIRE(unwound == 0 && explorer::processes_left() == 0);
        char byte = 0;
        EXPLORE_REQUIRE(recv(plain.channel, &byte, 1, 0) == 0); // closed at the end
    }));
    expect_pass(search([] {
        unwound = 0;
        const started waiting(read_for_ever); // killed before its first turn, or as it waits
        EXPLORE_REQUIRE(kill(waiting.number, 0) == 0);
        EXPLORE_REQUIRE(kill(waiting.number, SIGKILL) == 0);
        EXPLORE_REQUIRE(explorer::wait_for_process(waiting.number).signal == SIGKILL);
        EXPLORE_REQUIRE(unwound == 0);
        const started ended([](int) { return 0; });
        explorer::wait_for_process(ended.number);
        kill(ended.number, SIGKILL); // too late
        EXPLORE_REQUIRE(explorer::wait_for_process(ended.number).signal == 0);
        const started piping(write_to_nobody);
        close(piping.channel);
        EXPLORE_REQUIRE(explorer::wait_for_process(piping.number).signal == SIGPIPE);
    }));
    expect_failure(search([] {
                       const started waiting(read_for_ever);
                       explorer::wait_for_process(waiting.number);
                   }),
                   "deadlock");
    expect_failure(search([] { kill(getpid() + 1, SIGKILL); }), "misuse", "kill()");
}

void exhausted()
{
    const result got = search([] {
        std::atomic<int> number = 0;
        std::thread other([&] { number = 1; });
        number = 2;
        other.join();
    });
    expect_pass(got);
    expect(got.exhausted, "a tiny body was not exhausted:\n" + got.report);
    expect(got.report.starts_with("passed: all "), got.report);
}

void out_of_time()
{
    const with_environment set("WORKBOOK_EXPLORE_SECONDS", "1");
    options many;
    many.schedules = 1'000'000'000;
    const result got = search(
        [] {
            std::atomic<int> number = 0;
            const auto add = [&] {
                for (int i = 0; i < 20; ++i) {
                    ++number;
                }
            };
            std::thread first(add);
            std::thread second(add);
            first.join();
            second.join();
        },
        many);
    expect(got.out_of_time && !got.failed, "expected to run out of time:\n" + got.report);
    expect(got.report.find("ran out of time") != std::string::npos, got.report);
}

void replay_is_no_pass()
{
    const auto body = [] {
        std::atomic<int> number = 0;
        const auto add = [&] { number = number + 1; };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
        EXPLORE_REQUIRE(number == 2);
    };
    const result found = search(body);
    expect_failure(found, "wrong result");
    const std::string line = "0" + found.replay.substr(found.replay.find(':'));
    {
        const with_environment set("WORKBOOK_REPLAY", line.c_str());
        expect_failure(search(body), "wrong result");
    }
    const with_environment set("WORKBOOK_REPLAY", "0:0:");
    expect_failure(search(body), "replay", "does not fail");
}

int rounds = 0;

void state_between_schedules()
{
    const auto body = [] {
        ++rounds;
        std::atomic<int> number = 0;
        const auto add = [&] {
            ++number;
            ++number;
        };
        std::thread first(add);
        std::thread second(add);
        first.join();
        second.join();
        EXPLORE_REQUIRE(rounds < 3);
    };
    rounds = 0;
    expect_failure(search(body), "wrong result", "does not fail: something is kept");
    options each_alone;
    each_alone.isolate = true;
    each_alone.schedules = 20;
    expect_pass(search(body, each_alone));
}

void report_layout()
{
    const result got = search([] {
        plain = 0;
        std::array<std::thread, 6> threads;
        for (std::thread& one : threads) {
            one = std::thread([] { ++plain; });
        }
        for (std::thread& one : threads) {
            one.join();
        }
    });
    expect_failure(got, "data race", "plain");
    std::istringstream lines(got.report);
    for (std::string line; std::getline(lines, line);) {
        expect(line.size() <= 100 || line.find("WORKBOOK_REPLAY=") != std::string::npos,
               "a line of " + std::to_string(line.size()) + " characters: " + line);
    }
    expect(got.report.find("behavior.cpp:") != std::string::npos, "no place in the source");
    expect(got.report.find('\033') == std::string::npos || isatty(STDOUT_FILENO),
           "color where there is no terminal");
}

// ---- what a report names as the cause

struct explained {
    const char* what;
    void (*body)();
    const char* kind;
    const char* cause;  // a part of the sentence; null: there must be none
    const char* advice; // likewise
    options chosen{};
};

// One item for one taker, and the mistakes one can make with it.
struct item_for_one {
    std::mutex mutex;
    std::condition_variable ready;
    int items = 0;

    void put()
    {
        {
            const std::lock_guard lock(mutex);
            ++items;
        }
        ready.notify_one();
    }
};

void captured_by_reference()
{
    std::vector<std::thread> all;
    std::atomic<int> sum = 0;
    for (int k = 0; k < 2; ++k) {
        all.emplace_back([&] { sum += k; });
    }
    for (std::thread& one : all) {
        one.join();
    }
}

void looked_and_then_slept()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        const bool nothing = one.items == 0;
        lock.unlock();
        lock.lock();
        if (nothing) {
            one.ready.wait(lock);
        }
    });
    one.put();
    taker.join();
}

void waited_without_a_look()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock);
    });
    one.put();
    taker.join();
}

void notified_before_the_change()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock, [&] { return one.items > 0; });
    });
    one.ready.notify_one();
    {
        const std::lock_guard lock(one.mutex);
        ++one.items;
    }
    taker.join();
}

void changed_without_a_notification()
{
    item_for_one one;
    std::thread taker([&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock, [&] { return one.items > 0; });
    });
    {
        const std::lock_guard lock(one.mutex);
        ++one.items;
    }
    taker.join();
}

void woken_one_of_two()
{
    item_for_one one;
    const auto wait = [&] {
        std::unique_lock lock(one.mutex);
        one.ready.wait(lock, [&] { return one.items > 0; });
    };
    std::thread first(wait);
    std::thread second(wait);
    one.put();
    first.join();
    second.join();
}

void woken_without_a_look()
{
    item_for_one one;
    const auto take = [&] {
        std::unique_lock lock(one.mutex);
        if (one.items == 0) {
            one.ready.wait(lock);
        }
        EXPLORE_REQUIRE(one.items > 0);
        --one.items;
    };
    std::thread first(take);
    std::thread second(take);
    one.put();
    one.put();
    first.join();
    second.join();
}

void read_after_the_unlock()
{
    std::mutex mutex;
    int count = 0;
    const auto add = [&] {
        std::unique_lock lock(mutex);
        ++count;
        lock.unlock();
        return count;
    };
    std::thread other(add);
    add();
    other.join();
}

void locked_here_alone()
{
    std::mutex mutex;
    int count = 0;
    std::thread other([&] {
        const std::lock_guard lock(mutex);
        ++count;
    });
    EXPLORE_REQUIRE(count < 2);
    other.join();
}

void a_mutex_each()
{
    int count = 0;
    const auto add = [&] {
        std::mutex own;
        const std::lock_guard lock(own);
        ++count;
    };
    std::thread other(add);
    add();
    other.join();
}

void locked_in_two_orders()
{
    std::mutex left;
    std::mutex right;
    std::thread other([&] {
        const std::lock_guard one(right);
        const std::lock_guard two(left);
    });
    {
        const std::lock_guard one(left);
        const std::lock_guard two(right);
    }
    other.join();
}

void joined_under_the_lock()
{
    std::mutex mutex;
    std::thread other([&] { const std::lock_guard lock(mutex); });
    mutex.lock();
    other.join();
    mutex.unlock();
}

void published_without_release()
{
    int text = 0;
    std::atomic<bool> there = false;
    std::thread writer([&] {
        text = 7;
        there.store(true, std::memory_order_relaxed);
    });
    if (there.load(std::memory_order_acquire)) {
        EXPLORE_REQUIRE(text == 7);
    }
    writer.join();
}

void left_to_itself()
{
    const auto done = std::make_shared<std::atomic<int>>(0);
    std::thread([done] { ++*done; }).detach();
    EXPLORE_REQUIRE(*done == 1);
}

void change_overwritten()
{
    std::atomic<int> count = 0;
    const auto add = [&] {
        const int seen = count;
        count = seen + 1;
    };
    std::thread other(add);
    add();
    other.join();
    EXPLORE_REQUIRE(count == 2);
}

void anothers_value_read()
{
    std::atomic<int> count = 0;
    std::thread other([&] { ++count; });
    const int own = ++count;
    const int told = count;
    EXPLORE_REQUIRE(own == told);
    other.join();
}

void used_after_its_owner_died()
{
    auto owned = std::make_unique<std::atomic<int>>(0);
    std::thread user([number = owned.get()] { ++*number; });
    owned.reset();
    user.join();
}

void deaf_while_it_sleeps()
{
    const auto began = std::chrono::steady_clock::now();
    std::jthread sleeper([](const std::stop_token& stop) {
        if (!stop.stop_requested()) {
            std::this_thread::sleep_for(1h);
        }
    });
    sleeper.request_stop();
    sleeper.join();
    EXPLORE_REQUIRE(std::chrono::steady_clock::now() - began < 1min);
}

// What came of it is wrong in itself: no thread is to blame, and no advice would help.
void nobody_to_blame()
{
    std::mutex mutex;
    int count = 0;
    std::thread other([&] {
        const std::lock_guard lock(mutex);
        count += 2;
    });
    other.join();
    EXPLORE_REQUIRE(count == 1);
}

// Both look at a flag before they wait for something else; whoever waits has been notified of
// everything that it waits for.
void other_flags_changed()
{
    std::mutex mutex;
    std::condition_variable ready;
    bool go = false;
    std::thread other([&] {
        std::unique_lock lock(mutex);
        ready.wait(lock, [&] { return go; });
    });
    {
        const std::lock_guard lock(mutex);
        go = true;
        ready.notify_one();
    }
    other.join();
    EXPLORE_REQUIRE(!go);
}

const explained explanations[] = {
    {"captured by reference", captured_by_reference, "data race",
     "T1 uses k (behavior.cpp:", "capture it by value"},
    {"looked, then slept", looked_and_then_slept, "deadlock", "that notification is lost",
     "from the look to the wait"},
    {"waited without a look", waited_without_a_look, "deadlock", "does not look first",
     "ready.wait(lock, predicate)"},
    {"notified before the change", notified_before_the_change, "deadlock", "T0 notifies ",
     "First change it, then notify"},
    {"changed without a notification", changed_without_a_notification, "deadlock",
     "ready afterwards", "Notify after each change"},
    {"one of two woken", woken_one_of_two, "deadlock", "alone;", "notify_all()"},
    {"woken without a look", woken_without_a_look, "wrong result", "without looking again",
     "Look again after each waking"},
    {"read after the unlock", read_after_the_unlock, "data race",
     "has unlocked mutex and reads count", "use the copy"},
    {"locked here alone", locked_here_alone, "data race", "without mutex, under which",
     "Lock mutex for both"},
    {"a mutex each", a_mutex_each, "data race", "these are two mutexes", "the same mutex"},
    {"locked in two orders", locked_in_two_orders, "deadlock", "taken in different orders",
     "in one order everywhere"},
    {"joined under the lock", joined_under_the_lock, "deadlock",
     "has not unlocked it and waits for the end of T1", "std::lock_guard"},
    {"published without release", published_without_release, "data race", "memory_order_relaxed",
     "Set it with std::memory_order_release"},
    {"left to itself", left_to_itself, "wrong result", "T1 was detached", "join it"},
    {"a change overwritten", change_overwritten, "wrong result",
     "wrote what it had made of the old value", "in one step"},
    {"another's value read", anothers_value_read, "wrong result", "got the other thread's value",
     "local variable"},
    {"used after its owner died", used_after_its_owner_died, "use after free",
     "T0 destroys the object", "join the threads that use it first"},
    {"deaf while it sleeps", deaf_while_it_sleeps, "wrong result", "does not hear that", "token"},
    {"nobody to blame", nobody_to_blame, "wrong result", nullptr, nullptr},
    {"other flags changed", other_flags_changed, "wrong result", nullptr, nullptr},
};

// What follows "Cause: " or "Advice: ", in one line.
std::string told_as(const std::string& report, const std::string& word)
{
    const auto at = report.find("\n" + word);
    if (at == std::string::npos) {
        return {};
    }
    std::string text = report.substr(at + 1, report.find("\n\n", at) - at - 1);
    text = text.substr(0, text.find("\nAdvice: "));
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

void causes()
{
    for (const explained& one : explanations) {
        const result got = search(one.body, one.chosen);
        expect_failure(got, one.kind);
        for (const auto& [word, wanted] :
             {std::pair("Cause: ", one.cause), std::pair("Advice: ", one.advice)}) {
            const std::string told = told_as(got.report, word);
            const bool as_it_should =
                wanted == nullptr ? told.empty() : told.find(wanted) != std::string::npos;
            expect(as_it_should, std::string(one.what) + ": '" + told + "' in\n" + got.report);
        }
    }
    const std::string gap = search(looked_and_then_slept).report;
    expect(gap.find("-- the gap: T1 has looked") != std::string::npos,
           "the gap is unmarked:\n" + gap);
}

// ---- how much of a schedule a report shows

// The mistake lies between many steps that have nothing to do with it.
void busy_before_and_after()
{
    std::mutex mutex;
    int unrelated = 0;
    std::atomic<int> count = 0;
    const auto busy = [&](int from) {
        for (int i = 0; i < 40; ++i) {
            const std::lock_guard lock(mutex);
            unrelated = from + i;
        }
    };
    const auto add = [&](int from) {
        busy(from);
        const int seen = count;
        count = seen + 1;
        busy(from);
    };
    std::thread first(add, 100);
    std::thread second(add, 200);
    first.join();
    second.join();
    EXPLORE_REQUIRE(count == 2);
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        all.push_back(line);
    }
    return all;
}

std::size_t marked_lines(const std::vector<std::string>& lines)
{
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [](const std::string& one) { return one.starts_with("> "); }));
}

void report_rows()
{
    const std::string report = search(busy_before_and_after).report;
    const auto lines = lines_of(report);
    expect(lines.size() <= 45, std::to_string(lines.size()) + " lines:\n" + report);
    expect(marked_lines(lines) == 4, "not what decides is marked:\n" + report);
    expect(report.find(" later. All of them: WORKBOOK_STEPS=all") != std::string::npos ||
               report.find(" in between. All of them: WORKBOOK_STEPS=all") != std::string::npos,
           "not said what was left out:\n" + report);
    const with_environment all("WORKBOOK_STEPS", "all");
    const std::string whole = search(busy_before_and_after).report;
    expect(lines_of(whole).size() > 200, "WORKBOOK_STEPS=all does not show all:\n" + whole);
    expect(whole.find("Steps not shown") == std::string::npos, whole);
}

std::string without_breaks(const std::string& text)
{
    std::istringstream in(text);
    std::string all;
    for (std::string word; in >> word;) {
        all += word + " ";
    }
    return all;
}

void narrow_reports()
{
    const std::string wide = told_as(search(looked_and_then_slept).report, "Cause: ");
    for (const char* columns : {"40", "60"}) {
        const with_environment narrow("COLUMNS", columns);
        const std::string report = search(looked_and_then_slept).report;
        for (const std::string& line : lines_of(report)) {
            const auto begin = line.find_first_not_of(' ');
            const bool one_word =
                begin != std::string::npos && line.find(' ', begin) == std::string::npos;
            expect(line.size() <= static_cast<std::size_t>(std::atoi(columns)) || one_word ||
                       line.find("WORKBOOK_REPLAY=") != std::string::npos,
                   std::string("too wide for ") + columns + ": " + line + "\nin\n" + report);
        }
        expect(without_breaks(told_as(report, "Cause: ")) == without_breaks(wide),
               "words are broken:\n" + report);
        expect(marked_lines(lines_of(report)) >= 4, "nothing is marked:\n" + report);
    }
}

// ---- values as a learner knows them

void told_values()
{
    const result got = search([] {
        std::atomic<std::thread::id> holder{};
        std::atomic<bool> asked = false;
        std::thread other([&] {
            asked.store(true, std::memory_order_release);
            holder = std::this_thread::get_id();
        });
        other.join();
        EXPLORE_REQUIRE(asked && holder.load() == std::thread::id{});
    });
    expect_failure(got, "wrong result", "holder = T1");
    expect_failure(got, "wrong result", "asked = true (release)");
}

void told_operands()
{
    const auto fails = [](void (*body)(), const std::string& told) {
        const result got = search(body);
        expect_failure(got, "wrong result");
        expect(without_breaks(got.report).find(told) != std::string::npos,
               "expected '" + told + "' in:\n" + got.report);
    };
    fails(
        [] {
            in_a_thread([] {
                const double other = 3;
                EXPLORE_REQUIRE(other == 1000.0);
            });
        },
        "( other == 1000.0 ) does not hold: 3 == 1000 (");
    fails(
        [] {
            std::atomic<int> held = 0;
            EXPLORE_REQUIRE(++held + 1 != 2);
        },
        "hold: 2 != 2 (");
    fails(
        [] {
            std::atomic<int> held = 2;
            EXPLORE_REQUIRE(held < 2u);
        },
        "hold: 2 < 2 (");
    fails(
        [] {
            EXPLORE_REQUIRE(std::vector<int>{1, 2} == std::vector<int>{2});
        },
        "hold: {1, 2} == {2} (");
    fails([] { EXPLORE_REQUIRE(std::optional<std::string>("a") == "b"); },
          "hold: \"a\" == \"b\" (");
    fails([] { EXPLORE_REQUIRE(std::optional<int>() >= 1); }, "hold: nothing >= 1 (");
    fails([] { EXPLORE_REQUIRE(std::chrono::milliseconds(1500) < 1s); }, "hold: 1.5 s < 1 s (");
    fails([] { EXPLORE_REQUIRE(std::this_thread::get_id() == std::thread::id()); },
          "hold: T0 == no thread (");
    // Nothing to tell: what has no words, and what is no comparison.
    fails([] { EXPLORE_REQUIRE(std::make_unique<int>(1) == nullptr); },
          "nullptr ) does not hold (");
    fails(
        [] {
            const bool yes = true;
            EXPLORE_REQUIRE(!yes || (yes && !yes));
        },
        "does not hold (");
    fails(
        [] {
            const std::atomic<bool> done = false;
            EXPLORE_REQUIRE(done);
        },
        "does not hold (");
    // What it looks at once it looks at once.
    expect_pass(search([] {
        int looks = 0;
        EXPLORE_REQUIRE(++looks == 1);
        EXPLORE_REQUIRE(looks == 1 && ++looks == 2);
        EXPLORE_REQUIRE(looks != 2 || ++looks == 3);
        EXPLORE_REQUIRE(std::make_unique<int>(looks));
    }));
}

void without_addr2line()
{
    const std::string before = std::getenv("PATH");
    setenv("PATH", "/nowhere", 1);
    const result got = search([] { in_a_thread([] { EXPLORE_REQUIRE(false); }); });
    setenv("PATH", before.c_str(), 1);
    expect_failure(got, "wrong result", "addr2line (package binutils) is missing");
}

int open_descriptors()
{
    return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                          std::filesystem::directory_iterator()));
}

void leaves_nothing()
{
    const int before = open_descriptors();
    search([] { in_a_thread([] {}); });
    search([] { in_a_thread([] { EXPLORE_REQUIRE(false); }); });
    expect(open_descriptors() == before, "a descriptor was left open");
    expect(waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD, "a child was left");
}

// The exploring child must not outlive the process that explores.
void dies_with_its_parent()
{
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    const pid_t explorer = fork();
    if (explorer == 0) {
        close(ends[0]);
        options many;
        many.schedules = 1'000'000'000;
        search(
            [&] {
                std::atomic<int> number = 0;
                std::thread other([&] {
                    for (int i = 0; i < 100; ++i) {
                        ++number;
                    }
                });
                for (int i = 0; i < 100; ++i) {
                    ++number;
                }
                other.join();
                [[maybe_unused]] const auto told = write(ends[1], "x", 1);
            },
            many);
        _exit(0);
    }
    close(ends[1]);
    char byte = 0;
    expect(read(ends[0], &byte, 1) == 1, "the exploration did not begin");
    kill(explorer, SIGKILL);
    waitpid(explorer, nullptr, 0);
    // The pipe's end is reached once its last writer, the child, is gone.
    pollfd event{ends[0], POLLIN, 0};
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    ssize_t got = 1;
    while (got > 0 && std::chrono::steady_clock::now() < give_up) {
        std::array<char, 4096> rest;
        got = poll(&event, 1, 1000) > 0 ? read(ends[0], rest.data(), rest.size()) : 1;
    }
    close(ends[0]);
    expect(got == 0, "the exploring child outlived its parent");
}

struct check {
    const char* name;
    void (*run)();
};

constexpr check checks[] = {
    {"zoo", zoo},
    {"tasks", tasks},
    {"atomic_wait", atomic_wait},
    {"locks", locks},
    {"thread_locals", thread_locals},
    {"variables_of_threads", variables_of_threads},
    {"errno_of_threads", errno_of_threads},
    {"exceptions_of_threads", exceptions_of_threads},
    {"rounding_of_threads", rounding_of_threads},
    {"names_of_threads", names_of_threads},
    {"keys", keys},
    {"stacks_of_its_own", stacks_of_its_own},
    {"end_of_stack", end_of_stack},
    {"threads_of_the_kernels", threads_of_the_kernels},
    {"second_opinion", second_opinion},
    {"statics", statics},
    {"memory", memory},
    {"many_threads", many_threads},
    {"exceptions_between_threads", exceptions_between_threads},
    {"large_atomics", large_atomics},
    {"large_locals", large_locals},
    {"polling", polling},
    {"spinning_locks", spinning_locks},
    {"virtual_time", virtual_time},
    {"computations", computations},
    {"order_of_sleepers", order_of_sleepers},
    {"eager_time", eager_time},
    {"wrong_result", wrong_result},
    {"plain_points", plain_points},
    {"uncaught_exception", uncaught_exception},
    {"crashes", crashes},
    {"stack_overflow", stack_overflow},
    {"livelock", livelock},
    {"deadlock_with_oneself", deadlock_with_oneself},
    {"wrong_unlock", wrong_unlock},
    {"shared_twice", shared_twice},
    {"stuck", stuck},
    {"unfinished", unfinished},
    {"outside_calls", outside_calls},
    {"network_time", network_time},
    {"network_orders_memory", network_orders_memory},
    {"network_failures", network_failures},
    {"network_is_new_each_time", network_is_new_each_time},
    {"network_of_given_code", network_of_given_code},
    {"files_and_output", files_and_output},
    {"free_running", free_running},
    {"sockets_and_processes", sockets_and_processes},
    {"processes", processes},
    {"environment", environment},
    {"exhausted", exhausted},
    {"out_of_time", out_of_time},
    {"replay_is_no_pass", replay_is_no_pass},
    {"state_between_schedules", state_between_schedules},
    {"report_layout", report_layout},
    {"causes", causes},
    {"report_rows", report_rows},
    {"narrow_reports", narrow_reports},
    {"told_values", told_values},
    {"told_operands", told_operands},
    {"without_addr2line", without_addr2line},
    {"leaves_nothing", leaves_nothing},
    {"dies_with_its_parent", dies_with_its_parent},
};

} // namespace

int check_behavior(const std::string& name)
{
    int broken_promises = 0;
    int checked = 0;
    for (const check& one : checks) {
        if (!name.empty() && name != one.name) {
            continue;
        }
        ++checked;
        std::string outcome = "ok";
        try {
            one.run();
        } catch (const broken& why) {
            outcome = std::string("BROKEN: ") + why.what();
            ++broken_promises;
        }
        std::printf("%-26s %s\n", one.name, outcome.c_str());
        std::fflush(stdout);
    }
    if (checked == 0) {
        throw std::invalid_argument("no check '" + name + "'");
    }
    return broken_promises;
}

} // namespace cases
