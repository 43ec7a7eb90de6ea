// SPDX-License-Identifier: MIT
#include "support/results.hpp"

#include "support/drawn.hpp"

#include "explore/hooks/system_calls.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace support {
namespace {

int channel = -1;
bool asks = false;
int sent = 0;     // messages
pid_t teller = 0; // the process's first thread; a fork of this process has nothing to tell
std::atomic<bool> failed_elsewhere = false; // in another thread, for which the first one tells it

// Past libc's functions, in whose place an exercise may put its own. Never inlined: there is one
// instruction in which a case waits for answers.
[[gnu::noinline]] long wait_for_answer(const result_arguments& with, int* answer)
{
    return explorer::runtime::system_call(
        SYS_recvfrom, static_cast<long>(with.descriptor), reinterpret_cast<long>(answer),
        sizeof *answer, static_cast<long>(with.flags), 0, static_cast<long>(with.length));
}

bool in_the_first_thread()
{
    return getpid() == teller && gettid() == teller;
}

// While a thread waits for an answer: a signal's handler could change the registers that it waits
// with.
class no_signals {
public:
    no_signals() { set(SIG_SETMASK, &all_, &before_); }
    ~no_signals() { set(SIG_SETMASK, &before_, nullptr); }
    no_signals(const no_signals&) = delete;
    no_signals& operator=(const no_signals&) = delete;

private:
    static void set(int how, const unsigned long* to, unsigned long* before)
    {
        explorer::runtime::system_call(SYS_rt_sigprocmask, how, reinterpret_cast<long>(to),
                                       reinterpret_cast<long>(before), sizeof *to);
    }

    const unsigned long all_ = ~0ul; // the kernel's set of signals has 64 bits
    unsigned long before_ = 0;
};

// The answer; `none` if there is nobody to give one.
int exchange(result_message message, int none = 0)
{
    if (channel < 0 || !in_the_first_thread()) {
        return none;
    }
    message.number = ++sent;
    const result_arguments with(channel, message);
    const no_signals while_it_waits;
    long done = 0;
    do {
        done = explorer::runtime::system_call(SYS_sendto, channel, reinterpret_cast<long>(&message),
                                              sizeof message, MSG_NOSIGNAL);
    } while (done == -EINTR);
    while (done == sizeof message) {
        int answer = 0;
        const long got = wait_for_answer(with, &answer);
        if (got != -EINTR) {
            return got == sizeof answer ? answer : none;
        }
    }
    return none;
}

} // namespace

void send_results_to(int descriptor, bool ask)
{
    channel = descriptor;
    asks = ask;
    teller = getpid();
    exchange({result_message::begins});
}

bool shall_be_turned()
{
    return asks && exchange({result_message::asks}) != 0;
}

int drawn(int usual, int least, int most)
{
    return exchange({result_message::draws, 0, least, most, usual}, usual);
}

void tell_failure(bool turned)
{
    if (!in_the_first_thread()) {
        failed_elsewhere = true;
    }
    exchange({result_message::failed, turned});
}

void tell_end(int cases, int assertions)
{
    if (failed_elsewhere) {
        exchange({result_message::failed});
    }
    exchange({result_message::ended, 0, cases, assertions});
}

} // namespace support
