// Threads whose stacks have another size than usual: small ones, to have room for many, or huge
// ones, to see each in the memory that is used, or to have none started.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <pthread.h>

namespace support {

/// While it lives, each new thread of this process gets a stack of so many bytes.
class stacks_of {
public:
    explicit stacks_of(std::size_t bytes)
    {
        pthread_getattr_default_np(&before_);
        pthread_attr_t wanted;
        pthread_attr_init(&wanted);
        pthread_attr_setstacksize(&wanted, bytes);
        pthread_setattr_default_np(&wanted);
        pthread_attr_destroy(&wanted);
    }
    stacks_of(const stacks_of&) = delete;
    stacks_of& operator=(const stacks_of&) = delete;
    ~stacks_of()
    {
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }

private:
    pthread_attr_t before_;
};

} // namespace support
