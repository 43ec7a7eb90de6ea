# PLACEHOLDER: the same step in Python, and what comes out differently there.
#
# SPDX-License-Identifier: MIT
import sys
import threading


def sum_of_ones(threads, times):
    mutex = threading.Lock()
    sum_ = 0

    def add():
        nonlocal sum_
        for _ in range(times):
            with mutex:
                sum_ += 1

    running = [threading.Thread(target=add) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum_


def whole_number(text, name, least):
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        print(f"{name}: '{text}' is not a whole number from {least}", file=sys.stderr)
        sys.exit(2)
    return int(text)


def main(arguments):
    if "--help" in arguments:
        print("usage: twin.py [THREADS [TIMES]]   2 threads, 100000 times, unless you say otherwise")
        return
    threads = whole_number(arguments[0], "THREADS", 1) if arguments else 2
    times = whole_number(arguments[1], "TIMES", 0) if len(arguments) > 1 else 100000
    print(f"threads         sum\n{threads:7}{sum_of_ones(threads, times):12}")


main(sys.argv[1:])
