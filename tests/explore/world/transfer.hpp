// Sending and receiving, for the socket calls and for read() and write().
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/world/waiting.hpp"

namespace explorer::runtime {

long receive_into(const char* name, int descriptor, world::entrance by, const iovec* parts,
                  int count, int flags);
long send_from(const char* name, int descriptor, world::entrance by, const iovec* parts, int count,
               int flags, bool named);

} // namespace explorer::runtime
