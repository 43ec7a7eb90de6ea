// The standard headers that answers and tests use, compiled once for all of them. The programs are
// built without, so a header that an answer forgets to include is still found.
//
// SPDX-License-Identifier: MIT
#pragma once

#ifdef __SANITIZE_THREAD__ // compiled for the explorer
#include "explore/ids_of_threads.hpp"
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

// The classes that they use most are compiled once, in instantiated.cpp, and not again in each
// file: a compiler spends more time on making their code than on reading the headers.
#include "support/instantiated.hpp"
