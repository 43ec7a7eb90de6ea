# Single keys from a terminal, which is given back as it was found.
#
# A key comes at once and without an echo ("cbreak"); Ctrl+C stays a signal. Whatever ends the block
# gives the terminal back: an exception, a signal that the tool makes one of, Ctrl+\ and Ctrl+Z too.
# Without a terminal at both ends no key ever comes, and nothing is set.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator
from typing import Any

# What arrows and function keys send: letters that nobody typed.
SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O.|.|$)", re.DOTALL)


class Keyboard:
    """What keys() yields."""

    def __init__(self) -> None:
        self.there = sys.stdin.isatty() and sys.stdout.isatty()
        self._in = sys.stdin.fileno()
        self._found = termios.tcgetattr(self._in) if self.there else None
        self._handlers: dict[int, Any] = {}  # those that ours replaced; empty while the terminal is as found

    def take(self) -> None:
        if self.there:
            self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._pause)
            term = signal.getsignal(signal.SIGTERM)
            self._handlers[signal.SIGQUIT] = signal.signal(signal.SIGQUIT, term)
            tty.setcbreak(self._in)

    def give_back(self) -> None:
        if self._found is not None:
            with contextlib.suppress(termios.error):  # it is closed: nobody to give it back to
                termios.tcsetattr(self._in, termios.TCSANOW, self._found)
            while self._handlers:
                signal.signal(*self._handlers.popitem())

    def _pause(self, number: int, _frame: object) -> None:
        self.give_back()
        os.kill(os.getpid(), number)  # the default action now: we stop in here until we go on
        self.take()

    def pressed(self, seconds: float) -> str:
        """The keys that come within this time, in small letters."""
        if not self.there:
            time.sleep(seconds)
            return ""
        if not select.select([self._in], [], [], seconds)[0]:
            return ""
        typed = os.read(self._in, 100)
        if not typed:
            return "q"  # the terminal is gone
        return SEQUENCE.sub(b"", typed).decode("ascii", "ignore").lower()

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """As it was found, to a program that runs in it: Ctrl+C is for that one only."""
        self.give_back()
        # A handler, and not SIG_IGN, which the program would inherit.
        kept = {one: signal.signal(one, pass_over) for one in (signal.SIGINT, signal.SIGQUIT)}
        try:
            yield
        finally:
            for one, handler in kept.items():
                signal.signal(one, handler)
            self.take()


def pass_over(_number: int, _frame: object) -> None:
    pass


@contextlib.contextmanager
def keys() -> Iterator[Keyboard]:
    keyboard = Keyboard()
    try:
        keyboard.take()
        yield keyboard
    finally:
        keyboard.give_back()
