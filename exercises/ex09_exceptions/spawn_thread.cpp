// An exception cannot leave a thread: its function is the first on its stack, and nobody is above
// it to catch. So it is caught there, carried over as an exception_ptr, and thrown again in the
// thread that asks.
//
// SPDX-License-Identifier: MIT
#include "spawn_thread.hpp"

#include "given/todo.hpp"

thread_outcome::thread_outcome(std::string name, std::function<void()> body)
    : name_(std::move(name)), thread_([this, body = std::move(body)] { run(body); })
{}

thread_outcome::~thread_outcome()
{
    thread_.join();
    report_if_nobody_asked();
}

// In the new thread. Nothing may leave it.
void thread_outcome::run([[maybe_unused]] const std::function<void()>& body)
{
    todo("call the body, keep what it throws, and tell those who wait that it has ended");
}

void thread_outcome::wait_and_rethrow()
{
    todo("wait until the thread has ended, and throw its failure again");
}

// The thread is joined and the last handle is gone: nobody else can look at failure_ any more.
void thread_outcome::report_if_nobody_asked()
{
    todo("say on stderr that this thread failed, unless somebody has asked");
}
