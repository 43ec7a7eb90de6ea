// What the schedules came to, in memory shared with the exploring child.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>

#include <sys/mman.h>

namespace cases {

class outcomes {
public:
    outcomes()
    {
        void* memory = mmap(nullptr, sizeof *page_, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::runtime_error("mmap");
        }
        page_ = static_cast<page*>(memory);
    }
    ~outcomes() { munmap(page_, sizeof *page_); }
    outcomes(const outcomes&) = delete;
    outcomes& operator=(const outcomes&) = delete;

    // Not instrumented: it writes elsewhere in every schedule, which would make each a kind of its
    // own where plain accesses are steps.
    __attribute__((no_sanitize("thread"))) void add(std::uint64_t one)
    {
        if (page_->count < most) {
            page_->list[page_->count++] = one;
        }
    }

    std::set<std::uint64_t> take()
    {
        std::set<std::uint64_t> all(page_->list, page_->list + page_->count);
        page_->count = 0;
        return all;
    }

private:
    static constexpr std::size_t most = 1 << 20;
    struct page {
        std::size_t count;
        std::uint64_t list[most];
    };
    page* page_;
};

} // namespace cases
