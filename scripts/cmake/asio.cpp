// asio's implementation (ASIO_SEPARATE_COMPILATION): compiled here, once, and nowhere else.
//
// SPDX-License-Identifier: MIT
#include <asio/impl/src.hpp>
