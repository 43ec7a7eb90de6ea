#!/usr/bin/env python3
"""What Python's own GIL does, part by part beside ex04_gil: lost updates, CPU-bound and I/O-bound
threads, and the convoy. The reference counts' price cannot be shown from Python; `--price` is the
C++ program's.

Threads are joined by the function that starts them; the one that computes stops when told.

SPDX-License-Identifier: MIT
"""
import argparse
import dis
import os
import socket
import sys
import threading
import time

ROUNDS = 1_000_000
n = 0


def in_threads(count, body):
    """Runs body() in `count` threads at once; returns the seconds until the last has ended."""
    threads = [threading.Thread(target=body) for _ in range(count)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def add_one():
    global n
    for _ in range(ROUNDS):
        n += 1


def one():
    return 1


def add_one_by_a_call():
    global n
    for _ in range(ROUNDS):
        n += one()


def show_lost_updates():
    global n
    steps = list(dis.get_instructions(add_one_by_a_call))
    about_n = [index for index, step in enumerate(steps) if step.argval == "n"]
    print("n += one() in bytecode:")
    print("  " + " ".join(step.opname for step in steps[about_n[0] : about_n[-1] + 1]))
    print(f"{ROUNDS} times in each of 2 threads")
    print(f"  {'':<12}  {'expected':>10}  {'n':>10}  {'lost':>6}")
    for name, body in (("n += 1", add_one), ("n += one()", add_one_by_a_call)):
        n = 0
        in_threads(2, body)
        expected = 2 * ROUNDS
        print(f"  {name:<12}  {expected:>10}  {n:>10}  {100 * (expected - n) / expected:>4.0f} %")


def show_speed():
    def count(rounds):
        own = 0
        for _ in range(rounds):
            own += 1

    def block(times):
        for _ in range(times):
            time.sleep(0.02)

    print(f"The same work by 1 and by 5 threads, ms ({os.cpu_count()} cores here)")
    print(f"  {'':<38}  {'1 thread':>8}  {'5 threads':>9}  {'speed-up':>8}")
    for name, body, amount in (
        ("CPU-bound: 10,000,000 times n += 1", count, 10_000_000),
        ("I/O-bound: 10 calls that block 20 ms", block, 10),
    ):
        alone = in_threads(1, lambda: body(amount))
        five = in_threads(5, lambda: body(amount // 5))
        print(f"  {name:<38}  {alone * 1e3:>8.0f}  {five * 1e3:>9.0f}  {alone / five:>8.2f}")


def serve(connection):
    while byte := connection.recv(1):
        connection.send(byte)


def latencies(computing):
    """Microseconds of 200 requests to a thread of this process, ascending.

    The client must not need this GIL, so it is another process.
    """
    ours, theirs = socket.socketpair()
    result_in, result_out = os.pipe()
    sys.stdout.flush()
    client = os.fork()  # before any thread is started
    if client == 0:
        ours.close()
        taken = []
        for _ in range(200):
            sent = time.perf_counter()
            theirs.send(b".")
            theirs.recv(1)
            taken.append((time.perf_counter() - sent) * 1e6)
            time.sleep(0.001)
        os.write(result_out, " ".join(f"{us:.1f}" for us in sorted(taken)).encode())
        os._exit(0)
    theirs.close()
    os.close(result_out)
    stop = False

    def compute():
        while not stop:
            pass

    computer = threading.Thread(target=compute)
    if computing:
        computer.start()
    serve(ours)
    stop = True
    if computing:
        computer.join()
    with os.fdopen(result_in) as result:
        figures = [float(us) for us in result.read().split()]
    os.waitpid(client, 0)
    ours.close()
    return figures


def show_convoy():
    print(f"A request of one byte, answered by a thread: latency, us "
          f"(interval {sys.getswitchinterval() * 1e6:.0f})")
    print(f"  {'':<38}  {'min':>6}  {'median':>6}  {'p99':>6}  {'max':>6}")
    for name, computing in (("alone", False), ("beside one that computes", True)):
        us = latencies(computing)
        print(f"  {name:<38}  {us[0]:>6.0f}  {us[len(us) // 2]:>6.0f}  "
              f"{us[len(us) * 99 // 100 - 1]:>6.0f}  {us[-1]:>6.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parts = {"lost": show_lost_updates, "speed": show_speed, "convoy": show_convoy}
    for part in parts:
        parser.add_argument("--" + part, action="store_true")
    parser.add_argument("--interval", type=int, default=5000, help="microseconds")
    chosen = vars(parser.parse_args())
    if not 1 <= chosen["interval"] <= 1_000_000:
        parser.error(f"--interval: '{chosen['interval']}' is not a whole number from 1 to 1000000")
    sys.setswitchinterval(chosen["interval"] / 1e6)

    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"Python {sys.version.split()[0]}, {'with' if enabled else 'without'} the GIL")
    for name, part in parts.items():
        if chosen[name] or not any(chosen[other] for other in parts):
            print()
            part()


if __name__ == "__main__":
    main()
