// The waiting thread sits in sigwait(). Two signals reach it: SIGINT, sent to the process by
// Ctrl+C, and SIGUSR1, sent to this one thread by the destructor.
//
// SPDX-License-Identifier: MIT
#include "given/signal_thread.hpp"

#include <pthread.h>

#include <initializer_list>
#include <utility>

namespace given {
namespace {

sigset_t set_of(std::initializer_list<int> signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) {
        sigaddset(&set, signal);
    }
    return set;
}

} // namespace

signal_thread::signal_thread(std::function<void()> on_interrupt)
    : on_interrupt_{std::move(on_interrupt)}
{
    // A shell starts background jobs with SIGINT ignored; the second Ctrl+C has to work there too.
    struct sigaction by_default = {};
    by_default.sa_handler = SIG_DFL;
    sigaction(SIGINT, &by_default, &action_before_);

    const sigset_t both = set_of({SIGINT, SIGUSR1});
    pthread_sigmask(SIG_BLOCK, &both, &mask_before_);
    thread_ = std::thread{[this] { wait_for_signals(); }};
}

signal_thread::~signal_thread()
{
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
    sigaction(SIGINT, &action_before_, nullptr);
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void signal_thread::wait_for_signals() const
{
    const sigset_t either = set_of({SIGINT, SIGUSR1});
    int signal = 0;
    sigwait(&either, &signal);
    if (signal != SIGINT) {
        return;
    }
    // From here on this thread no longer holds SIGINT back: the next Ctrl+C finds a thread that
    // takes it, and its default action ends the process.
    const sigset_t interrupt = set_of({SIGINT});
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    on_interrupt_();

    const sigset_t goodbye = set_of({SIGUSR1});
    sigwait(&goodbye, &signal);
}

} // namespace given
