// What bench --loop compares with: as small a program with threads as there is. It counts the
// primes below 10,000 on two threads.
//
// SPDX-License-Identifier: MIT
#include <mutex>
#include <thread>
#include <vector>

int main()
{
    std::mutex mutex;
    std::vector<int> primes; // guarded by mutex until the threads are joined
    const auto find = [&](int begin) {
        for (int n = begin; n < 10000; n += 2) {
            bool prime = n >= 2;
            for (int divisor = 2; divisor * divisor <= n; ++divisor) {
                prime = prime && n % divisor != 0;
            }
            if (prime) {
                const std::lock_guard lock(mutex);
                primes.push_back(n);
            }
        }
    };
    std::thread one(find, 0), other(find, 1);
    one.join();
    other.join();
    return primes.size() == 1229 ? 0 : 1;
}
