// Memory that several processes share, and meeting points inside it: what rendezvous.hpp is to
// threads. Make it before the processes that are to share it; forked ones find it at the same
// address. Every wait is bounded, and a process that is killed while it waits holds nobody up.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/watch_page.hpp"

#include <atomic>
#include <cerrno>
#include <ctime>
#include <new>
#include <system_error>

#include <semaphore.h>
#include <sys/mman.h>

namespace support {

/// One T in shared memory. The process that made it unmaps it; T's destructor is not run, because
/// nobody knows who else still looks at it.
template <class T>
class shared {
public:
    shared()
        : memory_(
              ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {
        if (memory_ == MAP_FAILED) {
            throw std::system_error(errno, std::generic_category(), "mmap");
        }
        new (memory_) T();
    }
    ~shared() { ::munmap(memory_, sizeof(T)); }
    shared(const shared&) = delete;
    shared& operator=(const shared&) = delete;

    T* get() const noexcept { return static_cast<T*>(memory_); }
    T* operator->() const noexcept { return get(); }

private:
    void* memory_;
};

/// Closed until somebody opens it; stays open. To lie in shared memory; from any process.
class process_gate {
public:
    process_gate() { sem_init(&open_, 1, 0); }

    void open() { sem_post(&open_); }

    /// Blocks until the gate is open, at most 5 s. True when it is open.
    bool wait()
    {
        const waiting_for published("a gate between processes");
        timespec limit;
        clock_gettime(CLOCK_REALTIME, &limit);
        limit.tv_sec += 5;
        while (sem_timedwait(&open_, &limit) == -1) {
            if (errno != EINTR) {
                return false;
            }
        }
        sem_post(&open_); // for the next one
        return true;
    }

private:
    sem_t open_;
};

/// A given number of processes meet once. To lie in shared memory.
class process_rendezvous {
public:
    /// Blocks until `parties` are here, at most 5 s. True when they met.
    bool arrive_and_wait(int parties)
    {
        if (++here_ == parties) {
            met_.open();
        }
        return met_.wait();
    }

private:
    std::atomic<int> here_ = 0;
    process_gate met_;
};

} // namespace support
