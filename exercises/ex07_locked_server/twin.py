#!/usr/bin/env python3
# The threaded server in Python with a threading.Lock: around the whole handling (coarse), or around
# the count alone (fine). run() joins the clients' threads when stop() has ended it.
#
# SPDX-License-Identifier: MIT
"""usage: twin.py [WORK_US]                  1, 2 and 8 clients at a time on each server
       twin.py --serve [PORT] [WORK_US]   serve until Ctrl+C; port 5000 if not given

WORK_US: microseconds of work for each client, 1000 if not given"""

import contextlib
import socket
import sys
import threading
import time

HOST = "127.0.0.1"
REQUESTS = 400


def whole_number(text, name):
    if not text.isdecimal():
        raise ValueError(f"{name}: '{text}' is not a whole number")
    return int(text)


def loops_in(microseconds):
    """How many turns of an empty loop take so long here."""
    trial = 50_000
    quickest = float("inf")
    for _ in range(40):
        began = time.perf_counter()
        for _ in range(trial):
            pass
        quickest = min(quickest, time.perf_counter() - began)
    return int(trial * microseconds / 1e6 / quickest)


class Server:
    def __init__(self, loops, coarse, port=0):
        self.listener = socket.create_server((HOST, port), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.loops = loops
        self.lock = threading.Lock()
        self.n = 0
        # Whichever is not the lock locks nothing.
        self.around_all = self.lock if coarse else contextlib.nullcontext()
        self.around_count = contextlib.nullcontext() if coarse else self.lock

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
        with self.around_all:
            began = time.perf_counter()
            for _ in range(self.loops):
                pass  # simulated request processing
            took = time.perf_counter() - began
            with self.around_count:
                self.n += 1
                mine = self.n
        return f"<{mine}, took {took * 1000:.1f} ms>\n".encode()


def be_a_client(port, requests, times, numbers):
    for _ in range(requests):
        began = time.perf_counter()
        with socket.create_connection((HOST, port), timeout=30) as client:
            with client.makefile() as lines:
                reply = lines.read()
        times.append(time.perf_counter() - began)
        numbers.append(reply.split(",")[0][1:])


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


def measure(coarse, loops, clients):
    times, numbers = [], []  # list.append is one bytecode: the GIL guards it
    with running(Server(loops, coarse)) as server:
        load = [
            threading.Thread(
                target=be_a_client, args=[server.port, REQUESTS // clients, times, numbers]
            )
            for _ in range(clients)
        ]
        began = time.perf_counter()
        for thread in load:
            thread.start()
        for thread in load:
            thread.join()
        elapsed = time.perf_counter() - began
    times.sort()
    ms = [1000 * times[min(len(times) - 1, len(times) * percent // 100)]
          for percent in (0, 50, 99, 100)]
    name = f"{'coarse' if coarse else 'fine'}, {clients} client{'s' if clients > 1 else ''}"
    lost = "" if len(set(numbers)) == len(numbers) else "   NUMBERS LOST"
    print(f"{name:<22} {len(times):>8} {len(times) / elapsed:>9.0f} "
          + " ".join(f"{time:>8.2f}" for time in ms) + lost)


def serve(arguments):
    port = whole_number(arguments[0], "PORT") if arguments else 5000
    microseconds = whole_number(arguments[1], "WORK_US") if arguments[1:] else 1000
    server = Server(loops_in(microseconds), coarse=False, port=port)
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
        return
    if arguments[:1] == ["--serve"] and len(arguments) <= 3:
        serve(arguments[1:])
        return
    if len(arguments) > 1:
        raise ValueError(f"'{' '.join(arguments)}' is not understood")
    loops = loops_in(whole_number(arguments[0], "WORK_US") if arguments else 1000)
    print(f"{'times in ms':<22} {'replies':>8} {'per s':>9} {'min':>8} {'median':>8} "
          f"{'p99':>8} {'max':>8}")
    for clients in (1, 2, 8):
        for coarse in (True, False):
            measure(coarse, loops, clients)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        print(f"{error}; try --help", file=sys.stderr)
        sys.exit(2)
