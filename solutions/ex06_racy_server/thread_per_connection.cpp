// Each connection is an object with a thread of its own, in a list that only the accepting thread
// touches. A worker says when it is done; it is joined by being removed from the list.
//
// SPDX-License-Identifier: MIT
#include "thread_per_connection.hpp"

#include <atomic>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

namespace {

/// One connection and its thread.
class worker {
public:
    worker(given::connection client, const std::function<std::string()>& handle)
        : client_{std::move(client)}, thread_{[this, &handle] { answer(handle); }}
    {}

    /// Joining such a worker's thread takes no time.
    bool done() const { return done_.load(); }

private:
    void answer(const std::function<std::string()>& handle)
    {
        try {
            client_.send_all(handle());
        } catch (const std::exception& error) {
            fmt::print(stderr, "a client got no reply: {}\n", error.what());
        }
        client_.close();
        done_.store(true);
    }

    given::connection client_; // used by thread_ alone once that has started
    std::atomic<bool> done_ = false;
    std::jthread thread_; // last member: joined before the rest is destroyed
};

} // namespace

void serve_each_in_a_thread(given::listener& clients, const std::function<std::string()>& handle)
{
    // Only this thread touches the list. A list, because its elements stay where they are: a
    // worker's thread holds a pointer to it. Leaving the function joins all that are left.
    std::list<worker> workers;
    while (auto client = clients.accept()) {
        workers.remove_if([](const worker& each) { return each.done(); });
        try {
            workers.emplace_back(std::move(*client), handle);
        } catch (const std::system_error& error) {
            fmt::print(stderr, "a client got no thread: {}\n", error.what());
        }
    }
}
