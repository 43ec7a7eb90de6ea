#!/usr/bin/env python3
"""The C++ program's twin, with gevent: several requests at once, from one thread.

usage: ex08_gevent_client --python [PORT [COUNT]]
"""
# SPDX-License-Identifier: MIT
import argparse
import importlib.util
import pathlib
import sys
import time


def twin_of(exercise):
    """The Python of that exercise, which has a server."""
    path = pathlib.Path(__file__).parents[1] / exercise / "twin.py"
    found = importlib.util.spec_from_file_location(exercise, path)
    twin = importlib.util.module_from_spec(found)
    found.loader.exec_module(twin)
    return twin


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("port", nargs="?", type=int, help="of a server on this machine; without one, "
                        "1, 2 and 3 requests at once to ex06's and to ex07's")
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

    def ask(port, count):
        start = time.perf_counter()
        under_way = [gevent.spawn(request, ("127.0.0.1", port)) for _ in range(count)]
        replies = [one.get() for one in under_way]
        print(f"{count} at once, {(time.perf_counter() - start) * 1e3:.0f} ms in all")
        for reply in replies:
            print("   ", reply, end="")

    if asked.port is None:
        racy, locked = twin_of("ex06_racy_server"), twin_of("ex07_locked_server")

        def show(title, server):
            print(title)
            with racy.running(server):
                for count in (1, 1, 2, 3, 1):
                    ask(server.port, count)

        show("ex06's racy server", racy.Server(loops=racy.loops_in(20)))
        show("\nex07's server with the short lock", locked.Server(locked.loops_in(20_000), coarse=False))
        return 0
    try:
        ask(asked.port, asked.count)
    except OSError as error:
        print(f"127.0.0.1:{asked.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
