// A pool of threads: each worker runs one job after another, and the queue does all the waiting.
//
// A job never throws in a worker: apply_async() packed it so that its exception goes to its future.
// The workers leave when the queue is closed and empty; workers_ joins them at the latest as it is
// destroyed.
//
// SPDX-License-Identifier: MIT
#include "dummy_pool.hpp"

#include <exception>
#include <stdexcept>
#include <string>

dummy_pool::dummy_pool(int workers) : size_(workers)
{
    if (workers < 1) {
        throw std::invalid_argument("workers: " + std::to_string(workers) + " is less than 1");
    }
    try {
        for (int n = 0; n < workers; ++n) {
            workers_.emplace_back([this] { work(); });
        }
    } catch (...) {
        jobs_.close(); // no destructor runs for us: let those that did start leave, to be joined
        throw;
    }
}

// Given. The workers leave when the queue is closed and empty; workers_ joins them as it goes.
dummy_pool::~dummy_pool()
{
    jobs_.close();
}

void dummy_pool::work()
{
    while (std::optional<given::job> next = jobs_.pop()) {
        (*next)();
    }
}

void dummy_pool::close()
{
    jobs_.close();
}

void dummy_pool::join()
{
    if (!jobs_.closed()) {
        throw std::logic_error("join() before close(): the workers would never end");
    }
    for (std::jthread& worker : workers_) {
        if (worker.joinable()) { // not yet joined by an earlier call
            worker.join();
        }
    }
}

void dummy_pool::run_all(std::vector<given::job> jobs)
{
    std::exception_ptr first_error;
    const auto keep_first_error = [&first_error](auto action) {
        try {
            action();
        } catch (...) {
            if (!first_error) {
                first_error = std::current_exception();
            }
        }
    };

    std::vector<std::future<void>> done;
    keep_first_error([&] { // somebody may close the pool in the middle
        for (given::job& each : jobs) {
            done.push_back(apply_async(std::move(each)));
        }
    });
    for (std::future<void>& each : done) {
        keep_first_error([&] { each.get(); });
    }
    if (first_error) {
        std::rethrow_exception(first_error);
    }
}
