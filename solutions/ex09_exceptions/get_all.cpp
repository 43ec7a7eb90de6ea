// SPDX-License-Identifier: MIT
#include "get_all.hpp"

void get_each(std::size_t count, const std::function<void(std::size_t)>& get_one)
{
    std::exception_ptr first;
    int others = 0;
    for (std::size_t i = 0; i < count; ++i) {
        try {
            get_one(i);
        } catch (...) {
            if (first) {
                ++others;
            } else {
                first = std::current_exception();
            }
        }
    }
    if (!first) {
        return;
    }
    if (others == 0) {
        std::rethrow_exception(first); // a copy of a caught base class would lose its type
    }
    try {
        std::rethrow_exception(first);
    } catch (const std::exception& failure) {
        throw several_failed(failure.what(), others);
    } catch (...) {
        throw several_failed("not a std::exception", others);
    }
}
