// eventfd: a number that one adds to by writing and takes by reading. timerfd: a number of times
// that a moment has come.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <errno.h>
#include <string.h>

namespace explorer::world {
namespace {

int64_t nanoseconds(const timespec& time)
{
    return time.tv_sec * nanoseconds_per_second + time.tv_nsec;
}

timespec as_timespec(int64_t time)
{
    return {time / nanoseconds_per_second, time % nanoseconds_per_second};
}

bool is_valid(const timespec& time)
{
    return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < nanoseconds_per_second;
}

// Hands a number to the reader, if its memory is in one piece.
outcome give(uint64_t value, const iovec* to, int count)
{
    if (count != 1) {
        return missing("readv() of an eventfd or a timerfd into several pieces");
    }
    memcpy(to->iov_base, &value, sizeof value);
    return sizeof value;
}

void go_off(file& timer)
{
    if (timer.interval == 0) {
        timer.count += 1;
        timer.next = 0;
    } else {
        const int64_t times = (now - timer.next) / timer.interval + 1;
        timer.count += static_cast<uint64_t>(times);
        timer.next += times * timer.interval;
    }
    wake(timer, EPOLLIN);
}

void describe(const file& timer, itimerspec& out)
{
    out.it_interval = as_timespec(timer.interval);
    out.it_value = as_timespec(timer.next == 0 ? 0 : timer.next - now);
}

file* timer_of(int descriptor, outcome& problem)
{
    file* one = file_of(descriptor);
    problem = one == nullptr ? -EBADF : -EINVAL;
    return one != nullptr && one->is == kind::timer ? one : nullptr;
}

} // namespace

outcome read_counter(file& one, const iovec* to, int count)
{
    if (size_of(to, count) < sizeof one.count) {
        return -EINVAL;
    }
    if (one.count == 0) {
        return -EAGAIN;
    }
    const uint64_t value = one.semaphore ? 1 : one.count;
    const outcome given = give(value, to, count);
    if (given > 0) {
        one.count -= value;
        wake(one, EPOLLOUT);
    }
    return given;
}

bool can_add(const file& one, const iovec* from, int count)
{
    uint64_t value = 0;
    if (count != 1 || from->iov_len < sizeof value) {
        return true;
    }
    memcpy(&value, from->iov_base, sizeof value);
    return value == UINT64_MAX || UINT64_MAX - one.count > value;
}

outcome write_counter(file& one, const iovec* from, int count)
{
    if (count != 1) {
        return missing("writev() to an eventfd of several pieces");
    }
    uint64_t value = 0;
    if (from->iov_len < sizeof value) {
        return -EINVAL;
    }
    memcpy(&value, from->iov_base, sizeof value);
    if (value == UINT64_MAX) {
        return -EINVAL;
    }
    if (!can_add(one, from, count)) {
        return -EAGAIN;
    }
    one.count += value;
    wake(one, EPOLLIN);
    return sizeof value;
}

outcome timerfd_settime(int descriptor, int flags, const itimerspec* value, itimerspec* old)
{
    if ((flags & ~TFD_TIMER_ABSTIME) != 0) {
        return (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0
                   ? -EINVAL
                   : missing("timerfd_settime(TFD_TIMER_CANCEL_ON_SET)");
    }
    if (!is_valid(value->it_value) || !is_valid(value->it_interval)) {
        return -EINVAL;
    }
    outcome problem = 0;
    file* one = timer_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (old != nullptr) {
        describe(*one, *old);
    }
    const int64_t first = nanoseconds(value->it_value);
    one->interval = nanoseconds(value->it_interval);
    one->count = 0;
    one->next = first == 0 ? 0 : (flags & TFD_TIMER_ABSTIME) != 0 ? first : now + first;
    set_time(now); // it may be due already
    return 0;
}

outcome timerfd_gettime(int descriptor, itimerspec* value)
{
    outcome problem = 0;
    const file* one = timer_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    describe(*one, *value);
    return 0;
}

outcome read_timer(file& one, const iovec* to, int count)
{
    if (size_of(to, count) < sizeof one.count) {
        return -EINVAL;
    }
    if (one.count == 0) {
        return -EAGAIN;
    }
    const outcome given = give(one.count, to, count);
    if (given > 0) {
        one.count = 0;
    }
    return given;
}

void set_time(int64_t time)
{
    now = time;
    for (int i = 0; i < files_used; ++i) {
        file& one = files[i];
        if (one.is != kind::none && one.next != 0 && one.next <= now) {
            one.is == kind::timer ? go_off(one) : give_up(one);
        }
    }
}

int64_t next_timer()
{
    int64_t earliest = INT64_MAX;
    for (int i = 0; i < files_used; ++i) {
        const file& one = files[i];
        if (one.is != kind::none && one.next != 0 && one.next < earliest) {
            earliest = one.next;
        }
    }
    return earliest;
}

int64_t next_timer_of(int descriptor)
{
    // Not file_of(): the call that is under way may have raised SIGPIPE, which it would forget.
    const file* one = is_ours(descriptor) ? descriptors[descriptor - first_descriptor].of : nullptr;
    return one == nullptr || one->next == 0 ? INT64_MAX : one->next;
}

} // namespace explorer::world
