# The Python twin of ex14: what threading can do when you press Ctrl+C, and what asyncio can.
#
#   twin.py [END [TASKS]]     primes on threads. Nothing can stop a thread, so they look at an Event.
#   twin.py --queue [ITEMS]   producer and consumer as asyncio tasks, which can be cancelled.
#
# SPDX-License-Identifier: MIT
import asyncio
import sys
import threading

USAGE = "usage: twin.py [END [TASKS]] | --queue [ITEMS]"


def is_prime(n):
    return n > 1 and all(n % d != 0 for d in range(2, n // 2 + 1))


def find_primes(end, tasks):
    asked_to_end = threading.Event()  # the flag that each thread must look at, by itself
    shares = [[] for _ in range(tasks)]

    def work(first):
        for n in range(first, end, tasks):
            if asked_to_end.is_set():
                return
            if is_prime(n):
                shares[first].append(n)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(tasks)]
    for thread in threads:
        thread.start()
    status = 0
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:  # raised in the main thread only; the others know nothing of it
        asked_to_end.set()
        status = 130
        for thread in threads:
            thread.join()
    found = sorted(n for share in shares for n in share)
    print("\nstopped" if status else "done")
    print(len(found), "primes below", end, "the last of them:", *found[-8:])
    return status


async def worker(queue):
    while (item := await queue.get()) is not None:
        print("Got:", item)


async def producer(items):
    queue = asyncio.Queue()
    consumer = asyncio.create_task(worker(queue))
    for n in range(items):
        await queue.put(n)
        await asyncio.sleep(1)
    await queue.put(None)
    await consumer


def main(arguments):
    queue = arguments[:1] == ["--queue"]
    if arguments[:1] == ["--help"]:
        print(USAGE)
        return 0
    try:
        numbers = [int(text) for text in arguments[queue:]]
    except ValueError:
        numbers = [0]
    if len(numbers) > 2 - queue or any(n < 1 for n in numbers):
        print(USAGE, file=sys.stderr)
        return 2
    if not queue:
        end, tasks = (numbers + [20000, 2][len(numbers) :])[:2]
        return find_primes(end, tasks)
    try:
        asyncio.run(producer(numbers[0] if numbers else 10))
    except KeyboardInterrupt:
        print("\nstopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
