# The same step in Python: primes by threading.Thread. The threads take turns with one lock, the GIL,
# so five of them are no faster than one.
#
# SPDX-License-Identifier: MIT
import os
import statistics
import sys
import threading
import time


def is_prime(n):
    return n >= 2 and all(n % divisor for divisor in range(2, n // 2 + 1))


def calc_primes(end, threads):
    found = [[] for _ in range(threads)]

    def take_every_nth(k):
        for n in range(k, end, threads):
            if is_prime(n):
                found[k].append(n)

    running = [threading.Thread(target=take_every_nth, args=(k,)) for k in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    yield from sorted(sum(found, []))


def median_ms(work):
    times = []
    while not times or len(times) < 5 and times[0] < 300:
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def whole_number(text, name, least):
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        print(f"{name}: '{text}' is not a whole number from {least}", file=sys.stderr)
        sys.exit(2)
    return int(text)


def main(arguments):
    if "--help" in arguments:
        print("usage: twin.py [END [THREADS...]]   the primes below END (default 20000)")
        return
    end = whole_number(arguments[0], "END", 0) if arguments else 20000
    thread_counts = [whole_number(text, "THREADS", 1) for text in arguments[1:]] or [1, 2, 5]

    print("calc_primes(50, 5)")
    print(*calc_primes(50, 5))
    print(f"\nThe primes below {end}, on {len(os.sched_getaffinity(0))} cores, Python "
          f"{sys.version.split()[0]}")
    print("threads        time  speed-up   primes")
    reference = None
    for threads in thread_counts:
        found = []
        ms = median_ms(lambda: found.append(len(list(calc_primes(end, threads)))))
        reference = reference or ms
        print(f"{threads:7}{ms:9.1f} ms{reference / ms:10.2f}{found[0]:9}", flush=True)


main(sys.argv[1:])
