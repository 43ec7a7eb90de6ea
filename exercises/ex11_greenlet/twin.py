#!/usr/bin/env python3
"""The C++ program's twin, with gevent: ping-pong, three sleepers in one thread, what a turn costs.

usage: ex11_greenlet --python [greenlets]
"""
# SPDX-License-Identifier: MIT
import argparse
import sys
import time


def ping_pong(greenlet, rounds):
    def ping():
        for number in range(1, rounds + 1):
            print("ping", number)
            other.switch()

    def pong():
        for number in range(1, rounds + 1):
            print("pong", number)
            one.switch()

    one = greenlet.greenlet(ping)
    other = greenlet.greenlet(pong)
    one.switch()


def switch(greenlet, times):
    home = greenlet.getcurrent()

    def body():
        while True:
            home.switch()

    other = greenlet.greenlet(body)
    for _ in range(times):
        other.switch()


def nanoseconds_each(times, work):
    start = time.perf_counter()
    work(times)
    return (time.perf_counter() - start) * 1e9 / times


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("greenlets", nargs="?", type=int, default=10_000)
    count = reader.parse_args().greenlets
    try:
        import gevent
        import greenlet
    except ImportError:
        print("ex11's twin needs gevent: python3 -m pip install gevent", file=sys.stderr)
        return 2

    ping_pong(greenlet, 2)
    start = time.perf_counter()
    gevent.joinall([gevent.spawn(gevent.sleep, 0.1) for _ in range(3)])
    print(f"three greenlets sleep 100 ms each: {(time.perf_counter() - start) * 1e3:.0f} ms in all\n")

    def turns(times):
        def body():
            for _ in range(times):
                gevent.sleep(0)

        gevent.spawn(body).join()

    print("there and back, by              ns")
    print(f"greenlet.switch           {nanoseconds_each(200_000, lambda n: switch(greenlet, n)):8.0f}")
    print(f"gevent.sleep(0)           {nanoseconds_each(100_000, turns):8.0f}")

    start = time.perf_counter()
    many = [gevent.spawn(gevent.sleep, 0) for _ in range(count)]
    spawned = time.perf_counter() - start
    start = time.perf_counter()
    gevent.joinall(many)
    ended = time.perf_counter() - start
    print(f"\n{count} greenlets: spawned in {spawned * 1e3:.0f} ms, ended in {ended * 1e3:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
