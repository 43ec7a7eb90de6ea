#!/usr/bin/env python3
"""The C++ program's twin, with gevent: several requests at once, from one thread.

usage: ex08_gevent_client --python PORT [COUNT]
"""
# SPDX-License-Identifier: MIT
import argparse
import sys
import time


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("port", type=int, help="of a server on this machine, such as ex06's")
    reader.add_argument("count", nargs="?", type=int, default=3)
    asked = reader.parse_args()
    try:
        import gevent
        from gevent import socket
    except ImportError:
        print("ex08's twin needs gevent: python3 -m pip install gevent", file=sys.stderr)
        return 2

    def request(address):
        with socket.create_connection(address) as connection:
            reply = b""
            while piece := connection.recv(1024):
                reply += piece
            return reply.decode()

    address = ("127.0.0.1", asked.port)
    start = time.perf_counter()
    under_way = [gevent.spawn(request, address) for _ in range(asked.count)]
    try:
        replies = [one.get() for one in under_way]
    except OSError as error:
        print(f"127.0.0.1:{asked.port}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{asked.count} at once, {(time.perf_counter() - start) * 1e3:.0f} ms in all")
    for reply in replies:
        print("   ", reply, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
