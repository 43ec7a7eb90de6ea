# Several pieces of work at once, each in a process of its own that this one forks: what a piece starts
# and leaves behind is that process's alone. All of them end when this process does.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any

from tool.building import bounded
from tool.course.layout import MACHINE, WorkbookError

PR_SET_PDEATHSIG = 1
UNSAVED = 2  # a helper's exit status: what it found could not be written
ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@dataclass(frozen=True)
class Helper:
    process: int
    life: int  # a pipe of which the process alone holds the other end: its end is read once it has ended
    said: IO[bytes]  # what it found, pickled
    place: int


class Helpers:
    """At most `at_once`; a context. What is still at work when it is left is ended."""

    def __init__(self, at_once: int):
        self.at_once = at_once
        self._running: dict[int, Helper] = {}  # by what start() was told
        self._in_company: set[int] = set()  # those beside which another was at work

    def __enter__(self) -> Helpers:
        bounded.adopt_orphans()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._running:
            bounded.end_orphans()
        for one in self._running.values():
            os.close(one.life)
            one.said.close()

    @property
    def busy(self) -> int:
        return len(self._running)

    def start(self, number: int, work: Callable[[int], Any]) -> None:
        """Calls work(place) elsewhere; each that runs has another place, from 0 up."""
        taken = {one.place for one in self._running.values()}
        place = next(n for n in range(self.at_once) if n not in taken)
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        # What a handler raises right after a fork, Python drops.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            said = tempfile.TemporaryFile()
            life, held = os.pipe()
            process = os.fork()
            if process == 0:
                help_out(parent, lambda: work(place), said, max(1, bounded.cores() // self.at_once))
            os.close(held)
            self._running[number] = Helper(process, life, said, place)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self.busy > 1:
            self._in_company.update(self._running)

    def wait(self, meanwhile: Callable[[], None] = bounded.nothing) -> tuple[int, Any, bool]:
        """Until one has ended: its number, what it found, and whether another ran beside it. What one
        that was killed found is None."""
        while True:
            ended = select.poll()
            for one in self._running.values():
                ended.register(one.life, select.POLLIN)
            ready = {life for life, _ in ended.poll(bounded.LOOK_UP * 1000)}
            for number, one in self._running.items():
                if one.life in ready:
                    return number, self._found(number), number in self._in_company
            meanwhile()

    def _found(self, number: int) -> Any:
        one = self._running.pop(number)
        os.close(one.life)
        _, status = os.waitpid(one.process, 0)
        with one.said as said:
            if os.WIFSIGNALED(status):
                return None
            if os.WEXITSTATUS(status) == UNSAVED:
                raise WorkbookError("a helper could not save what it found: is the disk full?", MACHINE)
            if status != 0:
                raise WorkbookError("a helper failed, as told above", MACHINE)
            said.seek(0)
            found = pickle.load(said)  # which our own code has written
        if isinstance(found, WorkbookError):
            raise found
        return found


def help_out(parent: int, work: Callable[[], Any], said: IO[bytes], at_once: int) -> None:
    """In the new process, and does not return."""
    status = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # which has ended already
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends us
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        bounded.OfUs.cores = at_once
        try:
            found = work()
        except WorkbookError as error:
            found = error
        except OSError as error:
            found = WorkbookError(f"a helper failed: {error}", MACHINE)
        status = UNSAVED
        with contextlib.suppress(OSError):
            pickle.dump(found, said)
            said.flush()
            status = 0
    except BaseException:  # whatever it is, it is told, and this copy of the parent goes no further
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
