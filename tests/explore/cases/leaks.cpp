// Memory that is left behind, in some schedules or in all.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace cases {
namespace {

struct configuration {
    int size = 7;
};

// Whoever comes second has made one in vain.
template <bool Wrong>
void made_twice()
{
    std::atomic<configuration*> shared = nullptr;
    const auto use = [&] {
        if (shared == nullptr) {
            auto* fresh = new configuration;
            configuration* nobody = nullptr;
            if (!shared.compare_exchange_strong(nobody, fresh) && !Wrong) {
                delete fresh;
            }
        }
        EXPLORE_REQUIRE(shared.load()->size == 7);
    };
    std::thread other(use);
    use();
    other.join();
    delete shared.load();
}

// Each finds that there is another user: nobody is the last.
template <bool Wrong>
void lost_count_of_references()
{
    struct counted {
        std::atomic<int> users = 2;
    };
    auto* shared = new counted;
    const auto leave = [shared] {
        int left = 0;
        if constexpr (Wrong) {
            left = shared->users - 1;
            shared->users = left;
        } else {
            left = --shared->users;
        }
        if (left == 0) {
            delete shared;
        }
    };
    std::thread other(leave);
    leave();
    other.join();
}

struct parent;
struct child {
    std::shared_ptr<parent> owner;
    std::weak_ptr<parent> known;
};
struct parent {
    std::vector<std::shared_ptr<child>> children;
    std::mutex mutex; // guards children
};

template <bool Wrong>
void owners_of_each_other()
{
    auto family = std::make_shared<parent>();
    const auto add = [family] {
        auto one = std::make_shared<child>();
        one->owner = Wrong ? family : nullptr;
        one->known = family;
        const std::lock_guard lock(family->mutex);
        family->children.push_back(std::move(one));
    };
    std::thread other(add);
    add();
    other.join();
}

// What is still in it at the end belongs to nobody.
template <bool Wrong>
class stack {
public:
    ~stack()
    {
        while (!Wrong && pop()) {
        }
    }

    void push(int value)
    {
        auto* fresh = new node{value, nullptr};
        const std::lock_guard lock(mutex_);
        fresh->next = std::exchange(top_, fresh);
    }

    std::optional<int> pop()
    {
        const std::lock_guard lock(mutex_);
        if (top_ == nullptr) {
            return std::nullopt;
        }
        const std::unique_ptr<node> taken(std::exchange(top_, top_->next));
        return taken->value;
    }

private:
    struct node {
        int value;
        node* next;
    };

    std::mutex mutex_;
    node* top_ = nullptr; // guarded by mutex_
};

template <bool Wrong>
void elements_at_the_end()
{
    stack<Wrong> numbers;
    std::thread producer([&] {
        numbers.push(1);
        numbers.push(2);
    });
    numbers.pop();
    producer.join();
}

// The thread that is to take it over may find that it is too late.
template <bool Wrong>
void handed_over_too_late()
{
    std::atomic<int*> offered = nullptr;
    std::atomic<bool> closed = false;
    std::thread taker([&] {
        closed = true;
        delete offered.exchange(nullptr);
    });
    auto number = std::make_unique<int>(7);
    if (!closed) {
        offered = number.release();
    }
    taker.join();
    if constexpr (!Wrong) {
        delete offered.exchange(nullptr);
    }
}

} // namespace

std::vector<twin> of_leaks()
{
    return {
        {"made_twice", "what is made in vain is not deleted", made_twice<true>, made_twice<false>},
        {"lost_count_of_references", "of two users neither is the last",
         lost_count_of_references<true>, lost_count_of_references<false>},
        {"owners_of_each_other", "shared pointers in a circle", owners_of_each_other<true>,
         owners_of_each_other<false>},
        {"elements_at_the_end", "a destructor forgets the elements", elements_at_the_end<true>,
         elements_at_the_end<false>},
        {"handed_over_too_late", "nobody takes what was handed over", handed_over_too_late<true>,
         handed_over_too_late<false>},
    };
}

} // namespace cases
