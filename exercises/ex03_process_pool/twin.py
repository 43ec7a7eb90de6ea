"""The lecture's three stages in Python: threads, multiprocessing.dummy.Pool, multiprocessing.Pool.

Prints the table that the C++ program prints. --sizes: from which size of task on a pool is worth
it. --kill: what becomes of the task of a worker that is killed; every wait there has a limit.
"""
# SPDX-License-Identifier: MIT
import argparse
import multiprocessing
import multiprocessing.dummy
import os
import signal
import sys
import threading
import time

PATIENCE_S = 3


def is_prime(n):
    return n >= 2 and all(n % d != 0 for d in range(2, n // 2 + 1))


def nothing(_):
    pass


def primes_on_threads(end, workers):
    found = []

    def search(first):
        found.extend(n for n in range(first, end, workers) if is_prime(n))

    threads = [threading.Thread(target=search, args=(first,)) for first in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def primes_on(make_pool):
    def primes(end, workers):
        with make_pool(workers) as pool:
            results = [pool.apply_async(is_prime, (n,)) for n in range(end)]
            return [n for n, result in enumerate(results) if result.get()]

    return primes


def run_empty_threads(tasks):
    for n in range(tasks):
        thread = threading.Thread(target=nothing, args=(n,))
        thread.start()
        thread.join()


def run_empty_tasks(make_pool):
    def run(tasks):
        with make_pool(1) as pool:
            for result in [pool.apply_async(nothing, (n,)) for n in range(tasks)]:
                result.get()

    return run


CONTESTANTS = [
    ("threading", primes_on_threads, run_empty_threads),
    ("dummy.Pool", primes_on(multiprocessing.dummy.Pool), run_empty_tasks(multiprocessing.dummy.Pool)),
    ("Pool", primes_on(multiprocessing.Pool), run_empty_tasks(multiprocessing.Pool)),
]


def milliseconds(run, *arguments):
    """The shortest of three runs."""
    took = []
    for _ in range(3):
        start = time.perf_counter()
        run(*arguments)
        took.append((time.perf_counter() - start) * 1e3)
    return min(took)


def compare(end, workers):
    empty_tasks = 2000
    expected = [n for n in range(end) if is_prime(n)]
    print(f"{len(expected)} primes below {end}; best of 3 runs; {os.cpu_count()} cores; "
          f"Python {sys.version.split()[0]}\n")
    several_head = f"{workers} worker{'' if workers == 1 else 's'}"
    print(f"{'':<14}{'1 worker':>11}{several_head:>13}{'speed-up':>10}{'an empty task':>16}")
    for name, primes, empty in CONTESTANTS:
        if primes(end, workers) != expected:
            sys.exit(f"{name}: wrong primes")
        one = milliseconds(primes, end, 1)
        several = milliseconds(primes, end, workers)
        each_us = milliseconds(empty, empty_tasks) / empty_tasks * 1e3
        print(f"{name:<14}{one:>8.1f} ms{several:>10.1f} ms{one / several:>10.2f}{each_us:>13.1f} us",
              flush=True)


def work(rounds):
    x = rounds
    for _ in range(rounds):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
    return x


def compare_sizes(workers):
    rounds_per_us = 1e6 / (milliseconds(work, 1_000_000) * 1e3)
    print(f"us for each task, and speed-up; {workers} workers, {os.cpu_count()} cores; "
          f"Python {sys.version.split()[0]}\n")
    print(f"{'alone':>12}{'dummy.Pool':>16}{'Pool':>22}")
    with multiprocessing.dummy.Pool(workers) as threads, multiprocessing.Pool(workers) as processes:
        for size_us in (1, 10, 30, 100, 300, 1000, 10_000):
            tasks = min(max(100_000 // size_us, 20), 2000)
            rounds = int(size_us * rounds_per_us)

            def on(pool):
                for result in [pool.apply_async(work, (rounds,)) for _ in range(tasks)]:
                    result.get()

            alone = milliseconds(lambda: [work(rounds) for _ in range(tasks)]) * 1e3 / tasks
            dummy = milliseconds(on, threads) * 1e3 / tasks
            process = milliseconds(on, processes) * 1e3 / tasks
            print(f"{alone:>12.1f}{dummy:>10.1f}{alone / dummy:>8.2f}{process:>14.1f}"
                  f"{alone / process:>8.2f}", flush=True)


def stay_for_ever():
    while True:
        signal.pause()


def kill_a_worker():
    with multiprocessing.Pool(2) as pool:  # leaving the block terminates what is left
        doomed = pool.apply_async(stay_for_ever)
        survivor = pool.apply_async(os.getpid).get()
        pids = [child.pid for child in multiprocessing.active_children()]
        victim = next(pid for pid in pids if pid != survivor)
        print(f"workers {pids[0]} and {pids[1]}; {victim} holds a task that never ends")
        others = [pool.apply_async(is_prime, (n,)) for n in range(1000)]
        print(f"1000 more tasks; kill -9 {victim}")
        os.kill(victim, signal.SIGKILL)
        try:
            doomed.get(timeout=PATIENCE_S)
        except multiprocessing.TimeoutError:
            print(f"its task: nothing, and nothing after {PATIENCE_S} s; get() without a time-out "
                  "would wait for ever")
        try:
            deadline = time.monotonic() + PATIENCE_S
            primes = sum(each.get(timeout=max(0, deadline - time.monotonic())) for each in others)
            print(f"the other tasks: all done, {primes} primes below 1000")
        except multiprocessing.TimeoutError:
            print(f"the other tasks: not done after {PATIENCE_S} s more; the worker died holding the "
                  "queue's lock")
        left = [child.pid for child in multiprocessing.active_children()]
        print("workers now:", " and ".join(map(str, left)))


def whole_number(name, least, most):
    def convert(text):
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                f"{name}: '{text}' is not a whole number from {least} to {most}")
        return int(text)

    return convert


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("end", nargs="?", type=whole_number("END", 0, 1_000_000), default=20000)
    parser.add_argument("workers", nargs="?", type=whole_number("WORKERS", 1, 100), default=5)
    parser.add_argument("--sizes", nargs="?", type=whole_number("WORKERS", 1, 100), metavar="WORKERS",
                        const=max(2, os.cpu_count()), help="the same work in tasks of several sizes")
    parser.add_argument("--kill", action="store_true",
                        help="kill a worker in the middle of its task")
    arguments = parser.parse_args()
    if arguments.kill:
        kill_a_worker()
    elif arguments.sizes:
        compare_sizes(arguments.sizes)
    else:
        compare(arguments.end, arguments.workers)


if __name__ == "__main__":
    main()
