# How far something is that takes more than a second.
#
# On a terminal it is one line, drawn anew and erased in the end, so that what follows stands clean.
# Anywhere else (a pipe, TERM=dumb) it is a plain line now and then. Nothing runs beside the work
# for this: whoever waits calls tick() or tell() a few times a second.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import time
from collections.abc import Callable

from tool.console import terminal

PERIOD = 2.0  # seconds from one plain line to the next
PATIENCE = 0.5  # seconds before the first, of something that may well be over by then
CUT = ".."


class Line:
    """Said as long as its block runs. `late`: only if that takes longer than PATIENCE."""

    def __init__(self, label: str, late: bool = False, clock: Callable[[], float] = time.monotonic):
        self._label = label
        self._clock = clock
        self._began = clock()
        self._due = self._began + (PATIENCE if late else 0)
        self._what, self._done, self._total = "", 0, 0

    def __enter__(self) -> Line:
        self.tick()
        return self

    def __exit__(self, *_: object) -> None:
        terminal.erase()

    def tell(self, what: str = "", done: int = 0, total: int = 0) -> None:
        """What is under way now, after so many of so many; a total of 0 is not known."""
        self._what, self._done, self._total = what, done, total
        self.tick()

    def tick(self) -> None:
        """Says it anew, if it is due."""
        now = self._clock()
        if now < self._due:
            return
        if terminal.redraws():
            terminal.draw(self.drawn(terminal.columns() - 1))
        else:
            terminal.note(self.plain())
            self._due = now + PERIOD

    def make_room(self) -> None:
        """Something else is about to be printed, which tells as much for a while."""
        terminal.erase()
        if not terminal.redraws():
            self._due = self._clock() + PERIOD

    def drawn(self, width: int) -> str:
        """For a terminal: what matters least goes first where there is little room."""
        label, what, cells = self._label, self._what, 20
        if self._total and width < 90:
            label, cells = "", 10
        if self._total and width < 60:
            what, cells = what.removeprefix("compiling "), 5
        spent = duration(self._clock() - self._began)
        text = "  ".join(part for part in (label, *self._counted(cells), spent, what) if part)
        text = terminal.one_line(text).encode("ascii", "replace").decode()  # a column a character
        return text if len(text) <= width else text[: max(width - len(CUT), 0)] + CUT[:width]

    def _counted(self, cells: int) -> list[str]:
        """The bar, and its figures."""
        if not self._total:
            return []
        full = min(self._done, self._total) * cells // self._total
        return [f"[{'#' * full}{'.' * (cells - full)}]", f"{self._done} of {self._total}"]

    def plain(self) -> str:
        """For a pipe: "building ex01: 12 of 40, compiling the tests of ex01 (8 s)"."""
        count = f"{self._done} of {self._total}" if self._total else ""
        said = ", ".join(part for part in (count, self._what) if part)
        spent = self._clock() - self._began
        if not said and spent < 1:
            return f"{self._label} ..."
        label = f"{self._label}: {said}" if said else self._label
        return terminal.one_line(f"{label} ({duration(spent)})")


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
