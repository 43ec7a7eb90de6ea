// What memory orders publish: by release and acquire, by fences, by what continues a release.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/right/programs.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>

namespace cases {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;

// A number is written and published by one thread, read by the other if it sees that.
template <class Publish, class Sees>
void handed_over(Publish publish, Sees sees)
{
    std::atomic<int> flag = 0;
    int number = 0;
    by_two(
        [&] {
            number = 7;
            publish(flag);
        },
        [&] {
            if (sees(flag)) {
                EXPLORE_REQUIRE(number == 7);
            }
        });
}

void by_release_and_acquire()
{
    handed_over([](auto& flag) { flag.store(1, release); },
                [](auto& flag) { return flag.load(acquire) == 1; });
}

void by_default_orders()
{
    handed_over([](auto& flag) { flag = 1; }, [](auto& flag) { return flag == 1; });
}

void by_two_fences()
{
    handed_over(
        [](auto& flag) {
            std::atomic_thread_fence(release);
            flag.store(1, relaxed);
        },
        [](auto& flag) {
            const bool set = flag.load(relaxed) == 1;
            std::atomic_thread_fence(acquire);
            return set;
        });
}

void by_release_and_fence()
{
    handed_over([](auto& flag) { flag.store(1, release); },
                [](auto& flag) {
                    if (flag.load(relaxed) == 0) {
                        return false;
                    }
                    std::atomic_thread_fence(acquire);
                    return true;
                });
}

void by_fence_and_acquire()
{
    handed_over(
        [](auto& flag) {
            std::atomic_thread_fence(acq_rel);
            flag.store(1, relaxed);
        },
        [](auto& flag) { return flag.load(acquire) == 1; });
}

void by_exchange()
{
    handed_over([](auto& flag) { flag.exchange(1, release); },
                [](auto& flag) { return flag.exchange(2, acquire) == 1; });
}

void by_compare_exchange()
{
    handed_over([](auto& flag) { flag.fetch_add(1, acq_rel); },
                [](auto& flag) {
                    int expected = 1;
                    return flag.compare_exchange_strong(expected, 2, acquire, relaxed);
                });
}

void by_failed_compare_exchange()
{
    handed_over([](auto& flag) { flag.store(1, release); },
                [](auto& flag) {
                    int expected = 0;
                    return !flag.compare_exchange_strong(expected, 5, relaxed, acquire) &&
                           expected == 1;
                });
}

// A relaxed read-modify-write continues what somebody else released.
void by_release_sequence()
{
    std::atomic<int> flag = 0;
    int number = 0;
    by_all(3, [&](int thread) {
        if (thread == 0) {
            number = 7;
            flag.store(1, release);
        } else if (thread == 1) {
            int one = 1;
            flag.compare_exchange_strong(one, 2, relaxed);
        } else if (flag.load(acquire) == 2) {
            EXPLORE_REQUIRE(number == 7);
        }
    });
}

// Each passes on what it was given, though the number has nothing to do with it.
void by_chain_of_three()
{
    std::atomic<int> first = 0;
    std::atomic<int> second = 0;
    int number = 0;
    by_all(3, [&](int thread) {
        if (thread == 0) {
            number = 7;
            first.store(1, release);
        } else if (thread == 1 && first.load(acquire) == 1) {
            second.store(1, release);
        } else if (thread == 2 && second.load(acquire) == 1) {
            EXPLORE_REQUIRE(number == 7);
        }
    });
}

void by_one_fence_for_two_flags()
{
    std::atomic<bool> one = false;
    std::atomic<bool> other = false;
    int number = 0;
    by_all(3, [&](int thread) {
        if (thread == 0) {
            number = 7;
            std::atomic_thread_fence(release);
            one.store(true, relaxed);
            other.store(true, relaxed);
        } else if ((thread == 1 ? one : other).load(acquire)) {
            EXPLORE_REQUIRE(number == 7);
        }
    });
}

void by_flag_of_its_own_kind()
{
    std::atomic_flag taken;
    int number = 0;
    by_two(
        [&] {
            number = 7;
            taken.test_and_set(release);
        },
        [&] {
            if (taken.test(acquire)) {
                EXPLORE_REQUIRE(number == 7);
            }
        });
}

void pointer_to_a_fresh_object()
{
    struct point {
        int x = 3, y = 4;
    };
    std::atomic<point*> published = nullptr;
    by_two([&] { published.store(new point, release); },
           [&] {
               if (const point* seen = published.load(acquire)) {
                   EXPLORE_REQUIRE(seen->x + seen->y == 7);
               }
           });
    delete published.load();
}

void counted_relaxed_read_after_the_join()
{
    std::atomic<int> count = 0;
    by_all(3, [&](int) { count.fetch_add(1, relaxed); });
    EXPLORE_REQUIRE(count.load(relaxed) == 3);
}

void numbers_drawn_relaxed()
{
    std::atomic<std::size_t> next = 0;
    std::array<int, 3> by{}; // each place is its drawer's
    by_all(3, [&](int thread) { by[next.fetch_add(1, relaxed)] = thread + 1; });
    EXPLORE_REQUIRE(by[0] + by[1] + by[2] == 6);
}

void stop_flag_relaxed()
{
    std::atomic<bool> stop = false;
    int rounds = 0;
    std::thread worker([&] {
        while (!stop.load(relaxed)) {
            ++rounds;
            std::this_thread::yield();
        }
    });
    stop.store(true, relaxed);
    worker.join();
    EXPLORE_REQUIRE(rounds >= 0); // the join orders it
}

void references_counted(bool by_fence)
{
    struct shared {
        std::atomic<int> references = 2;
        int number = 0;
    };
    auto* object = new shared;
    std::atomic<int> ends = 0;
    by_all(2, [&](int thread) {
        if (thread == 0) {
            object->number = 7;
        }
        if (object->references.fetch_sub(1, by_fence ? release : acq_rel) == 1) {
            if (by_fence) {
                std::atomic_thread_fence(acquire);
            }
            EXPLORE_REQUIRE(object->number == 7);
            delete object;
            ++ends;
        }
    });
    EXPLORE_REQUIRE(ends == 1);
}

void references_counted_acq_rel()
{
    references_counted(false);
}
void references_counted_with_fence()
{
    references_counted(true);
}

// Its data are atomics, read and written relaxed between two looks at the number.
void seqlock()
{
    std::atomic<unsigned> sequence = 0;
    std::atomic<int> left = 0;
    std::atomic<int> right = 0;
    by_two(
        [&] {
            sequence.store(1, relaxed);
            std::atomic_thread_fence(release);
            left.store(5, relaxed);
            right.store(5, relaxed);
            sequence.store(2, release);
        },
        [&] {
            const unsigned before = sequence.load(acquire);
            const int seen_left = left.load(relaxed);
            const int seen_right = right.load(relaxed);
            std::atomic_thread_fence(acquire);
            if (before % 2 == 0 && sequence.load(relaxed) == before) {
                EXPLORE_REQUIRE(seen_left == seen_right);
            }
        });
}

void ring_for_one_and_one(std::memory_order store_order, std::memory_order load_order)
{
    std::array<int, 2> place{};
    std::atomic<unsigned> head = 0; // of the taker
    std::atomic<unsigned> tail = 0; // of the putter
    by_two(
        [&] {
            for (unsigned i = 0; i < 3; ++i) {
                while (i - head.load(load_order) == place.size()) {
                    std::this_thread::yield();
                }
                std::atomic_thread_fence(acquire);
                place[i % 2] = static_cast<int>(i) + 1;
                std::atomic_thread_fence(release);
                tail.store(i + 1, store_order);
            }
        },
        [&] {
            for (unsigned i = 0; i < 3; ++i) {
                while (tail.load(load_order) == i) {
                    std::this_thread::yield();
                }
                std::atomic_thread_fence(acquire);
                EXPLORE_REQUIRE(place[i % 2] == static_cast<int>(i) + 1);
                std::atomic_thread_fence(release);
                head.store(i + 1, store_order);
            }
        });
}

void ring_by_orders()
{
    ring_for_one_and_one(release, acquire);
}
void ring_by_fences()
{
    ring_for_one_and_one(relaxed, relaxed);
}

} // namespace

