#!/usr/bin/env python3
"""The C++ program's twin, with the standard library: what becomes of a task's failure in Python.

usage: ex09_exceptions --python
"""
# SPDX-License-Identifier: MIT
import argparse
import socket
import threading
from concurrent.futures import ThreadPoolExecutor


def nobody():
    """A port that nobody listens on: it was ours a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as once:
        return once.getsockname()


def client(address):
    socket.create_connection(address).close()


def fail(name):
    raise RuntimeError(name)


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print("1. A threading.Thread throws:", flush=True)
    report = threading.excepthook
    threading.excepthook = lambda args: print(
        f"   {args.thread.name}: {args.exc_type.__name__}: {args.exc_value}"
    )
    thread = threading.Thread(target=fail, args=("boom",), name="the thread")
    thread.start()
    thread.join()
    threading.excepthook = report
    print("   the process goes on; join() says nothing of it\n")

    with ThreadPoolExecutor(3) as pool:
        print("2. A task is refused, and is asked twice:")
        refused = pool.submit(client, nobody())
        for _ in range(2):
            try:
                refused.result()
            except OSError as error:
                print(f"   result() raised: {error.strerror} (code {error.errno})")
        print("   and one that nobody asks: nothing is reported, ever\n")
        pool.submit(fail, "the lost one")

        print("4. Three tasks fail:")
        failures = []
        for task in [pool.submit(fail, name) for name in ("first", "second", "third")]:
            try:
                task.result()
            except RuntimeError as error:
                failures.append(error)
        print(f"   first: {failures[0]}, and {len(failures) - 1} more failed")


if __name__ == "__main__":
    main()
