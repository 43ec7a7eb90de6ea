// Virtual time: a clock stands still while threads run and jumps to the next deadline when nobody
// can. An hour's wait costs nothing. With eager_time it may jump while others can still run.
//
// SPDX-License-Identifier: MIT
#include "explore/hooks/real.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

using namespace explorer;
using namespace explorer::runtime;

EXPLORER_REAL(clock_gettime)
EXPLORER_REAL(gettimeofday)
EXPLORER_REAL(time)
EXPLORER_REAL(nanosleep)
EXPLORER_REAL(clock_nanosleep)
EXPLORER_REAL(sleep)
EXPLORER_REAL(usleep)

namespace {

constexpr int64_t nanoseconds_per_second = 1'000'000'000;

int64_t nanoseconds(const timespec* time)
{
    return time->tv_sec * nanoseconds_per_second + time->tv_nsec;
}

void sleep_until(int64_t deadline)
{
    note(op::sleep);
    step(op::sleep, nullptr, deadline);
    if (!book->plan.eager_time) {
        note_blocking(keys::time, 0, true);
    }
    touch_key(keys::time, touching::reads);
}

void sleep_for(int64_t duration)
{
    touch_key(keys::time, touching::reads);
    sleep_until(run.now + duration);
}

// Reading the clock takes a microsecond. Whoever reads it again and again waits for it to move on:
// then it gives way to others and time goes faster and faster.
int64_t read_clock()
{
    const int spinning = clock_reads_too_many(*self);
    remember_place(op::yield);
    step(spinning > 0 ? op::yield : op::run);
    touch_key(keys::time, touching::writes);
    const int doublings = spinning < 0 ? 0 : spinning > 20 ? 20 : spinning;
    run.now += int64_t{1000} << doublings;
    return run.now;
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real_clock_gettime()(clock, time);
    }
    const int64_t read = read_clock();
    time->tv_sec = read / nanoseconds_per_second;
    time->tv_nsec = read % nanoseconds_per_second;
    return 0;
}

int gettimeofday(timeval* time, void* zone) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real_gettimeofday()(time, zone);
    }
    const int64_t read = read_clock();
    time->tv_sec = read / nanoseconds_per_second;
    time->tv_usec = read % nanoseconds_per_second / 1000;
    return 0;
}

time_t time(time_t* out) noexcept
{
    if (!EXPLORER_ACTIVE) {
        return real_time()(out);
    }
    const time_t read = read_clock() / nanoseconds_per_second;
    if (out != nullptr) {
        *out = read;
    }
    return read;
}

int nanosleep(const timespec* duration, timespec* rest)
{
    if (!EXPLORER_ACTIVE) {
        return real_nanosleep()(duration, rest);
    }
    sleep_for(nanoseconds(duration));
    return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* rest)
{
    if (!EXPLORER_ACTIVE) {
        return real_clock_nanosleep()(clock, flags, time, rest);
    }
    if ((flags & TIMER_ABSTIME) != 0) {
        sleep_until(nanoseconds(time));
    } else {
        sleep_for(nanoseconds(time));
    }
    return 0;
}

unsigned sleep(unsigned seconds)
{
    if (!EXPLORER_ACTIVE) {
        return real_sleep()(seconds);
    }
    sleep_for(int64_t{seconds} * nanoseconds_per_second);
    return 0;
}

int usleep(useconds_t microseconds)
{
    if (!EXPLORER_ACTIVE) {
        return real_usleep()(microseconds);
    }
    sleep_for(int64_t{microseconds} * 1000);
    return 0;
}

} // extern "C"
