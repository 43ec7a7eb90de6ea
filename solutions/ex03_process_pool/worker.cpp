// The worker's loop: receive, run, reply. It ends when the pool closes its end of the channel, on
// purpose or by dying, and it ends by returning: the fork server, which called it, leaves the
// process with _exit(), so that nothing of the parent's is run or printed a second time.
//
// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include "channel.hpp"
#include "given/remote_call.hpp"

#include <string>

namespace {

std::string reply_to(const std::string& request)
{
    try {
        return given::value_reply(given::perform(request));
    } catch (...) { // whatever a task may throw, 42 included, is reported
        return given::error_reply();
    }
}

} // namespace

int serve_tasks(int channel)
{
    while (const auto request = receive_message(channel)) {
        send_message(channel, reply_to(*request));
    }
    return 0;
}
