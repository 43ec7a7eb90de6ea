// Waiting for many tasks, some of which fail. Works for anything with get(): threads, futures,
// green tasks. Starts no thread.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// More than one task failed. what() begins with the first one's, and says how many more there
/// were: "Connection refused (and 2 more failed)". The first failure itself, with its own type, is
/// nested_ptr(); rethrow_nested() throws it.
class several_failed : public std::runtime_error, public std::nested_exception {
public:
    /// Call it where the first failure is being handled: it becomes nested_ptr().
    several_failed(const std::string& first, int others)
        : std::runtime_error(first + " (and " + std::to_string(others) + " more failed)"),
          others_(others)
    {}

    /// How many failed besides the first.
    int others() const { return others_; }

private:
    int others_;
};

/// Calls get_one(0), get_one(1) and so on, up to count - 1, whether they throw or not. Then throws,
/// if just one of them threw, that very exception; if several, several_failed with the first.
void get_each(std::size_t count, const std::function<void(std::size_t)>& get_one);

/// The results of all `tasks` (a range of anything with get()), in their order; nothing if they
/// return nothing. Waits until *all* of them have ended, and only then throws what get_each() says.
/// (To a greenlet that is killed while it waits here, the task it waits for has failed.)
template <class Tasks>
auto get_all(Tasks& tasks)
{
    using value = decltype(std::begin(tasks)->get());
    auto task = std::begin(tasks);
    const auto count = static_cast<std::size_t>(std::distance(task, std::end(tasks)));
    if constexpr (std::is_void_v<value>) {
        get_each(count, [&](std::size_t) { (*task++).get(); });
    } else {
        std::vector<value> results;
        get_each(count, [&](std::size_t) { results.push_back((*task++).get()); });
        return results;
    }
}
