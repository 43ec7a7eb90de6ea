// The small cases that the book's reader plays as the scheduler, each a body for the explorer.
// Their threads' names stand in the head of each file, and what a line does where its steps do not
// tell: the player shows both.
//
// SPDX-License-Identifier: MIT
#pragma once

void lost_count();
void lost_wakeup();
void lock_order();
void lost_cancel();
