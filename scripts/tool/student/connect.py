# `connect`: what the lecture does with nc. Lines that are typed go to a server on this machine, what it
# says is shown, and the server's end is the end.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import select
import socket
import sys

from tool.console.command_line import Command, Parser, whole_number
from tool.course.layout import WorkbookError

HOST = "127.0.0.1"  # nothing here listens elsewhere
PATIENCE = 30  # seconds, to be let in
PIECE = 65536  # bytes
MOST_CLIENTS = 1000


def connect(port_said: str, clients_said: str) -> int:
    port = whole_number("PORT", port_said, 65535)
    clients = whole_number("--clients", clients_said, MOST_CLIENTS)
    try:
        connections = [connected(port) for _ in range(clients)]
        try:
            talk(connections)
        finally:
            for one in connections:
                one.close()
    except (ConnectionResetError, ConnectionAbortedError):
        raise WorkbookError("the server has broken the connection off") from None
    return 0


def connected(port: int) -> socket.socket:
    try:
        found = socket.create_connection((HOST, port), PATIENCE)
    except ConnectionRefusedError:
        cure = f"a server first: scripts/workbook run ex05 --serve {port}"
        raise WorkbookError(f"nothing listens on port {port} of this machine; start {cure}") from None
    except socket.timeout:
        raise WorkbookError(f"port {port} took no client for {PATIENCE} s") from None
    found.setblocking(False)
    return found


def talk(connections: list[socket.socket]) -> None:
    """Until each server has said all. Of several clients none says anything."""
    typing = sys.stdin if len(connections) == 1 else None
    unsent = b""
    if not typing:
        for one in connections:
            half_close(one)
    while connections:
        # What is typed is read when the last line has gone: there is no end to it otherwise.
        wants = [*connections, *([typing] if typing and not unsent else [])]
        ready, free, _ = select.select(wants, connections if unsent else [], [])
        if free:
            unsent = after_sending(connections[0], unsent)
        if typing in ready and typing:
            unsent = os.read(typing.fileno(), PIECE)
            if not unsent:
                typing = None
                half_close(connections[0])
        connections = [one for one in connections if one not in ready or showed_more(one)]


def after_sending(to: socket.socket, unsent: bytes) -> bytes:
    """What is left."""
    try:
        return unsent[to.send(unsent) :]
    except BrokenPipeError:  # it reads no more, and may still speak
        return b""


def half_close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:  # it has gone; what it said is still to be read
        pass


def showed_more(connection: socket.socket) -> bool:
    """False at the end."""
    said = connection.recv(PIECE)
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
    return bool(said)


def connect_arguments(reader: Parser) -> None:
    reader.add_argument("port", nargs="?", default="5000", metavar="PORT", help="the server's (%(default)s)")
    reader.add_argument(
        "--clients", default="1", metavar="N", help="so many at once, which say nothing (%(default)s)"
    )


COMMAND = Command(
    "connect",
    "be a client of a server here, as with nc",
    lambda _, given: connect(given.port, given.clients),
    connect_arguments,
    (
        ("connect 5000", "what comes is shown, lines that you type are sent"),
        ("connect 5000 --clients 3", "three at once, each shows its reply"),
    ),
    "Ctrl+D ends what you say and waits for the rest, Ctrl+C leaves.",
)
