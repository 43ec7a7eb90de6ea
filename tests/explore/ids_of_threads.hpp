// Included into all judged code, before what uses <thread>. At -O0 g++ tells nobody that an object
// of a class is read where it is passed by value, nor that it is written where a function returns
// it; inlined functions have no such calls. Ids of threads are the ones that answers share most.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <thread>

#ifndef __clang__ // which ignores what comes after the definition
namespace std {

[[gnu::always_inline]] inline bool operator==(thread::id, thread::id) noexcept;
#ifdef __cpp_lib_three_way_comparison
[[gnu::always_inline]] inline strong_ordering operator<=>(thread::id, thread::id) noexcept;
#endif

namespace this_thread {
[[gnu::always_inline]] inline thread::id get_id() noexcept;
} // namespace this_thread

} // namespace std
#endif
