// The pool's own side is yours. process_pool.hpp says what each function promises, which thread
// runs it and what the mutex guards; you may change its private part.
//
// SPDX-License-Identifier: MIT
#include "process_pool.hpp"

#include "channel.hpp"
#include "given/todo.hpp"
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
    todo("refuse fewer than one worker, then start the workers and the collector");
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
    todo("make a channel and have a worker forked that serves tasks through it");
}

void process_pool::submit([[maybe_unused]] std::unique_ptr<given::call> call)
{
    todo("queue the task and wake the collector, unless the pool is closed");
}

void process_pool::close()
{
    todo("take no more tasks, and let the collector know");
}

void process_pool::join()
{
    todo("refuse before close, then wait until the collector has ended");
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
    todo("serve the workers until the pool is closed and the last task is done");
}

void process_pool::dispatch()
{
    todo("hand a queued task to each idle worker");
}

process_pool::worker_position process_pool::find_idle_worker()
{
    todo("find a worker that holds no task");
}

void process_pool::wait_for_news()
{
    todo("sleep until a worker replies or dies or somebody wakes you, and see to it");
}

void process_pool::receive([[maybe_unused]] worker_position from)
{
    todo("pass a worker's reply on to the task that it held");
}

void process_pool::bury([[maybe_unused]] worker_position dead)
{
    todo("find out how the worker ended, forget it, and fail the task that it held");
}

void process_pool::fail_queue()
{
    todo("no worker is left: fail every queued task");
}

void process_pool::dismiss_workers()
{
    todo("let the workers end, and wait until each is gone");
}
