// A process in which at most two more threads can be started: what happens to whoever needs three?
//
// Every new thread is given a stack of 512 MiB, and the address space ends 1.25 GiB from here. So
// the first thread starts, and the third cannot. A thread that ends early would give its stack
// back: claim(), called from every thread, keeps the same amount in its place. Both limits are
// lifted in the destructor. No timing is involved. For a process of its own, as every case has.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/machine.hpp"

#include <cstddef>
#include <cstdio>
#include <mutex>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace support {

class scarce_threads {
public:
    scarce_threads()
    {
        claims_.reserve(64); // allocate now, not when the address space is short
        ::pthread_getattr_default_np(&usual_attributes_);
        pthread_attr_t large;
        ::pthread_attr_init(&large);
        ::pthread_attr_setstacksize(&large, stack);
        const bool stack_set = ::pthread_setattr_default_np(&large) == 0;
        ::pthread_attr_destroy(&large);

        ::getrlimit(RLIMIT_AS, &usual_limit_);
        rlimit limit = usual_limit_;
        limit.rlim_cur = address_space() + 2 * stack + stack / 2;
        if (!stack_set || ::setrlimit(RLIMIT_AS, &limit) != 0) {
            cannot_judge("the address space cannot be limited here, nor threads made scarce");
        }
        refuse_without_a_limit();
    }

    ~scarce_threads()
    {
        ::setrlimit(RLIMIT_AS, &usual_limit_);
        ::pthread_setattr_default_np(&usual_attributes_);
        ::pthread_attr_destroy(&usual_attributes_);
        for (void* claimed : claims_) {
            ::munmap(claimed, stack);
        }
    }

    scarce_threads(const scarce_threads&) = delete;
    scarce_threads& operator=(const scarce_threads&) = delete;

    /// To be called in each thread that was started, as soon as it runs. Safe from any thread.
    void claim()
    {
        thread_local bool claimed = false;
        if (std::exchange(claimed, true)) {
            return;
        }
        void* place =
            ::mmap(nullptr, stack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place != MAP_FAILED) {
            std::lock_guard lock(mutex_);
            claims_.push_back(place);
        }
    }

private:
    static constexpr std::size_t stack = std::size_t{512} << 20;

    /// An emulator may take the limit, and not keep it.
    static void refuse_without_a_limit()
    {
        void* place = ::mmap(nullptr, 4 * stack, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place != MAP_FAILED) {
            ::munmap(place, 4 * stack);
            cannot_judge("the limit of the address space (ulimit -v) is not kept here");
        }
    }

    /// The size of this process's address space, in bytes.
    static std::size_t address_space()
    {
        unsigned long pages = 0;
        if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
            if (std::fscanf(file, "%lu", &pages) != 1) {
                pages = 0;
            }
            std::fclose(file);
        }
        return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    }

    pthread_attr_t usual_attributes_;
    rlimit usual_limit_{};
    std::mutex mutex_;
    std::vector<void*> claims_; // guarded by mutex_
};

} // namespace support
