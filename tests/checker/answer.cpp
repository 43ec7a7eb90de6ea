// What the cases take for an answer. Copied to where it is none of the tests' files.
//
// SPDX-License-Identifier: MIT
#include "given/listener.hpp"

#include <atomic>
#include <cerrno>
#include <exception>
#include <future>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>

namespace green {
struct deadlock : std::runtime_error {
    using std::runtime_error::runtime_error;
};
} // namespace green

namespace answer {

int twice(int number)
{
    return number + 2;
}

bool sends()
{
    try {
        throw std::system_error{EBADF, std::generic_category(), "cannot send"};
    } catch (const std::system_error&) {
        return false;
    }
}

void throws()
{
    throw std::system_error{EBADF, std::generic_category(), "cannot throw"};
}

void joins_itself()
{
    std::thread* self = nullptr;
    std::promise<void> known;
    auto all_known = known.get_future();
    std::promise<void> failed;
    auto failure = failed.get_future();
    std::thread one{[&] {
        all_known.wait();
        try {
            self->join();
        } catch (...) {
            failed.set_exception(std::current_exception());
        }
    }};
    self = &one;
    known.set_value();
    one.join();
    failure.get();
}

void is_stuck(const char* who_waits)
{
    throw green::deadlock{who_waits};
}

void goes_on(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        try {
            throw std::system_error{EPIPE, std::generic_category(), "cannot send"};
        } catch (const std::system_error&) {
        }
    }
}

void drops(given::listener& clients, const std::atomic<bool>& stopping)
{
    while (auto client = clients.accept()) {
        if (stopping) {
            return;
        }
        client->send_all("1\n");
    }
}

} // namespace answer
