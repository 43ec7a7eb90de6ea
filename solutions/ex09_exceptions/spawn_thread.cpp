// An exception cannot leave a thread: its function is the first on its stack, and nobody is above
// it to catch. So it is caught there, carried over as an exception_ptr, and thrown again in the
// thread that asks.
//
// SPDX-License-Identifier: MIT
#include "spawn_thread.hpp"

#include <cstdio>

thread_outcome::thread_outcome(std::string name, std::function<void()> body)
    : name_(std::move(name)), thread_([this, body = std::move(body)] { run(body); })
{}

thread_outcome::~thread_outcome()
{
    thread_.join();
    report_if_nobody_asked();
}

// In the new thread. Nothing may leave it.
void thread_outcome::run(const std::function<void()>& body)
{
    std::exception_ptr failure;
    try {
        body();
    } catch (...) {
        failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    ended_ = true;
    end_.notify_all(); // several may ask
}

void thread_outcome::wait_and_rethrow()
{
    std::unique_lock lock(mutex_);
    end_.wait(lock, [this] { return ended_; });
    if (failure_) {
        asked_ = true;
        std::rethrow_exception(failure_);
    }
}

// The thread is joined and the last handle is gone: nobody else can look at failure_ any more.
void thread_outcome::report_if_nobody_asked()
{
    if (!failure_ || asked_) {
        return;
    }
    try {
        std::rethrow_exception(failure_);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s failed, and nobody asked: %s\n", name_.c_str(), failure.what());
    } catch (...) {
        std::fprintf(stderr, "%s failed, and nobody asked: not a std::exception\n", name_.c_str());
    }
}
