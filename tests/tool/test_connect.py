# `connect` against servers of every kind, and the Python twins' servers, which it is for.
#
# SPDX-License-Identifier: MIT
import contextlib
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import fake_tree
import running
from tool.course.layout import WorkbookError
from tool.student import connect

ROOT = fake_tree.TOOL.parents[1]
TWINS = {"ex05_naive_server": "[WORK_MS]", "ex06_racy_server": "[WORK_MS]", "ex07_locked_server": "[WORK_US]",
         "ex10_gevent_server": "", "ex13_async_await": "[racy]"}  # fmt: skip


def read_to_end(connection):
    found = b""
    while piece := connection.recv(65536):
        found += piece
    return found


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# As much of gevent as the twins call, with threads for greenlets: gevent is not everywhere.
GEVENT = {
    "__init__.py": """
import threading, time
def sleep(seconds): time.sleep(seconds)
class spawn:
    def __init__(self, function, *words):
        self.value = None
        self.thread = threading.Thread(target=lambda: setattr(self, "value", function(*words)))
        self.thread.start()
    def get(self):
        self.thread.join()
        return self.value
""",
    "socket.py": "from socket import *\n",
    "server.py": """
import socket, threading
class StreamServer:
    def __init__(self, address, handle, backlog=None):
        self.listener, self.handle = socket.create_server(address), handle
    def start(self):
        self.address = self.listener.getsockname()
        self.server_port = self.address[1]
    def serve_forever(self):
        while True:
            self.handle(*self.listener.accept())
""",
}


class Clients(unittest.TestCase):
    def server(self, serve, clients=1):
        """Its port; `serve` has each connection, in a thread of its own."""
        listener = socket.create_server(("127.0.0.1", 0))

        def handle(connection):
            connection.settimeout(running.LIMIT)
            with connection, contextlib.suppress(OSError):
                serve(connection)

        def accept():
            with listener:
                threads = [threading.Thread(target=handle, args=(listener.accept()[0],)) for _ in range(clients)]
                for one in threads:
                    one.start()
                for one in threads:
                    one.join()

        listener.settimeout(running.LIMIT)
        thread = threading.Thread(target=accept)
        thread.start()
        self.addCleanup(thread.join)
        return listener.getsockname()[1]

    def start(self, *words, **streams):
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        words = [sys.executable, str(fake_tree.TOOL), "--", "connect", *map(str, words)]
        client = subprocess.Popen(words, preexec_fn=running.heed_signals, **{**pipes, **streams})
        self.addCleanup(self.end, client)
        return client

    def end(self, process):
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()

    def said(self, *words, typed=b""):
        client = self.start(*words)
        out, err = client.communicate(typed, timeout=running.LIMIT)
        return client.returncode, out, err.decode()


