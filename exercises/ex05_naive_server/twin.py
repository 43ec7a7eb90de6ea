#!/usr/bin/env python3
# The same server in Python: one client at a time. The thread that serves is the program's only one
# besides the main thread, which plays the clients; stop() is closing the listening socket.
#
# SPDX-License-Identifier: MIT
"""usage: twin.py [WORK_MS]                 five clients one by one, then two at once
       twin.py --serve [PORT] [WORK_MS]  serve until Ctrl+C; port 5000 if not given
       twin.py --same-port               two servers share a port and split the count

WORK_MS: milliseconds of work for each client, 15 if not given"""

import contextlib
import socket
import sys
import threading
import time

HOST = "127.0.0.1"


def whole_number(text, name):
    if not text.isdecimal():
        raise ValueError(f"{name}: '{text}' is not a whole number")
    return int(text)


def loops_in(milliseconds):
    """How many turns of an empty loop take so long here."""
    trial = 50_000
    quickest = float("inf")
    for _ in range(40):
        began = time.perf_counter()
        for _ in range(trial):
            pass
        quickest = min(quickest, time.perf_counter() - began)
    return int(trial * milliseconds / 1000 / quickest)


class Server:
    def __init__(self, port=0, loops=0, reuse_port=False):
        self.listener = socket.socket()
        option = socket.SO_REUSEPORT if reuse_port else socket.SO_REUSEADDR
        self.listener.setsockopt(socket.SOL_SOCKET, option, 1)
        self.listener.bind((HOST, port))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        self.loops = loops
        self.n = 0

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # stop() was called
            with client:
                try:
                    client.sendall(self.handle())
                except OSError as error:
                    print("a client got no reply:", error, file=sys.stderr)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def handle(self):
        seen = self.n
        began = time.perf_counter()
        for _ in range(self.loops):
            pass  # simulated request processing
        took = time.perf_counter() - began
        self.n = seen + 1
        return f"<{self.n}, took {took * 1000:.1f} ms>\n".encode()


def connect(port):
    return socket.create_connection((HOST, port), timeout=30)


def read_to_end(client):
    with client, client.makefile() as lines:
        return lines.read()


@contextlib.contextmanager
def running(server):
    """Runs the server in a thread of its own; stops it and joins the thread at the end."""
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def show(loops):
    with running(Server(loops=loops)) as server:
        for _ in range(5):
            print(f"$ nc localhost {server.port}")
            print(read_to_end(connect(server.port)))
        print("Two clients at once:")
        began = time.perf_counter()
        for client in [connect(server.port), connect(server.port)]:
            reply = read_to_end(client)
            print(f"after {(time.perf_counter() - began) * 1000:5.1f} ms: {reply}", end="")


def share_a_port():
    with (
        running(Server(reuse_port=True)) as first,
        running(Server(port=first.port, reuse_port=True)) as second,
    ):
        print(f"two servers listen on port {first.port}; ten clients, one after another:")
        numbers = [read_to_end(connect(first.port)).split(",")[0][1:] for _ in range(10)]
        print("numbers:", " ".join(numbers))
        print(f"the first server counted {first.n}, the second {second.n}")


def serve(arguments):
    port = whole_number(arguments[0], "PORT") if arguments else 5000
    milliseconds = whole_number(arguments[1], "WORK_MS") if arguments[1:] else 15
    server = Server(port, loops_in(milliseconds))
    print(f"Listening on {HOST}. Try, in another terminal:  nc localhost {server.port}\n"
          f"or, without nc:  scripts/workbook connect {server.port}\n"
          "Ctrl+C ends the server.", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.listener.close()


def main(arguments):
    if arguments[:1] == ["--help"]:
        print(__doc__)
    elif arguments == ["--same-port"]:
        share_a_port()
    elif arguments[:1] == ["--serve"] and len(arguments) <= 3:
        serve(arguments[1:])
    elif len(arguments) > 1:
        raise ValueError(f"'{' '.join(arguments)}' is not understood")
    else:
        show(loops_in(whole_number(arguments[0], "WORK_MS") if arguments else 15))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        print(f"{error}; try --help", file=sys.stderr)
        sys.exit(2)