std::vector<right_program> right_with_orders()
{
    return {
        {"by_release_and_acquire", by_release_and_acquire},
        {"by_default_orders", by_default_orders},
        {"by_two_fences", by_two_fences},
        {"by_release_and_fence", by_release_and_fence},
        {"by_fence_and_acquire", by_fence_and_acquire},
        {"by_exchange", by_exchange},
        {"by_compare_exchange", by_compare_exchange},
        {"by_failed_compare_exchange", by_failed_compare_exchange},
        {"by_release_sequence", by_release_sequence},
        {"by_chain_of_three", by_chain_of_three},
        {"by_one_fence_for_two_flags", by_one_fence_for_two_flags},
        {"by_flag_of_its_own_kind", by_flag_of_its_own_kind},
        {"pointer_to_a_fresh_object", pointer_to_a_fresh_object},
        {"counted_relaxed", counted_relaxed_read_after_the_join},
        {"numbers_drawn_relaxed", numbers_drawn_relaxed},
        {"stop_flag_relaxed", stop_flag_relaxed},
        {"references_counted_acq_rel", references_counted_acq_rel},
        {"references_counted_fence", references_counted_with_fence},
        {"seqlock", seqlock},
        {"ring_by_orders", ring_by_orders},
        {"ring_by_fences", ring_by_fences},
    };
}

} // namespace cases
