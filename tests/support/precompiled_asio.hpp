// asio, for the exercises that use it: the slowest header of the course.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "support/instantiated_asio.hpp"
