// SPDX-License-Identifier: MIT
#include "support/instantiated.hpp"

#define WORKBOOK_HERE
WORKBOOK_INSTANTIATED(WORKBOOK_HERE)
