#!/usr/bin/env python3
"""The C++ program's twin, with gevent: the counting server, in one thread.

usage: ex10_gevent_server --python [--serve [PORT]]
"""
# SPDX-License-Identifier: MIT
import argparse
import sys


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--serve", nargs="?", type=int, const=5000, metavar="PORT",
                        help="serve until Ctrl+C; port 5000 if not given")
    port = reader.parse_args().serve
    try:
        import gevent
        from gevent import socket
        from gevent.server import StreamServer
    except ImportError:
        print("ex10's twin needs gevent: python3 -m pip install gevent", file=sys.stderr)
        return 2

    class CountingServer(StreamServer):
        def __init__(self, address, pause):
            super().__init__(address, self.count, backlog=4096)
            self.n = 0
            self.pause = pause

        def count(self, connection, _peer):
            number = self.n + 1
            if self.pause:
                gevent.sleep(0)
            self.n = number
            with connection:
                connection.sendall(f"<{number}>\n".encode())

    def ask(address):
        with socket.create_connection(address) as connection:
            reply = b""
            while piece := connection.recv(64):
                reply += piece
            return reply.decode()

    def ask_at_once(pause, clients):
        server = CountingServer(("127.0.0.1", 0), pause)
        server.start()
        asking = [gevent.spawn(ask, server.address) for _ in range(clients)]
        replies = [one.get() for one in asking]
        server.stop()
        return replies

    if port is not None:
        server = CountingServer(("127.0.0.1", port), pause=False)
        server.start()
        print(f"Listening on 127.0.0.1. Try, in another terminal:  nc localhost {server.server_port}\n"
              f"or, without nc:  scripts/workbook connect {server.server_port}\n"
              "Ctrl+C ends the server.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
        return 0
    print("".join(ask_at_once(False, 3)))
    print(f"400 clients at once: {len(set(ask_at_once(False, 400)))} different numbers")
    print(f"sleep(0) between read and write, 100 clients: {len(set(ask_at_once(True, 100)))} different numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
