// Bytes and messages between two processes. A stream socket is no mailbox: it promises that the
// bytes arrive, in order, and not that they arrive together. Whoever wants whole messages makes
// them, here with a length in front of each. No thread is started here; several may call at once,
// each with a channel of its own.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Sends all of `bytes` into `channel`, a connected, blocking socket. Blocks until the system has
/// taken the last byte, however many pieces that takes and however many signals come in between.
/// Throws std::system_error when it cannot, such as EPIPE when the other end is gone; raises no
/// SIGPIPE.
void write_all(int channel, std::string_view bytes);

/// Fills all of `buffer` from `channel`. Blocks until the last byte is there, however many pieces
/// it comes in and however many signals arrive in between. False when the other end was closed
/// before the first byte. Throws std::system_error when it was closed in the middle
/// (ECONNRESET), and for any other error; a reset before the first byte may be taken for either.
bool read_exact(int channel, std::span<char> buffer);

/// Sends one message. Blocks, and throws, as write_all() does.
void send_message(int channel, std::string_view message);

/// The next message; none when the other end was closed between two messages. Blocks, and throws,
/// as read_exact() does.
std::optional<std::string> receive_message(int channel);
