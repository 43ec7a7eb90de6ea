// How a case tells its supervisor of its assertions: by a message each, as it makes them. So the
// verdict lies in the supervisor's memory alone, and what has been told stays told, whatever judged
// code changes afterwards in its own process.
//
// After each message the case waits for an answer, always in the same instruction; the supervisor
// looks where it waits, and takes messages from nowhere else in the program for forged. The first
// comes before any judged code has run and shows where that is. It also looks at the registers of
// the thread that waits there: they hold this very message, in parts of the call's arguments that
// the kernel does not heed. So no other thread can send one while it waits, and take the answer:
// the tests' memory it could write to, a thread's registers it cannot.
//
// Before an assertion of a hand-in the case asks whether its expectation shall be turned round. The
// supervisor chose one at random, and a right answer fails there: who passes it, passes anything.
// Messages come from the case's first thread; what fails in another one is told at the end.
//
// A number that the case draws (drawn.hpp) it asks for as well: nothing in its memory says which
// will come.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace support {

struct result_message {
    enum kind : char { begins = 'b', draws = 'd', asks = 'a', failed = 'f', ended = 'e' };
    kind is;
    char turned = 0; // of a failure: it was expected, as the supervisor had that one turned round
    int cases = 0;   // of an end: how many ran; of a draw: the least number
    int assertions = 0; // of an end: how many they made; of a draw: the largest number
    int usual = 0;      // of a draw: the number where nothing is drawn
    int number = 0;     // of the message, counted from 1
};

/// The arguments of the recvfrom() that waits for a message's answer: those that the kernel reads
/// in 32 bits have the message in their other half, and where no address is asked for, the place
/// for its length is free.
struct result_arguments {
    unsigned long descriptor;
    unsigned long flags;
    unsigned long length;

    result_arguments(int channel, const result_message& message)
        : descriptor(both(message.cases, channel)),
          flags(both(static_cast<int>(static_cast<unsigned>(message.number) << 8 |
                                      static_cast<unsigned char>(message.is) << 1 |
                                      (message.turned != 0)),
                     0)),
          length(both(message.assertions, message.usual))
    {}

private:
    static unsigned long both(int high, int low)
    {
        return static_cast<unsigned long>(static_cast<unsigned>(high)) << 32 |
               static_cast<unsigned>(low);
    }
};

/// Where this process's messages go from now on, and whether it shall ask. A process that it forks
/// sends none. Before any judged code runs.
void send_results_to(int descriptor, bool ask);

/// Asks the supervisor. False if there is none to ask.
bool shall_be_turned();

void tell_failure(bool turned);
void tell_end(int cases, int assertions);

} // namespace support
