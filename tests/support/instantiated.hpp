// The library's classes that answers and tests use most: declared here as compiled elsewhere, which
// is in instantiated.cpp. Instrumented like judged code, so that races inside them are seen.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#define WORKBOOK_INSTANTIATED(prefix)                                                              \
    prefix template class std::basic_string<char>;                                                 \
    prefix template class std::deque<std::function<void()>>;                                       \
    prefix template class std::function<bool(int)>;                                                \
    prefix template class std::function<int()>;                                                    \
    prefix template class std::function<void()>;                                                   \
    prefix template class std::function<void(int)>;                                                \
    prefix template class std::future<int>;                                                        \
    prefix template class std::future<void>;                                                       \
    prefix template class std::lock_guard<std::mutex>;                                             \
    prefix template class std::optional<int>;                                                      \
    prefix template class std::packaged_task<int()>;                                               \
    prefix template class std::packaged_task<void()>;                                              \
    prefix template class std::unique_lock<std::mutex>;                                            \
    prefix template class std::vector<int>;                                                        \
    prefix template class std::vector<std::exception_ptr>;                                         \
    prefix template class std::vector<std::string>;                                                \
    prefix template class std::vector<std::vector<int>>;

WORKBOOK_INSTANTIATED(extern)
