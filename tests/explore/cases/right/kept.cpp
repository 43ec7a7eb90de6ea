// What a schedule leaves behind, and something leads to.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/right/programs.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace cases {
namespace {

std::map<int, std::string>& kept_names()
{
    static std::map<int, std::string> all;
    return all;
}

// More with each schedule, for a while.
void in_a_static()
{
    std::mutex mutex;
    by_all(2, [&](int thread) {
        const std::lock_guard lock(mutex);
        const int number = static_cast<int>(kept_names().size()) + thread;
        if (number < 50) {
            kept_names()[number] = "a name that needs memory of its own, " + std::to_string(number);
        }
    });
}

struct node {
    node* next;
    int value;
};
std::atomic<node*> free_nodes = nullptr; // is never given back

void in_a_list_of_free_nodes()
{
    by_all(2, [](int thread) {
        node* mine = free_nodes.exchange(nullptr);
        if (mine == nullptr) {
            mine = new node{nullptr, thread};
        }
        node* nobody = nullptr;
        if (!free_nodes.compare_exchange_strong(nobody, mine)) {
            node* rest = mine;
            while (rest != nullptr) {
                delete std::exchange(rest, rest->next);
            }
        }
    });
}

void in_a_thread_local()
{
    by_all(3, [](int thread) {
        static thread_local std::vector<std::string> mine;
        mine.push_back("a text that needs memory of its own: " + std::to_string(thread));
        EXPLORE_REQUIRE(mine.size() == 1);
    });
}

// A pointer into the midst of a piece leads to it.
void by_a_pointer_into_it()
{
    static std::atomic<int*> middle = nullptr;
    by_all(2, [](int) {
        auto* fresh = new std::array<int, 8>{};
        int* nobody = nullptr;
        if (!middle.compare_exchange_strong(nobody, fresh->data() + 3)) {
            delete fresh;
        }
    });
}

void by_what_the_library_keeps()
{
    by_all(2, [](int thread) {
        std::cout << "" << std::flush;
        std::ostringstream out;
        out << thread << ' ' << 0.5;
        EXPLORE_REQUIRE(out.str().size() == 5);
        EXPLORE_REQUIRE(std::getenv("NO_SUCH_VARIABLE") == nullptr);
    });
}

void by_an_exception()
{
    std::exception_ptr failure;
    std::thread thrower([&] {
        try {
            throw std::string("a text that needs memory of its own, and more than a little");
        } catch (...) {
            failure = std::current_exception();
        }
    });
    thrower.join();
    EXPLORE_REQUIRE(failure != nullptr);
}

} // namespace

std::vector<right_program> right_to_keep()
{
    return {
        {"in_a_static", in_a_static},
        {"in_a_list_of_free_nodes", in_a_list_of_free_nodes},
        {"in_a_thread_local", in_a_thread_local},
        {"by_a_pointer_into_it", by_a_pointer_into_it},
        {"by_what_the_library_keeps", by_what_the_library_keeps},
        {"by_an_exception", by_an_exception},
    };
}

} // namespace cases
