// Names, programs and verdicts are those of Maranget, Sarkar and Sewell, "A Tutorial Introduction
// to the ARM and POWER Relaxed Memory Models", 2012, and of Lahav, Vafeiadis, Kang, Hur and Dreyer,
// "Repairing Sequential Consistency in C/C++11", PLDI 2017 (RC11, whose cat file herd7 reads).
// Where the standard allows more than the explorer, that is because of values out of thin air (LB),
// or because happens-before and the order of the seq_cst operations disagree (Z6.U).
//
// SPDX-License-Identifier: MIT
#include "explore/litmus/standard.hpp"

namespace litmus {
namespace {

constexpr bool yes = true;
constexpr bool no = false;

} // namespace

const std::vector<standard_test>& standard_tests()
{
    static const std::vector<standard_test> all = {
        // Store buffering.
        {"SB+rlx", "x = 1 rlx ; y rlx | y = 1 rlx ; x rlx", "0 0", yes, yes},
        {"SB+rel+acq", "x = 1 rel ; y acq | y = 1 rel ; x acq", "0 0", yes, yes},
        {"SB+sc", "x = 1 sc ; y sc | y = 1 sc ; x sc", "0 0", no, no},
        {"SB+sc-fences", "x = 1 rlx ; fence sc ; y rlx | y = 1 rlx ; fence sc ; x rlx", "0 0", no,
         no},
        {"SB+one-sc-fence", "x = 1 rlx ; fence sc ; y rlx | y = 1 rlx ; x rlx", "0 0", yes, yes},
        {"SB+acq_rel-fences",
         "x = 1 rlx ; fence acq_rel ; y rlx | y = 1 rlx ; fence acq_rel ; x rlx", "0 0", yes, yes},
        {"SB+rmw", "x := 1 acq_rel ; y rlx | y := 1 acq_rel ; x rlx", "0 0 0 0", yes, yes},
        // Message passing.
        {"MP+rlx", "x = 1 rlx ; y = 1 rlx | y rlx ; x rlx", "1 0", yes, yes},
        {"MP+rel+acq", "x = 1 rlx ; y = 1 rel | y acq ; x rlx", "1 0", no, no},
        {"MP+rel+rlx", "x = 1 rlx ; y = 1 rel | y rlx ; x rlx", "1 0", yes, yes},
        {"MP+rlx+acq", "x = 1 rlx ; y = 1 rlx | y acq ; x rlx", "1 0", yes, yes},
        {"MP+fences", "x = 1 rlx ; fence rel ; y = 1 rlx | y rlx ; fence acq ; x rlx", "1 0", no,
         no},
        {"MP+failed-cas-acq", "x = 1 rlx ; y = 1 rel | y 0 -> 2 rlx acq ; x rlx", "1 0", no, no},
        {"MP+failed-cas-rlx", "x = 1 rlx ; y = 1 rel | y 0 -> 2 acq rlx ; x rlx", "1 0", yes, yes},
        {"MP+stale-cas", "x = 1 rlx ; y = 1 rlx | y acq ; x 1 -> 2 rlx rlx", "1 0", yes, yes},
        {"MP+release-sequence", "y = 1 rlx ; x = 1 rel | x 1 -> 2 rlx rlx | x acq ; y rlx", "1 2 0",
         no, no},
        {"MP+no-release-sequence", "y = 1 rlx ; x = 1 rel ; x = 2 rlx | x acq ; y rlx", "2 0", yes,
         yes},
        // Load buffering.
        {"LB+rlx", "x rlx ; y = 1 rlx | y rlx ; x = 1 rlx", "1 1", no, yes},
        {"LB+rel+acq", "x acq ; y = 1 rel | y acq ; x = 1 rel", "1 1", no, no},
        // Three and four threads.
        {"IRIW+rlx", "x = 1 rlx | y = 1 rlx | x rlx ; y rlx | y rlx ; x rlx", "1 0 1 0", yes, yes},
        {"IRIW+rel+acq", "x = 1 rel | y = 1 rel | x acq ; y acq | y acq ; x acq", "1 0 1 0", yes,
         yes},
        {"IRIW+sc", "x = 1 sc | y = 1 sc | x sc ; y sc | y sc ; x sc", "1 0 1 0", no, no},
        {"IRIW+sc-fences",
         "x = 1 rlx | y = 1 rlx | x rlx ; fence sc ; y rlx | y rlx ; fence sc ; x rlx", "1 0 1 0",
         no, no},
        {"WRC+rlx", "x = 1 rlx | x rlx ; y = 1 rlx | y rlx ; x rlx", "1 1 0", yes, yes},
        {"WRC+rel+acq", "x = 1 rlx | x rlx ; y = 1 rel | y acq ; x rlx", "1 1 0", no, no},
        {"ISA2+rlx", "x = 1 rlx ; y = 1 rlx | y rlx ; z = 1 rlx | z rlx ; x rlx", "1 1 0", yes,
         yes},
        {"ISA2+rel+acq", "x = 1 rlx ; y = 1 rel | y acq ; z = 1 rel | z acq ; x rlx", "1 1 0", no,
         no},
        {"RWC+rel+acq", "x = 1 rel | x acq ; y acq | y = 1 rel ; x acq", "1 0 0", yes, yes},
        {"RWC+sc", "x = 1 sc | x sc ; y sc | y = 1 sc ; x sc", "1 0 0", no, no},
        {"RWC+sc-fences", "x = 1 rlx | x rlx ; fence sc ; y rlx | y = 1 rlx ; fence sc ; x rlx",
         "1 0 0", no, no},
        {"W+RWC+sc-fences",
         "x = 1 rlx ; y = 1 rel | y acq ; fence sc ; z rlx | z = 1 rlx ; fence sc ; x rlx", "1 0 0",
         no, no},
        {"Z6.U", "x = 1 sc ; y = 1 rel | y 1 -> 2 sc sc ; y rlx | y = 3 sc ; x sc", "1 3 0", no,
         yes},
        // Orders of writes.
        {"2+2W+rlx", "x = 1 rlx ; y = 2 rlx | y = 1 rlx ; x = 2 rlx", "| x=1 y=1", yes, yes},
        {"2+2W+rel", "x = 1 rel ; y = 2 rel | y = 1 rel ; x = 2 rel", "| x=1 y=1", yes, yes},
        {"2+2W+sc", "x = 1 sc ; y = 2 sc | y = 1 sc ; x = 2 sc", "| x=1 y=1", no, no},
        {"2+2W+sc-fences", "x = 1 rlx ; fence sc ; y = 2 rlx | y = 1 rlx ; fence sc ; x = 2 rlx",
         "| x=1 y=1", no, no},
        {"R+rlx", "x = 1 rlx ; y = 1 rlx | y = 2 rlx ; x rlx", "0 | y=2", yes, yes},
        {"R+rel+acq", "x = 1 rel ; y = 1 rel | y = 2 rel ; x acq", "0 | y=2", yes, yes},
        {"R+sc", "x = 1 sc ; y = 1 sc | y = 2 sc ; x sc", "0 | y=2", no, no},
        {"S+rlx", "x = 2 rlx ; y = 1 rlx | y rlx ; x = 1 rlx", "1 | x=2", yes, yes},
        {"S+rel+acq", "x = 2 rlx ; y = 1 rel | y acq ; x = 1 rlx", "1 | x=2", no, no},
        // Coherence, and one at a time.
        {"CoRR", "x = 1 rlx | x rlx ; x rlx", "1 0", no, no},
        {"CoRR2", "x = 1 rlx | x = 2 rlx | x rlx ; x rlx | x rlx ; x rlx", "1 2 2 1", no, no},
        {"CoWW", "x = 1 rlx ; x = 2 rlx", "| x=1", no, no},
        {"CoWR", "x = 1 rlx ; x rlx | x = 2 rlx", "2 | x=1", no, no},
        {"CoRW1", "x rlx ; x = 1 rlx", "1", no, no},
        {"CoRW2", "x rlx ; x = 1 rlx | x = 2 rlx", "2 | x=2", no, no},
        {"RMW+RMW", "x := 1 rlx | x := 2 rlx", "0 0", no, no},
        {"RMW+W", "x 0 -> 1 rlx rlx | x = 2 rlx ; x rlx", "0 2 | x=1", no, no},
    };
    return all;
}

} // namespace litmus
