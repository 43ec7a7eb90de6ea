// syscall(SYS_futex, ...): what std::future, std::atomic's wait, std::latch and std::barrier wait
// with.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/system_calls.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>

using namespace explorer;
using namespace explorer::runtime;

namespace {

constexpr int operation_bits = 127; // without "private" and the choice of a clock

long futex_wait(const volatile int* value, object& word, int expected, const timespec* time,
                bool relative)
{
    step(op::run, &word);
    touch_memory(value, sizeof(int), touching::reads);
    if (*value != expected) {
        errno = EAGAIN;
        return -1;
    }
    int64_t deadline = never;
    if (time != nullptr) {
        deadline = time->tv_sec * int64_t{1'000'000'000} + time->tv_nsec + (relative ? run.now : 0);
        touch_key(keys::time, touching::reads);
    }
    const uint64_t waiters = keys::waiters | word_key_of(word);
    begin_wait(waiters);
    note(op::atomic_wait, &word);
    step(op::atomic_wait, &word, deadline);
    const bool woken = end_wait(waiters);
    note(woken ? op::woken : op::time_out, &word);
    if (!woken) {
        errno = ETIMEDOUT;
        return -1;
    }
    return 0;
}

long futex_wake(object& word, int most)
{
    point(op::atomic_notify, &word);
    thread_state* waiting[most_threads];
    int count = 0;
    for (int i = 0; i < run.thread_count; ++i) {
        thread_state& one = run.threads[i];
        if (one.waits_in == op::atomic_wait && one.on == &word && !one.signalled) {
            waiting[count++] = &one;
        }
    }
    touch_key(keys::waiters | word_key_of(word),
              count > 0 && most > 0 ? touching::writes : touching::reads);
    long woken = 0;
    while (count > 0 && woken < most) {
        const int taken = most >= count ? 0 : choose_one_of(count);
        answer_wait(*waiting[taken]);
        waiting[taken] = waiting[--count];
        ++woken;
    }
    return woken;
}

} // namespace

extern "C" long syscall(long number, ...) noexcept
{
    va_list list;
    va_start(list, number);
    long argument[6];
    for (long& one : argument) {
        one = va_arg(list, long);
    }
    va_end(list);
    if (number == SYS_futex && EXPLORER_ACTIVE) {
        object& word = *object_at(reinterpret_cast<const void*>(argument[0]), sort::atomic);
        const int operation = static_cast<int>(argument[1]) & operation_bits;
        if (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET) {
            return futex_wait(reinterpret_cast<const volatile int*>(argument[0]), word,
                              static_cast<int>(argument[2]),
                              reinterpret_cast<const timespec*>(argument[3]),
                              operation == FUTEX_WAIT);
        }
        if (operation == FUTEX_WAKE) {
            return futex_wake(word, static_cast<int>(argument[2]));
        }
        fail("misuse", "futex operation %d is outside the explorer's model", operation);
    }
    if (EXPLORER_ACTIVE) {
        need_real_threads(); // who knows what it asks of them
    }
    const long result = system_call(number, argument[0], argument[1], argument[2], argument[3],
                                    argument[4], argument[5]);
    if (result < 0 && result > -4096) {
        errno = static_cast<int>(-result);
        return -1;
    }
    return result;
}
