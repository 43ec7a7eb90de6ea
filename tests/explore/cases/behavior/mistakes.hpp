// Mistakes whose cause a report names: bodies for the checks of causes.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace cases {

void read_after_the_unlock();
void locked_here_alone();
void a_mutex_each();
void locked_in_two_orders();
void joined_under_the_lock();
void published_without_release();
void guarded_by_a_guard_without_a_name();
void written_after_the_unlock();
void looked_under_another_lock();
void left_in_the_container();
void asked_again_and_again();
void worked_again_and_again();
void used_after_the_member_died();
void said_to_be_done_too_early();
void flags_in_one_word();
void thrown_out_of_the_cases_thread();
void change_overwritten();
void deaf_while_it_sleeps();
void news_overlooked();
void notified_after_the_unlock();
void sum_of_a_plain_counter();
void member_beside_a_local();
void started_ahead_of_a_member();
void started_ahead_of_a_default();
void started_ahead_of_a_later_line();
void notified_after_the_waiter_returned();
void flag_that_is_handed_over();
void scratch_that_is_shared();
void used_after_its_end_in_one_thread();
void called_after_its_block();
void locked_in_two_functions();
void moved_in_two_threads();
void cancelled_between_look_and_wait();
void called_back_between_look_and_wait();
void flagged_between_look_and_wait();

} // namespace cases
