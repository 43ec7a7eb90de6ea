// Mistakes whose cause a report names: bodies for the checks of causes.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace cases {

void guarded_by_a_guard_without_a_name();
void written_after_the_unlock();
void looked_under_another_lock();
void left_in_the_container();
void asked_again_and_again();
void worked_again_and_again();
void used_after_the_member_died();

} // namespace cases
