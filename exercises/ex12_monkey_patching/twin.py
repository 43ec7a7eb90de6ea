#!/usr/bin/env python3
"""The C++ program's twin: blocking code in tasks that take turns, before and after patching.

usage: ex12_monkey_patching --python [tasks]

Needs no gevent. The tasks are threads that hand a baton to one another: only the one that has it
runs, so each is a greenlet for what matters here. Sleeping with the baton holds up everybody, and it
is really sleeping with a lock; the patched sleep lays the baton down meanwhile. That is also all
that Python's own time.sleep does with the GIL.
"""
# SPDX-License-Identifier: MIT
import argparse
import sys
import threading
import time
import types

baton = threading.Lock()  # held by the task that runs

# Somebody else's modules, which know of no baton. The first looks the name up when it is called, the
# second has looked it up when it was imported, which was before anybody patched.
THIRD_PARTY = "import time\ndef nap(): time.sleep(0.1)\n"
EARLY_BOUND = "from time import sleep\ndef nap(): sleep(0.1)\n"


def imported(name, source):
    module = types.ModuleType(name)
    exec(source, module.__dict__)  # what `import` does with a file
    return module


def in_turns(task):
    with baton:
        task()


def together(count, task):
    tasks = [threading.Thread(target=in_turns, args=(task,)) for _ in range(count)]
    start = time.perf_counter()
    for one in tasks:
        one.start()
    for one in tasks:
        one.join()
    return (time.perf_counter() - start) * 1e3


def patch_all():
    real_sleep = time.sleep

    def sleep(seconds):
        baton.release()
        try:
            real_sleep(seconds)
        finally:
            baton.acquire()

    time.sleep = sleep  # the name, not the function: whoever has the function keeps it


def show(count, *modules):
    for module in modules:
        took = together(count, module.nap)
        print(f"  {count} tasks nap, 100 ms each, {module.__name__}: {took:.0f} ms in all")


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("tasks", nargs="?", type=int, default=3)
    count = reader.parse_args().tasks
    modules = [imported("time.sleep()", THIRD_PARTY), imported("from time import sleep", EARLY_BOUND)]
    print("as Python has it")
    show(count, *modules)
    patch_all()
    print("\npatched")
    show(count, *modules)
    return 0


if __name__ == "__main__":
    sys.exit(main())
