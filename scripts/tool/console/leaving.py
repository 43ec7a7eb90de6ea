# The end of every command: the right exit status, whatever becomes of it and of the streams.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import TextIO

from tool.console.wrapping import fitted
from tool.course.layout import MACHINE, WorkbookError

Main = Callable[[list[str]], int]


class Signalled(KeyboardInterrupt):
    """SIGHUP or SIGTERM: the same clean end as after Ctrl+C."""

    def __init__(self, number: int, _frame: object):
        super().__init__()
        self.number = number


def end_on_signals() -> None:
    caught = [one for one in (signal.SIGHUP, signal.SIGTERM) if is_heeded(one)]

    def end(number: int, frame: object) -> None:
        for one in caught:
            signal.signal(one, signal.SIG_IGN)  # once: the end is under way
        raise Signalled(number, frame)

    for one in caught:
        signal.signal(one, end)


def is_heeded(number: int) -> bool:
    return signal.getsignal(number) != signal.SIG_IGN  # nohup ignores SIGHUP


def make_streams_usable() -> None:
    """A stream that was closed (>&-) leads nowhere; a character that one cannot show is a '?'."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Its number is the lowest free one: no other file may get it.
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, "r" if name == "stdin" else "w", encoding="utf-8"))
        elif name != "stdin":
            getattr(sys, name).reconfigure(errors="replace")


def status_of(main: Main, argv: list[str]) -> int:
    """Runs the command; what goes wrong is one line on stderr."""
    try:
        status = main(argv)
        sys.stdout.flush()
        return status
    except WorkbookError as error:
        sys.stdout.flush()
        print(fitted(f"scripts/workbook: {error}", sys.stderr), file=sys.stderr)
        return error.status
    except KeyboardInterrupt as error:
        with contextlib.suppress(OSError):  # by a terminal that is gone
            print("interrupted", file=sys.stderr)
        return 128 + getattr(error, "number", signal.SIGINT)


def say_no_more(stream: TextIO) -> None:
    """Whoever read it has gone: what is still in it leads nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run_to_the_end(main: Main, argv: list[str]) -> int:
    """The status to leave with, whatever becomes of the streams."""
    make_streams_usable()
    end_on_signals()
    try:
        status = status_of(main, argv)
    except BrokenPipeError:
        say_no_more(sys.stdout)
        status = 128 + signal.SIGPIPE
    except OSError as error:
        with contextlib.suppress(OSError):
            print(f"scripts/workbook: {error}", file=sys.stderr)
        status = MACHINE
    for stream in (sys.stdout, sys.stderr):  # else Python itself ends with status 120
        try:
            stream.flush()
        except OSError:  # a full disk, a terminal that is gone
            say_no_more(stream)
    return status
