// SPDX-License-Identifier: MIT
#include "get_all.hpp"

#include "given/todo.hpp"

void get_each([[maybe_unused]] std::size_t count,
              [[maybe_unused]] const std::function<void(std::size_t)>& get_one)
{
    todo("get every one of them, and throw the first failure after the last has ended");
}
