// How the programs of Part 2 run a server: in the background while the program plays its clients,
// or until Ctrl+C. A server is anything with port(), run() and stop(). Its run() has a thread of
// its own, which the thread that started it stops and joins.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/socket.hpp"
#include "given/todo.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <pthread.h>
#include <signal.h>
#include <thread>

namespace given {

/// Runs `server` in a thread from construction to destruction. An exception from run() ends the
/// program with its message: status 3 for a TODO, 1 for any other.
template <typename Server>
class serving {
public:
    explicit serving(Server& server) : server_{server}, thread_{[&server] { run(server); }} {}
    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;

    /// Stops the server and waits until run() has returned.
    ~serving()
    {
        server_.stop();
        thread_.join();
    }

    endpoint where() const { return {"127.0.0.1", server_.port()}; }

private:
    static void run(Server& server)
    {
        try {
            server.run();
        } catch (const std::exception& error) {
            // The clients would wait in vain for a server that is no more.
            std::fprintf(stderr, "%s\n", error.what());
            std::fflush(nullptr);
            std::_Exit(dynamic_cast<const todo_error*>(&error) ? 3 : 1);
        }
    }

    Server& server_;
    std::thread thread_; // joined by the destructor
};

/// Runs `server` until SIGINT or SIGTERM. To be called before the program starts any thread: those
/// two signals are blocked from now on in this thread, and so in all that it starts, and sigwait()
/// receives them. So no signal handler is needed, which could do next to nothing safely.
template <typename Server>
void serve_until_interrupt(Server& server)
{
    sigset_t interrupts;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &interrupts, nullptr);

    const serving<Server> running{server};
    std::printf("Listening on 127.0.0.1. Try, in another terminal:  nc localhost %d\n"
                "or, without nc:  scripts/workbook connect %d\n"
                "Ctrl+C ends the server.\n",
                int{running.where().port}, int{running.where().port});
    std::fflush(stdout);
    int received = 0;
    sigwait(&interrupts, &received);
    std::puts(""); // behind the terminal's ^C
}

} // namespace given
