// SPDX-License-Identifier: MIT
#include "monitor.hpp"

#include "given/context.hpp"

#include <cstdio>

namespace green {
namespace {

void say_who(const std::string& name, std::chrono::milliseconds patience)
{
    std::fprintf(stderr, "monitor: %s has held the hub for %lld ms\n", name.c_str(),
                 static_cast<long long>(patience.count()));
}

} // namespace

monitor::monitor(std::chrono::milliseconds patience, reporter report)
    : patience_(patience),
      report_(report ? std::move(report)
                     : [patience](const std::string& name) { say_who(name, patience); }),
      thread_([this] { watch(); })
{
    given::trace_switches([this](const std::string& entered) {
        const std::lock_guard lock(mutex_);
        running_ = entered;
        since_ = std::chrono::steady_clock::now();
        reported_ = false;
    });
}

monitor::~monitor()
{
    given::trace_switches({});
    {
        const std::lock_guard lock(mutex_);
        end_ = true;
    }
    ending_.notify_one();
    thread_.join();
}

void monitor::watch()
{
    std::unique_lock lock(mutex_);
    while (!end_) {
        const auto now = std::chrono::steady_clock::now();
        const bool watched = !running_.empty() && !reported_;
        if (watched && now - since_ >= patience_) {
            reported_ = true;
            const std::string name = running_;
            lock.unlock(); // the report may take its time, and the greenlets must not wait for it
            report_(name);
            lock.lock();
            continue;
        }
        ending_.wait_until(lock, watched ? since_ + patience_ : now + patience_);
    }
}

} // namespace green
