// The pool's own side: one thread, the collector, sleeps in poll() until a worker replies, a worker
// dies or somebody brings a task.
//
// It writes to idle workers only. An idle worker is reading, so even a huge request gets through;
// a busy one may be writing a huge reply, and if we wrote to it meanwhile, each could wait for the
// other to read, for ever. One task a worker also means that a slow task holds up no other.
//
// A worker's death is seen as the end of its channel: the kernel closes a dead process's
// descriptors, however it died. That works only because nobody else holds the worker's end.
//
// SPDX-License-Identifier: MIT
#include "process_pool.hpp"

#include "channel.hpp"
#include "worker.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

#include <poll.h>

process_pool::process_pool(int workers) : size_(workers)
{
    if (workers < 1) {
        throw std::invalid_argument("process_pool: at least one worker is needed, not " +
                                    std::to_string(workers));
    }
    server_ = given::fork_server::start();
    for (int i = 0; i < workers; ++i) {
        workers_.push_back(start_worker());
    }
    collector_ = std::thread(&process_pool::collect, this);
}

process_pool::~process_pool()
{
    try {
        close();
        join();
    } catch (const std::exception& error) { // a destructor has nobody to throw to
        std::fprintf(stderr, "process_pool: %s\n", error.what());
    }
}

process_pool::worker process_pool::start_worker()
{
    auto [ours, theirs] = given::socket_pair();
    given::child process = server_->spawn(serve_tasks, theirs.get());
    return {std::move(process), std::move(ours), nullptr};
    // Our copy of `theirs` is closed here. As long as we had it we would never see the worker's
    // death: the end of a channel comes when the *last* copy of its other end is closed.
}

void process_pool::submit(std::unique_ptr<given::call> call)
{
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            throw std::logic_error("process_pool: apply_async after close");
        }
        queue_.push_back(std::move(call));
    }
    news_.wake();
}

void process_pool::close()
{
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    news_.wake();
}

void process_pool::join()
{
    {
        const std::lock_guard lock(mutex_);
        if (!closed_) {
            throw std::logic_error("process_pool: join before close");
        }
    }
    if (collector_.joinable()) {
        collector_.join();
    }
}

std::vector<pid_t> process_pool::worker_pids() const
{
    const std::lock_guard lock(mutex_);
    std::vector<pid_t> pids;
    for (const worker& each : workers_) {
        pids.push_back(each.process.pid());
    }
    return pids;
}

void process_pool::collect()
{
    for (bool done = false; !done;) {
        wait_for_news(); // first, so that no task is handed to a worker that is known to be dead
        dispatch();
        const std::lock_guard lock(mutex_);
        done = closed_ && queue_.empty() && std::ranges::none_of(workers_, &worker::is_busy);
    }
    dismiss_workers();
}

void process_pool::dispatch()
{
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (queue_.empty()) {
                return;
            }
        }
        const auto idle = find_idle_worker();
        if (idle == workers_.end()) {
            break;
        }
        {
            const std::lock_guard lock(mutex_);
            idle->held = std::move(queue_.front());
            queue_.pop_front();
        }
        try { // without the lock: nobody who brings a task waits for a large one to get through
            send_message(idle->channel.get(), idle->held->request());
        } catch (const std::system_error&) {
            bury(idle);
        }
    }
    if (workers_.empty()) {
        fail_queue();
    }
}

process_pool::worker_position process_pool::find_idle_worker()
{
    const auto idle = std::ranges::find_if_not(workers_, &worker::is_busy);
    if (idle != workers_.end() || static_cast<int>(workers_.size()) == size_) {
        return idle;
    }
    // A dead worker is replaced when a task needs it and not when it dies: should workers die at
    // birth, each costs one task, and we do not fork for ever.
    try {
        worker fresh = start_worker();
        const std::lock_guard lock(mutex_);
        return workers_.insert(workers_.end(), std::move(fresh));
    } catch (const std::system_error&) {
        return workers_.end(); // no room for a process now; the workers that are left go on
    }
}

void process_pool::wait_for_news()
{
    std::vector<pollfd> watched = {{news_.get(), POLLIN, 0}};
    for (const worker& each : workers_) { // the idle ones, too: they may die
        watched.push_back({each.channel.get(), POLLIN, 0});
    }
    while (::poll(watched.data(), watched.size(), -1) == -1) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
    }
    if (watched[0].revents != 0) {
        news_.clear();
    }
    auto next = workers_.begin();
    for (std::size_t i = 1; i < watched.size(); ++i) {
        const auto each = next++; // receive() may remove it
        if (watched[i].revents != 0) {
            receive(each);
        }
    }
}

void process_pool::receive(worker_position from)
{
    std::optional<std::string> reply;
    try {
        reply = receive_message(from->channel.get());
    } catch (const std::exception&) {
        // It died in the middle of a message, or wrote what is none: as bad as no reply.
    }
    if (!reply || !from->is_busy()) {
        bury(from);
        return;
    }
    const auto answered = std::move(from->held); // idle from here on
    answered->deliver(*reply);
}

void process_pool::bury(worker_position dead)
{
    dead->process.kill(); // should it live on without its channel; a dead one stays as it died
    const worker_died obituary(dead->process.pid(), dead->process.wait());
    last_death_ = std::make_exception_ptr(obituary);
    const auto lost = std::move(dead->held);
    {
        const std::lock_guard lock(mutex_);
        workers_.erase(dead);
    }
    if (lost) {
        lost->fail(last_death_);
    }
}

void process_pool::fail_queue()
{
    std::deque<std::unique_ptr<given::call>> hopeless;
    {
        const std::lock_guard lock(mutex_);
        hopeless.swap(queue_);
    }
    for (const auto& each : hopeless) {
        each->fail(last_death_);
    }
}

void process_pool::dismiss_workers()
{
    for (worker& each : workers_) {
        each.channel.close(); // its loop reads the end and returns
    }
    for (worker& each : workers_) {
        each.process.wait();
    }
    const std::lock_guard lock(mutex_);
    workers_.clear();
}