class Connect(Clients):
    def test_what_the_server_says_comes_as_it_is(self):
        for line in (b"<1, took 15.5 ms>\n", b"no newline", b"\xff\0\r\n", b""):
            port = self.server(lambda connection, line=line: connection.sendall(line))
            self.assertEqual(self.said(port), (0, line, ""))

    def test_the_end_of_the_input_is_the_end_of_what_is_sent(self):
        port = self.server(lambda connection: connection.sendall(b"you said " + read_to_end(connection)))
        typed = b"one\ntwo\nno newline"
        self.assertEqual(self.said(port, typed=typed), (0, b"you said " + typed, ""))

    def test_lines_go_as_they_are_typed(self):
        def serve(connection):
            with connection.makefile("rwb") as lines:
                for line in lines:
                    lines.write(line.upper())
                    lines.flush()

        client = self.start(self.server(serve))
        for line in (b"hello\n", b"again\n"):
            client.stdin.write(line)
            client.stdin.flush()
            self.assertEqual(client.stdout.readline(), line.upper())
        client.stdin.close()
        self.assertEqual(client.wait(running.LIMIT), 0)

    def test_a_client_that_is_gone_already_is_no_error_of_several(self):
        """The server has reset it before the others were let in."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = connect.connected(listener.getsockname()[1])
            with client:
                served, _ = listener.accept()
                reset(served)
                served.close()
                ended = select.poll()
                ended.register(client, select.POLLHUP)
                ended.poll(running.LIMIT * 1000)
                with self.assertRaises(ConnectionResetError):
                    connect.talk([client, client])

    def test_it_leaves_when_the_server_closes(self):
        """Whoever sits at the keyboard need not end the input."""
        port = self.server(lambda connection: connection.sendall(b"bye\n"))
        client = self.start(port)
        self.assertEqual(client.stdout.read(), b"bye\n")
        self.assertEqual(client.wait(running.LIMIT), 0)

    def test_a_server_that_sends_while_it_reads_nothing(self):
        """Neither waits for the other."""
        much = b"x" * (8 << 20)

        def serve(connection):
            connection.sendall(much)
            connection.sendall(b"%d" % len(read_to_end(connection)))

        status, out, err = self.said(self.server(serve), typed=much)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out[len(much) :], b"%d" % len(much))

    def test_several_at_once(self):
        all_are_in = threading.Barrier(5)

        def serve(connection):
            self.assertEqual(read_to_end(connection), b"")
            all_are_in.wait(running.LIMIT)
            connection.sendall(b"<1>\n")

        self.assertEqual(self.said(self.server(serve, 5), "--clients", 5), (0, b"<1>\n" * 5, ""))

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        status, out, err = self.said(port)
        self.assertEqual((status, out), (1, b""))
        self.assertRegex(err, rf"^scripts/workbook: nothing listens on port {port} .*run ex05 --serve {port}\n$")

    def test_no_port(self):
        for word in ("x", "0", "65536", "-1", "5000x", "", "9" * 30):
            with self.assertRaisesRegex(WorkbookError, f"PORT: '{word}' is not a whole number from 1 to 65535") as r:
                connect.connect(word, "1")
            self.assertEqual(r.exception.status, 2)
        with self.assertRaisesRegex(WorkbookError, "--clients: '0' is not"):
            connect.connect("5000", "0")

    def test_a_server_that_breaks_off(self):
        def serve(connection):
            connection.sendall(b"half a l")
            connection.recv(1)
            reset(connection)

        port = self.server(serve)
        status, _, err = self.said(port, typed=b"x\n")
        self.assertEqual((status, err), (1, "scripts/workbook: the server has broken the connection off\n"))

    def test_control_c(self):
        def serve(connection):
            connection.sendall(b"wait\n")
            read_to_end(connection)  # its end is the client's

        client = self.start(self.server(serve))
        self.assertEqual(client.stdout.readline(), b"wait\n")
        client.send_signal(signal.SIGINT)
        self.assertEqual(client.wait(running.LIMIT), 130)
        self.assertEqual(client.stderr.read(), b"interrupted\n")

    def test_nobody_reads_what_it_prints(self):
        client = self.start(self.server(lambda connection: connection.sendall(b"x" * (1 << 20))))
        client.stdout.read(1)
        client.stdout.close()
        self.assertEqual(client.wait(running.LIMIT), 128 + signal.SIGPIPE)

    def test_without_an_input(self):
        port = self.server(lambda connection: connection.sendall(read_to_end(connection) + b"<1>\n"))
        tool = f'exec "{sys.executable}" "{fake_tree.TOOL}" -- connect {port} <&-'
        done = subprocess.run(["sh", "-c", tool], capture_output=True, timeout=running.LIMIT, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b"<1>\n"))


class Twins(Clients):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="workbook-test-")
        self.addCleanup(holder.cleanup)
        self.modules = Path(holder.name)
        (self.modules / "gevent").mkdir()
        for name, text in GEVENT.items():
            (self.modules / "gevent" / name).write_text(text, encoding="utf-8")

    def with_gevent(self):
        return {**os.environ, "PYTHONPATH": str(self.modules), "COLUMNS": "120"}

    def test_without_a_port_one_shows_something(self):
        """ex08's asks the servers of ex06 and ex07 then, as its program does."""
        words = [sys.executable, ROOT / "exercises/ex08_gevent_client/twin.py"]
        done = subprocess.run(words, env=self.with_gevent(), capture_output=True, text=True, check=True)
        self.assertEqual(re.findall(r"^(\d) at once", done.stdout, re.MULTILINE), list("11231" * 2))

    def twin(self, name):
        """Its process and its port."""
        path = ROOT / "exercises" / name / "twin.py"
        words = [sys.executable, "-u", str(path), "--serve", "0"]
        server = subprocess.Popen(
            words, env=self.with_gevent(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=running.heed_signals,
        )  # fmt: skip
        self.addCleanup(self.end, server)
        line = server.stdout.readline()
        self.assertRegex(line, r"^Listening on 127\.0\.0\.1\. Try, in another terminal:  nc localhost \d+\n$")
        port = int(line.split()[-1])
        self.assertEqual(server.stdout.readline(), f"or, without nc:  scripts/workbook connect {port}\n")
        self.assertEqual(server.stdout.readline().split()[0], "Ctrl+C")
        return server, port

    def test_each_serves_until_control_c(self):
        for name in TWINS:
            with self.subTest(name):
                server, port = self.twin(name)
                for number in (1, 2):
                    status, out, err = self.said(port)
                    self.assertEqual((status, err), (0, ""))
                    self.assertRegex(out, rb"^<%d\b.*>\n$" % number)
                server.send_signal(signal.SIGINT)
                self.assertEqual(server.wait(running.LIMIT), 0)
                self.assertEqual(server.stderr.read(), "")

    def test_each_is_begun_as_its_program(self):
        for name, more in TWINS.items():
            said = f"--serve [PORT] {more}".strip()
            self.assertIn(said, (ROOT / "exercises" / name / "main.cpp").read_text(encoding="utf-8"))
            done = subprocess.run(
                [sys.executable, ROOT / "exercises" / name / "twin.py", "--help"],
                env=self.with_gevent(), capture_output=True, text=True, check=True,
            )  # fmt: skip
            self.assertIn(said, done.stdout, name)

    def test_each_program_tells_of_connect(self):
        for path in (*ROOT.glob("exercises/*/main.cpp"), *ROOT.glob("exercises/given/*.hpp")):
            text = path.read_text(encoding="utf-8")
            if "in another terminal:  nc localhost" in text:
                self.assertRegex(text, r"or, without nc:  scripts/workbook connect (%d|\{\})\\n", path.name)
        found = re.findall("in another terminal:  nc", "".join(p.read_text() for p in ROOT.glob("exercises/*/*.cpp")))
        self.assertEqual(len(found), 2)  # ex10's and ex13's; the others serve by given/serving.hpp


if __name__ == "__main__":
    unittest.main()
