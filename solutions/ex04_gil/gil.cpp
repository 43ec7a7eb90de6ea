// The model answer, after CPython 3.11's Python/ceval_gil.h. A small mutex guards the few fields;
// the GIL itself is a field, not the mutex, because a mutex cannot be asked for, only waited for.
//
// SPDX-License-Identifier: MIT
#include "gil.hpp"

#include <stdexcept>
#include <string>

gil::gil(std::chrono::microseconds interval) : interval_(interval)
{
    if (interval.count() < 1) {
        throw std::invalid_argument("gil: the interval must be positive, not " +
                                    std::to_string(interval.count()) + " microseconds");
    }
}

void gil::acquire()
{
    const std::thread::id me = std::this_thread::get_id();
    if (held_by_me()) {
        throw std::logic_error("gil: acquire() by the thread that holds it");
    }
    std::unique_lock lock{mutex_};

    // The forced switch. Whoever had the GIL last stays back while a request is open: the thread
    // that asked is still waking up, and would find the GIL gone again.
    switched_.wait(lock, [&] { return !drop_request_ || last_holder_ != me; });

    const auto is_free = [&] { return holder_.load() == std::thread::id{}; };
    while (!is_free()) {
        const long switches_before = switches_;
        const bool in_time = released_.wait_for(lock, interval_, is_free);
        if (!in_time && switches_ == switches_before) {
            drop_request_ = true;
        }
    }

    holder_ = me;
    if (last_holder_ != me) {
        last_holder_ = me;
        ++switches_;
    }
    drop_request_ = false;  // whoever asked and is still waiting will ask the new holder
    switched_.notify_one(); // one thread at most was the last holder
}

void gil::release()
{
    if (!held_by_me()) {
        throw std::logic_error("gil: release() by a thread that does not hold it");
    }
    const std::lock_guard lock{mutex_};
    holder_ = std::thread::id{};
    released_.notify_one();
}

void gil::check_interval()
{
    if (!held_by_me()) {
        throw std::logic_error("gil: check_interval() by a thread that does not hold it");
    }
    if (drop_request_) {
        release();
        acquire();
    }
}

allow_threads::allow_threads(gil& lock) : lock_(lock)
{
    lock_.release();
}

// Complete as it stands: once the constructor has done its half, this does the other one.
allow_threads::~allow_threads()
{
    lock_.acquire();
}

given::interpreter_lock interpreter_lock_of(gil& lock)
{
    return {
        .acquire = [&lock] { lock.acquire(); },
        .release = [&lock] { lock.release(); },
        .check_interval = [&lock] { lock.check_interval(); },
        .allow_threads =
            [&lock](const std::function<void()>& blocking_call) {
                const allow_threads others_run{lock};
                blocking_call();
            },
    };
}
