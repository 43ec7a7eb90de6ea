// SPDX-License-Identifier: MIT
#include "explore/bench/bodies.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bench {
namespace {

int number;

void handle()
{
    const int read = number;
    std::this_thread::yield();
    number = read + 1;
}

class bounded_queue {
public:
    void push(int item)
    {
        std::unique_lock lock(mutex_);
        not_full_.wait(lock, [&] { return items_.size() < capacity; });
        items_.push(item);
        not_empty_.notify_one();
    }

    bool pop(int& item)
    {
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [&] { return closed_ || !items_.empty(); });
        if (items_.empty()) {
            return false;
        }
        item = items_.front();
        items_.pop();
        not_full_.notify_one();
        return true;
    }

    void close()
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        not_empty_.notify_all();
    }

private:
    static constexpr std::size_t capacity = 2;
    std::mutex mutex_;
    std::condition_variable not_empty_; // notified by push() and close()
    std::condition_variable not_full_;  // notified by pop()
    std::queue<int> items_;             // guarded by mutex_
    bool closed_ = false;               // guarded by mutex_
};

class pool {
public:
    explicit pool(int workers)
    {
        for (int i = 0; i < workers; ++i) {
            workers_.emplace_back([this] { work(); });
        }
    }

    ~pool()
    {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        work_ready_.notify_all();
        for (std::thread& worker : workers_) {
            worker.join();
        }
    }

    void submit(std::function<void()> task)
    {
        {
            const std::lock_guard lock(mutex_);
            tasks_.push(std::move(task));
        }
        work_ready_.notify_one();
    }

private:
    void work()
    {
        for (;;) {
            std::function<void()> task;
            {
                std::unique_lock lock(mutex_);
                work_ready_.wait(lock, [&] { return closed_ || !tasks_.empty(); });
                if (tasks_.empty()) {
                    return;
                }
                task = std::move(tasks_.front());
                tasks_.pop();
            }
            task();
        }
    }

    std::mutex mutex_;
    std::condition_variable work_ready_;      // notified by submit() and the destructor
    std::queue<std::function<void()>> tasks_; // guarded by mutex_
    bool closed_ = false;                     // guarded by mutex_
    std::vector<std::thread> workers_;        // joined by the destructor
};

} // namespace

void read_work_write()
{
    number = 0;
    std::thread first(handle);
    std::thread second(handle);
    first.join();
    second.join();
}

void one_producer_two_consumers()
{
    bounded_queue queue;
    int sum[2] = {0, 0};
    const auto consume = [&](int* into) {
        for (int item = 0; queue.pop(item);) {
            *into += item;
        }
    };
    std::thread first(consume, &sum[0]);
    std::thread second(consume, &sum[1]);
    std::thread producer([&] {
        for (int i = 0; i < 4; ++i) {
            queue.push(1);
        }
        queue.close();
    });
    producer.join();
    first.join();
    second.join();
}

void pool_of_two()
{
    std::atomic<int> done = 0;
    {
        pool workers(2);
        for (int i = 0; i < 3; ++i) {
            workers.submit([&] { ++done; });
        }
    }
}

unsigned long everyday_work(int rounds)
{
    std::mutex mutex;
    std::atomic<unsigned long> total = 0;
    unsigned long sum = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<int> numbers;
        std::map<int, std::string> names;
        std::deque<int> waiting;
        for (int i = 0; i < 100; ++i) {
            const std::lock_guard lock(mutex);
            numbers.push_back(i * 7919 % 101);
            names[i % 16] += static_cast<char>('a' + i % 26);
            waiting.push_back(i);
            ++total;
        }
        std::sort(numbers.begin(), numbers.end());
        while (!waiting.empty()) {
            sum += static_cast<unsigned long>(waiting.front());
            waiting.pop_front();
        }
        for (const auto& [key, name] : names) {
            sum += name.size() + static_cast<unsigned long>(key);
        }
    }
    return sum + total;
}

} // namespace bench
