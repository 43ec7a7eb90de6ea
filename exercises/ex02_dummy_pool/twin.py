# The same step in Python: multiprocessing.dummy.Pool, which has the process pool's interface and
# threads behind it.
#
# SPDX-License-Identifier: MIT
import os
import statistics
import sys
import time
from multiprocessing.dummy import Pool


def is_prime(n):
    return n >= 2 and all(n % divisor for divisor in range(2, n // 2 + 1))


def calc_primes_pool(pool, end):
    results = [pool.apply_async(is_prime, (n,)) for n in range(end)]
    for n, result in enumerate(results):
        if result.get():
            yield n


def empty_tasks(pool, count):
    results = [pool.apply_async(int) for _ in range(count)]
    for result in results:
        result.get()


def median_ms(work, workers):
    times = []
    while not times or len(times) < 5 and times[0] < 300:
        start = time.perf_counter()
        with Pool(workers) as pool:
            work(pool)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def whole_number(text, name, least):
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        print(f"{name}: '{text}' is not a whole number from {least}", file=sys.stderr)
        sys.exit(2)
    return int(text)


def main(arguments):
    if "--help" in arguments:
        print("usage: twin.py [END [WORKERS...]]   the primes below END (default 20000)")
        return
    end = whole_number(arguments[0], "END", 0) if arguments else 20000
    worker_counts = [whole_number(text, "WORKERS", 1) for text in arguments[1:]] or [1, 5]

    with Pool(5) as pool:
        print("calc_primes_pool(pool, 50) on 5 workers")
        print(*calc_primes_pool(pool, 50))
    print(f"\nThe primes below {end}, on {len(os.sched_getaffinity(0))} cores, Python "
          f"{sys.version.split()[0]}")
    print(f"{'workers':28}" + "".join(f"{workers:12}" for workers in worker_counts))
    rows = {
        "pool, a task per number": lambda pool: list(calc_primes_pool(pool, end)),
        "pool, a task per 100": lambda pool: pool.map(is_prime, range(end), 100),
        f"pool, {end} empty tasks": lambda pool: empty_tasks(pool, end),
    }
    for name, work in rows.items():
        print(f"{name:28}", end="", flush=True)
        for workers in worker_counts:
            print(f"{median_ms(work, workers):9.1f} ms", end="", flush=True)
        print()


main(sys.argv[1:])
