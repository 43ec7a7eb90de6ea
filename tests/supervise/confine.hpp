// Keeps this process and all that it starts from writing files.
//
// SPDX-License-Identifier: MIT
#pragma once

/// From now on nothing outside /tmp and /dev can be opened for writing, not even by its owner:
/// above all not /proc/self/mem, through which a program changes its own code. False where the
/// kernel has no Landlock; nothing is forbidden then.
bool forbid_writing_files();
