// What belongs to a thread, whatever carries it. Each of these gives the turn to others in between.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/behavior/contexts.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cfenv>
#include <csetjmp>
#include <thread>
#include <vector>

#include <pthread.h>
#include <ucontext.h>

namespace cases {
namespace {

using namespace std::chrono_literals;
using explorer::options;
using explorer::result;
using explorer::search;

thread_local int number = 5;
thread_local std::array<int, 300> zeros;

[[gnu::noinline]] void keep_on_the_stack(std::uint64_t value)
{
    std::uint64_t kept[32];
    kept[16] = value;
    asm volatile("" : : "r"(kept) : "memory");
}

// As the C library's functions do, where nothing tells of it.
__attribute__((noinline, no_sanitize("thread"))) void leave_addresses_on_the_stack()
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

} // namespace

std::vector<check> checks_of_threads()
{
    return {
        {"variables_of_threads", variables_of_threads},
        {"errno_of_threads", errno_of_threads},
        {"exceptions_of_threads", exceptions_of_threads},
        {"rounding_of_threads", rounding_of_threads},
        {"names_of_threads", names_of_threads},
        {"keys", keys},
        {"stacks_of_its_own", stacks_of_its_own},
    };
}

} // namespace cases
