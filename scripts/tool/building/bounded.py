# Runs programs with judged code in them, which may do anything, also before their main begins:
# loop, leave processes behind, print without end.
#
# Output goes into a file and not through a pipe, which would stay open as long as anything that the
# program left behind. Time is limited. What is left behind becomes a child of this process, a
# "child subreaper", and is ended by end_orphans().
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar, Union

PR_SET_CHILD_SUBREAPER = 36
# Python can miss a signal that comes just before it blocks in a wait without end: it would act on
# it only afterwards. So such waits look up now and then.
LOOK_UP = 0.2  # seconds
PAUSE = 0.02  # seconds between two looks where the kernel does not tell when a process has ended
HEED = 0.1  # seconds, in which to look whether signals_held_back() has one
MOST_PRINTED = 256 * 1024 * 1024  # bytes; the kernel ends (SIGXFSZ) what writes a longer file
MOST_SHOWN = 1024 * 1024
Output = Union[int, IO[bytes]]
Thing = TypeVar("Thing")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Ended:
    status: int | None  # -N: by signal N; None: given up at the time limit
    output: str

    def how(self) -> str:
        if self.status is None:
            return "did not end in time"
        if self.status >= 0:
            return f"ended with exit status {self.status}"
        return f"was ended by signal {-self.status} ({signal.strsignal(-self.status)})"


def adopt_orphans() -> None:
    """From now on descendants whose parent died become our children."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans() -> None:
    """Kills every child and waits for it, then what those leave. To call when all may go."""
    while left := children():
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for process in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, 0)


def nothing(*_: object) -> None:
    """What is done meanwhile, unless somebody says something else."""


def wait_interruptibly(process: subprocess.Popen[Any], meanwhile: Callable[[], None] = nothing) -> int:
    """Like process.wait(), and sure to heed a signal. Calls meanwhile() now and then."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(LOOK_UP)
        meanwhile()


@contextlib.contextmanager
def signals_held_back() -> Iterator[list[int]]:
    """Yields the list of those that came; the first is acted on when the block has ended.

    For a block that has to do with other threads: an exception that a handler raises may leave one
    of Python's own locks taken, and all wait for it for ever.
    """
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    handlers: dict[int, Any] = {one: signal.getsignal(one) for one in numbers}
    ours = [one for one in numbers if callable(handlers[one])]  # not SIG_IGN, not SIG_DFL
    for one in ours:
        signal.signal(one, lambda number, _: came.append(number))
    try:
        yield came
    finally:
        for one in ours:
            signal.signal(one, handlers[one])
        if came:
            handlers[came[0]](came[0], None)


def end_children(patience: float = 10) -> None:
    """Asks every child to end, with its process group, and what those leave; then end_orphans().

    Goes by the kernel's list, as a signal may have interrupted Popen before it gave us the process.
    """
    adopt_orphans()
    deadline = time.monotonic() + patience
    while (left := children()) and time.monotonic() < deadline:
        for process in left:
            for send in (os.kill, os.killpg):
                with contextlib.suppress(ProcessLookupError):
                    send(process, signal.SIGTERM)
        for process in left:
            wait_for(process, deadline - time.monotonic())
    end_orphans()


def wait_for(process: int, limit: float) -> None:
    """Until this child ends, but not beyond the limit."""
    with contextlib.suppress(ChildProcessError):
        has_ended(process, limit)
        os.waitpid(process, os.WNOHANG)


def handle_of(process: int) -> int | None:
    """Readable once the process has ended. None where the kernel, or this Python, has no such thing."""
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return None


def has_ended(process: int, seconds: float) -> bool:
    """Whether this child ends in that time; it is still to be waited for."""
    handle = handle_of(process)
    if handle is None:
        deadline = time.monotonic() + seconds
        while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if (left := deadline - time.monotonic()) <= 0:
                return False
            time.sleep(min(left, PAUSE))
        return True
    try:
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        return bool(ended.poll(max(seconds, 0) * 1000))
    finally:
        os.close(handle)


def children(process: int | str = "self") -> list[int]:
    found = []
    with contextlib.suppress(OSError):  # the process has ended, or a thread of it meanwhile
        for thread in Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(word) for word in (thread / "children").read_text("ascii").split()]
    return found


def start(
    command: list[Any],
    out: Output,
    err: Output = subprocess.STDOUT,
    more: dict[str, str] | None = None,
    told: bytes = b"",
) -> subprocess.Popen[bytes]:
    """`more`: what its environment has beside ours; `told`: a little that it reads."""
    env = {**os.environ, **(more or {})}
    source = subprocess.PIPE if told else subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, stdin=source, stdout=out, stderr=err)
    if process.stdin:
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(told)
    with contextlib.suppress(OSError, ValueError):  # it has ended; a lower limit is there already
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MOST_PRINTED, MOST_PRINTED))
    return process


def status_within(process: subprocess.Popen[Any], seconds: float) -> int | None:
    """Of a process that ends in this time. Popen.wait() looks every 50 ms; this knows at once."""
    if process.poll() is None:
        has_ended(process.pid, seconds)  # it is ours and not waited for: the number is still its own
    return process.poll()


def wait(
    process: subprocess.Popen[bytes],
    out: IO[bytes],
    limit: float,
    meanwhile: Callable[[], None] = nothing,
) -> Ended:
    """Until it ends, at most `limit` seconds; then it is killed. Calls meanwhile() now and then."""
    status = None
    deadline = time.monotonic() + limit
    try:
        while status is None and (left := deadline - time.monotonic()) > 0:
            status = status_within(process, min(left, LOOK_UP))
            meanwhile()
    finally:
        process.kill()
        process.wait()
    return Ended(status, text_of(out))


def text_of(out: IO[bytes], most: int = MOST_SHOWN) -> str:
    """The beginning of what was written into it."""
    out.seek(0)
    return out.read(most).decode("utf-8", "replace")


class OfUs:
    """How many cores this process may use; 0: all that it has."""

    cores = 0


def cores() -> int:
    return OfUs.cores or len(os.sched_getaffinity(0))


def in_parallel(
    action: Callable[[Thing], Result],
    things: list[Thing],
    interrupt: Callable[[], None],
    meanwhile: Callable[[int, Thing | None], None] = nothing,
) -> list[Result]:
    """action(thing) of each, on as many threads as cores(). When a signal or an error ends
    it, interrupt() is called, which must make those that run end soon. Calls meanwhile(how many are
    done, one of those that run, or None) now and then, in this thread."""
    with signals_held_back() as came:
        with futures.ThreadPoolExecutor(cores()) as pool:
            try:
                started = [pool.submit(action, one) for one in things]
                while (left := futures.wait(started, HEED).not_done) and not came:
                    now = next((t for f, t in zip(started, things) if f.running()), None)
                    meanwhile(len(things) - len(left), now)
            except BaseException:
                interrupt()
                raise
            if came:
                interrupt()
    return [one.result() for one in started]


def run(command: list[Any], limit: float, meanwhile: Callable[[], None] = nothing) -> Ended:
    """Runs it alone: whatever it leaves behind is ended. Raises OSError if it cannot be started."""
    adopt_orphans()
    try:
        with tempfile.TemporaryFile() as out:
            return wait(start(command, out), out, limit, meanwhile)
    finally:
        end_orphans()
