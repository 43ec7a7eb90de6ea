// A pool of threads: yours to write, on top of your blocking_queue.
//
// SPDX-License-Identifier: MIT
#include "dummy_pool.hpp"

#include "given/todo.hpp"

dummy_pool::dummy_pool(int workers) : size_(workers)
{
    todo("start the workers, each a thread that runs work()");
}

// Given. The workers leave when the queue is closed and empty; workers_ joins them as it goes.
dummy_pool::~dummy_pool()
{
    jobs_.close();
}

void dummy_pool::work()
{
    todo("take one job after another and run it, until no more will come");
}

void dummy_pool::close()
{
    todo("take no more tasks");
}

void dummy_pool::join()
{
    todo("wait for the workers to end, or refuse to when the pool is not closed");
}

void dummy_pool::run_all([[maybe_unused]] std::vector<given::job> jobs)
{
    todo("hand all the jobs to the workers, wait for every one, then throw the first error");
}
