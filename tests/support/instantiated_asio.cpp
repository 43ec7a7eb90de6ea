// SPDX-License-Identifier: MIT
#include "support/instantiated_asio.hpp"

#define WORKBOOK_HERE
WORKBOOK_INSTANTIATED_ASIO(WORKBOOK_HERE)
