// SPDX-License-Identifier: MIT
#include "explore/cases/machine.hpp"

#include <chrono>
#include <thread>

#include <sys/socket.h>

namespace cases {
namespace {

using namespace std::chrono_literals;

std::uint64_t mixed(std::uint64_t state, std::uint64_t value)
{
    return (state ^ value) * 0x9e3779b97f4a7c15u ^ (state >> 29);
}

} // namespace

std::uint64_t machine::run(const program& what)
{
    if (what.uses_network) {
        network_.emplace();
    }
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < what.threads.size(); ++i) {
        others.emplace_back([this, &what, i] { obey(what.threads[i], i); });
    }
    obey(what.threads[0], 0);
    for (std::thread& one : others) {
        one.join();
    }
    std::uint64_t state = 1;
    for (const std::uint64_t one : seen_) {
        state = mixed(state, one);
    }
    for (const std::uint64_t one : {number_[0], number_[1], plain_, shared_number_}) {
        state = mixed(state, one);
    }
    state = mixed(state, atomic_[0]);
    return mixed(state, atomic_[1]);
}

void machine::obey(const std::vector<instruction>& all, std::size_t thread)
{
    for (const instruction& one : all) {
        seen_[thread] = mixed(seen_[thread], 1 + obey(one, thread));
    }
}

std::uint64_t machine::obey(instruction one, std::size_t thread)
{
    const auto on = static_cast<std::size_t>(one.on);
    const std::uint64_t mark = thread + 2;
    switch (one.what) {
    case deed::add: {
        const std::lock_guard lock(mutex_[on]);
        return number_[on] = number_[on] * 3 + mark;
    }
    case deed::add_to_both: {
        const std::lock_guard first(mutex_[0]);
        number_[0] = number_[0] * 3 + mark;
        const std::lock_guard second(mutex_[1]);
        return number_[1] = number_[1] * 3 + mark;
    }
    case deed::add_inside: {
        const std::lock_guard lock(mutex_[on]);
        number_[on] += mark;
        return atomic_[1 - on].fetch_add(mark);
    }
    case deed::store:
        atomic_[on] = mark;
        return 0;
    case deed::load:
        return atomic_[on];
    case deed::fetch_add:
        return atomic_[on].fetch_add(mark);
    case deed::compare_exchange: {
        std::uint64_t expected = 0;
        return atomic_[on].compare_exchange_strong(expected, mark);
    }
    case deed::notify_one:
        changed_.notify_one();
        return 0;
    case deed::notify_all:
        changed_.notify_all();
        return 0;
    case deed::wait: {
        std::unique_lock lock(mutex_[0]);
        const auto deadline = std::chrono::steady_clock::time_point{} + 1000000h;
        return changed_.wait_until(lock, deadline) == std::cv_status::timeout;
    }
    case deed::wait_for_flag: {
        std::unique_lock lock(mutex_[0]);
        changed_.wait(lock, [&] { return flag_; });
        return number_[0];
    }
    case deed::set_flag: {
        const std::lock_guard lock(mutex_[0]);
        flag_ = true;
        changed_.notify_all();
        return 0;
    }
    case deed::release:
        units_.release();
        return 0;
    case deed::acquire:
        units_.acquire();
        return 0;
    case deed::try_acquire:
        return units_.try_acquire();
    case deed::acquire_in_time:
        return units_.try_acquire_for(1h);
    case deed::try_lock: {
        const std::unique_lock lock(mutex_[on], std::try_to_lock);
        return lock.owns_lock() ? number_[on] += mark : 0;
    }
    case deed::lock_in_time: {
        const std::unique_lock lock(timed_, 1h);
        return lock.owns_lock() ? number_[on] : 5;
    }
    case deed::share: {
        const std::shared_lock lock(shared_);
        atomic_[on] = mark;
        return shared_number_;
    }
    case deed::own: {
        const std::lock_guard lock(shared_);
        return shared_number_ = shared_number_ * 3 + mark;
    }
    case deed::once:
        std::call_once(once_, [&] { atomic_[0] = mark; });
        return 0;
    case deed::sleep:
        std::this_thread::sleep_for(std::chrono::hours(1 + on));
        return 0;
    case deed::read_clock:
        return static_cast<std::uint64_t>(
            std::chrono::steady_clock::now().time_since_epoch().count());
    case deed::futex_wait:
        atomic_int_.wait(0);
        return 0;
    case deed::futex_notify:
        atomic_int_ = static_cast<int>(mark);
        atomic_int_.notify_one();
        return 0;
    case deed::plain_add: {
        const std::uint64_t before = plain_;
        return plain_ = before * 3 + mark;
    }
    case deed::send:
        return network_->send(one.on, mark);
    case deed::receive:
        return network_->receive(one.on, 0);
    case deed::receive_at_once:
        return network_->receive(one.on, MSG_DONTWAIT);
    case deed::poll_both:
        return network_->poll_both();
    case deed::epoll_both:
        return network_->epoll_both();
    case deed::raise:
        return network_->raise(mark);
    case deed::lower:
        return network_->lower();
    case deed::connect_and_leave:
        return network_->connect_and_leave();
    case deed::accept_and_leave:
        return network_->accept_and_leave();
    case deed::duplicate_and_close:
        return network_->duplicate_and_close(one.on);
    case deed::receive_in_time:
        return network_->receive_in_time(one.on);
    case deed::set_timer:
        return network_->set_timer(1 + one.on);
    case deed::await_timer:
        return network_->await_timer();
    case deed::deeds:
        break;
    }
    return 0;
}

} // namespace cases
