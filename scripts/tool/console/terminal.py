# Colours, a blank screen and a line that is drawn anew on a terminal, plain text everywhere else.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TextIO

HARMFUL = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def colours(stream: TextIO | None = None) -> bool:
    """True on a terminal that wants them (NO_COLOR, TERM=dumb)."""
    stream = sys.stdout if stream is None else stream
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, *styles: str, stream: TextIO | None = None) -> str:
    if not text or not colours(stream):
        return text
    return f"\033[{';'.join(CODES[style] for style in styles)}m{text}\033[0m"


def clear() -> None:
    """A blank screen where there is one, otherwise a blank line."""
    on_a_screen = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    print("\033[2J\033[H" if on_a_screen else "\n", end="", flush=True)


def plain(text: str) -> str:
    """Without the colour codes that a compiler may have put in."""
    return re.sub(r"\033\[[0-9;]*[A-Za-z]", "", text)


def harmless(text: str) -> str:
    """A stranger's words, for terminals and XML: nothing that controls, or turns the direction."""
    return HARMFUL.sub("?", plain(text))


def one_line(text: str) -> str:
    """A stranger's name for something, likewise."""
    return harmless(text).replace("\n", "?").replace("\t", "?")


def note(text: str) -> None:
    """Something beside the answer; goes to stderr, at once."""
    erase()
    sys.stdout.flush()
    print(paint(text, "dim", stream=sys.stderr), file=sys.stderr, flush=True)


_drawn = ""  # the line that draw() left on the screen; the cursor is at its beginning


def redraws() -> bool:
    """True if stderr is a terminal on which a line can be drawn anew."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def columns() -> int:
    """Of stderr's terminal as it is now; it may be resized at any time."""
    with contextlib.suppress(OSError, ValueError):
        if found := os.get_terminal_size(sys.stderr.fileno()).columns:
            return found
    return 80


def draw(text: str) -> None:
    """Puts this line in the place of the one drawn before. It has to be shorter than columns().

    The cursor rests at its beginning: where a window that is made narrower wraps the line, that is
    the first of its rows, and all of them can be erased from there.
    """
    global _drawn
    wrapped = len(_drawn) >= columns()
    if text == _drawn and not wrapped:
        return
    begin = "\r\033[J" if wrapped else "\r"
    rest = " " * (0 if wrapped else len(_drawn) - len(text))
    _drawn = text
    with contextlib.suppress(OSError):  # a terminal that is gone: what follows will tell
        sys.stdout.flush()
        shown = paint(text, "dim", stream=sys.stderr)
        print(f"{begin}{shown}{rest}\r", end="", file=sys.stderr, flush=True)


def erase() -> None:
    """The line is gone, and the cursor where it began."""
    draw("")


def erase_anothers() -> None:
    """The line that a child process has drawn."""
    if redraws():
        print("\r" + " " * (columns() - 1), end="\r", file=sys.stderr, flush=True)
