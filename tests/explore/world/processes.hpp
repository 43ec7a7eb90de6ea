// Processes as threads of the schedule: what the rest of the runtime knows of them.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/runtime.hpp"

namespace explorer::runtime {

void begin_processes(); // a schedule begins

// The calling thread's process ends; its thread goes on where the process began.
[[noreturn]] void end_process(int signal, int status);

// The calling thread opened this descriptor: its process closes it at its end, if it is one.
void own_descriptor(int descriptor);

} // namespace explorer::runtime
