#!/usr/bin/env python3
# The lecture's threaded server in Python, with its race: a thread for each client, and the count is
# read before the work and written after it. run() joins the threads when stop() has ended it.
#
# SPDX-License-Identifier: MIT
"""usage: twin.py [WORK_MS]                 1, 1, 2, 2, 3 and 1 clients at once
       twin.py --race CLIENTS [WORK_MS]  so many clients at once, once
       twin.py --serve [PORT] [WORK_MS]  serve until Ctrl+C; port 5000 if not given

WORK_MS: milliseconds of work for each client, 17 if not given"""

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
    def __init__(self, port=0, loops=0):
        self.listener = socket.create_server((HOST, port), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.loops = loops
        self.n = 0

    def run(self):
        threads = []
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                break  # stop() was called
            threads = [thread for thread in threads if thread.is_alive()]
            threads.append(threading.Thread(target=self.answer, args=[client]))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def answer(self, client):
        with client:
            try:
                client.sendall(self.handle())
            except OSError as error:
                print("a client got no reply:", error, file=sys.stderr)

    def handle(self):
        seen = self.n
        began = time.perf_counter()
        for _ in range(self.loops):
            pass  # simulated request processing
        took = time.perf_counter() - began
        self.n = seen + 1
        return f"<{seen + 1}, took {took * 1000:.1f} ms>\n".encode()


def provoke(port, count):
    """The replies of `count` clients that are all connected before the first reads."""
    clients = [socket.create_connection((HOST, port), timeout=30) for _ in range(count)]
    replies = []
    for client in clients:
        with client, client.makefile() as lines:
            replies.append(lines.read())
    return replies


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
        for count in [1, 1, 2, 2, 3, 1]:
            one = f"nc localhost {server.port}"
            print("$", one if count == 1 else "; ".join([f"({one} &)"] * count))
            print("".join(provoke(server.port, count)))


def race(count, loops):
    with running(Server(loops=loops)) as server:
        numbers = [reply.split(",")[0][1:] for reply in provoke(server.port, count)]
    print("numbers:", " ".join(numbers))
    print("duplicates:", count - len(set(numbers)))


def serve(arguments):
    port = whole_number(arguments[0], "PORT") if arguments else 5000
    milliseconds = whole_number(arguments[1], "WORK_MS") if arguments[1:] else 17
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
    elif arguments[:1] == ["--race"] and 2 <= len(arguments) <= 3:
        milliseconds = whole_number(arguments[2], "WORK_MS") if arguments[2:] else 17
        race(whole_number(arguments[1], "CLIENTS"), loops_in(milliseconds))
    elif arguments[:1] == ["--serve"] and len(arguments) <= 3:
        serve(arguments[1:])
    elif len(arguments) > 1:
        raise ValueError(f"'{' '.join(arguments)}' is not understood")
    else:
        show(loops_in(whole_number(arguments[0], "WORK_MS") if arguments else 17))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        print(f"{error}; try --help", file=sys.stderr)
        sys.exit(2)
