// A server of Part 2 in a thread of its own, and what tests ask of it. The test's thread starts the
// server and joins it; when run() ignores stop(), the case fails after 5 s instead of hanging.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/line_client.hpp"
#include "given/reply.hpp"
#include "given/work.hpp"
#include "support/machine.hpp"
#include "support/rendezvous.hpp"
#include "support/thread_state.hpp"
#include "support/watch_page.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <ctime>
#include <pthread.h>
#include <unistd.h>

namespace support {

inline const needs_loopback every_server_does;

inline given::work no_work()
{
    return [] {};
}

/// What the server at `where` answers, to the end of the connection; "" for none. Throws when it
/// cannot be reached or says nothing for 5 s.
inline std::string ask(const given::endpoint& where)
{
    given::line_client client{where};
    std::string all;
    try {
        all = client.read_line();
        return all + client.read_to_end();
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::timed_out) {
            happened(all.empty()
                         ? "a client waited 5 s in vain for a reply"
                         : "a client got its reply and waited 5 s in vain for the end of the "
                           "connection: nobody closed it");
        }
        throw;
    }
}

/// The client's number in a reply; 0 for any text that is not exactly a reply.
inline int number_in(const std::string& text)
{
    const auto reply = given::parse_reply(text);
    if (!reply) {
        happened(text.empty() ? "a client's connection ended without a reply"
                              : "what a client got is no reply: ",
                 text);
    }
    return reply ? reply->number : 0;
}

template <typename Server>
class running_server {
public:
    /// Starts to serve on a free port. `before_run` is called with the server ahead of run().
    explicit running_server(
        given::work work = no_work(),
        const std::function<void(Server&)>& before_run = [](Server&) {})
        : server_{given::endpoint{}, std::move(work)}
    {
        before_run(server_);
        // An exception from run() ends the process with a message: none may leave it.
        thread_ = std::thread([this] {
            id_ = ::gettid();
            server_.run();
            returned_.set_value();
        });
    }

    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    /// Stops the server.
    ~running_server() { end(); }

    Server& server() { return server_; }
    given::endpoint where() const { return {"127.0.0.1", server_.port()}; }

    /// The one that is in run(). Not to be asked after end().
    std::thread::id thread() const { return thread_.get_id(); }

    /// Whether run() returns on its own within `time`.
    bool returns_within(std::chrono::milliseconds time)
    {
        return has_returned_.wait_for(time) == std::future_status::ready;
    }

    /// To be asked at the beginning, or after stop(), which has woken run()'s thread: whether that
    /// has gone to sleep, because there is something to wait for. False if run() returns instead.
    bool sleeps_on()
    {
        const auto returned = [&] { return returns_within(std::chrono::milliseconds{0}); };
        return eventually([&] { return returned() || is_asleep(id_); }) && !returned();
    }

    /// Processor time that run()'s thread has used up to now. Opens no descriptor. Not to be asked
    /// after end().
    std::chrono::nanoseconds busy()
    {
        clockid_t clock{};
        timespec used{};
        if (::pthread_getcpuclockid(thread_.native_handle(), &clock) != 0 ||
            ::clock_gettime(clock, &used) != 0) {
            return {};
        }
        return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
    }

    /// Calls stop() and waits for run() to return. If it does not within 5 s, the case ends there:
    /// its thread cannot be joined any more.
    void end()
    {
        if (!thread_.joinable()) {
            return;
        }
        server_.stop();
        if (!returns_within(std::chrono::seconds{5})) {
            give_up("run() did not return within 5 s of stop()");
        }
        thread_.join();
    }

private:
    Server server_;
    std::promise<void> returned_;
    std::future<void> has_returned_ = returned_.get_future();
    std::atomic<pid_t> id_ = 0; // of thread_, set before it calls run()
    std::thread thread_;        // joined by end()
};

/// A server whose first client resets its connection while the work for it goes on. The work ends
/// after that.
template <typename Server>
class reset_at_work {
public:
    reset_at_work()
    {
        given::line_client client{running.where()};
        working_.wait();
        client.reset();
        reset_.open();
    }

private:
    gate working_;
    gate reset_;

public:
    running_server<Server> running{[this] {
        working_.open();
        reset_.wait();
    }};
};

} // namespace support
