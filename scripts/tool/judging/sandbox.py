# Runs programs that nobody here trusts, in a sandbox made by bubblewrap.
#
# Inside there is no network but a loopback of its own, no process but its own, and of the files only
# those of its view, read-only; /tmp is memory, and small. Time, memory, processes and output are
# limited. When the first program in it ends, whatever is left inside ends too.
#
# As root bubblewrap alone confines nothing: the program runs as a user of its own then, which owns
# nothing and can become nobody else. For any other user a user namespace does that.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tool.building import bounded
from tool.course.layout import MACHINE, WorkbookError
from tool.judging import judge

FIRST_USER = 1_879_048_192  # numbers that nobody's account has
MEMORY = 4 << 30  # bytes of address space for each process
MEMORY_OF_ALL = 2 << 30  # bytes in memory, of all processes of a sandbox
# Threads are counted, too, and together for all cases of a hand-in that run side by side.
PROCESSES = 500 * max(2, os.cpu_count() or 1)
MOST_PROCESSES = 100  # without threads; a sandbox that has more at one time is ended
MOST_WRITTEN = 512 << 20  # bytes in the folder that may be written
TEMPORARY = 64 << 20  # bytes in /tmp
SUPERVISOR = "workbook_supervisor"  # the program in it that judges
LOOK = 0.1  # seconds between two looks at the memory of all
LONGEST_WAIT = 10  # seconds, for a program that works
GAVE_UP = "Gave up"
BY_THE_CLOCK = re.compile(rf"^{GAVE_UP}( after|: it waited)", re.MULTILINE)
TICKS = os.sysconf("SC_CLK_TCK")
OUT = "/out"
OPEN = ["--perms", "0755"]  # for the next folder


@dataclass(frozen=True)
class View:
    """The files inside, beside the system's: those below `root`, where nothing else is."""

    root: Path
    folder: Path  # where the program starts, the root or in it
    files: dict[Path, Path] = field(default_factory=dict)  # path there -> path here, to be read
    out: Path | None = None  # a folder to be written, as OUT


@dataclass(frozen=True)
class Ended:
    status: int | None  # None: it was ended, `why` says why
    output: str
    errors: str
    why: str = ""
    processor: float = 0  # seconds that it took of that, as far as was seen


def system_view() -> list[str]:
    """What every program needs: libraries, the compiler, /proc, /dev, an empty /tmp."""
    words = []
    for path in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            words += ["--ro-bind", path, path]
    words += [*OPEN, "--dir", "/etc"]
    for path in ("/etc/alternatives", "/etc/ld.so.cache"):
        words += ["--ro-bind-try", path, path]
    memory = ["--perms", "1777", "--size", str(TEMPORARY), "--tmpfs"]
    return [*words, "--proc", "/proc", "--dev", "/dev", *memory, "/dev/shm", *memory, "/tmp"]


def view_words(view: View) -> list[str]:
    """Folders above a file are made by name: bubblewrap would make them for root alone."""
    above = sorted(set(view.root.parents))
    words = [word for path in above for word in (*OPEN, "--dir", str(path))]
    words += [*OPEN, "--tmpfs", str(view.root)]
    within = {p for there in view.files for p in there.parents if view.root in p.parents}
    for path in sorted(within - set(view.files)):
        words += [*OPEN, "--dir", str(path)]
    for there, here in view.files.items():
        words += ["--ro-bind", str(here), str(there)]
    if view.out:
        words += ["--bind", str(view.out), OUT]
    return words


def command(view: View, program: list[str], user: int, seconds: float) -> list[str]:
    """`user`: a number below 65,536, one for each hand-in; `seconds`: of processor time."""
    words = ["bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net"]
    words += ["--unshare-ipc", "--unshare-uts", "--hostname", "sandbox", "--clearenv"]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
    environment.update((name, os.environ[name]) for name in judge.NUMBERS if name in os.environ)
    for name, value in environment.items():
        words += ["--setenv", name, value]
    words += [*system_view(), *view_words(view)]
    words += ["--remount-ro", str(view.root), "--remount-ro", "/", "--chdir", str(view.folder)]
    if os.geteuid() == 0:
        number = str(FIRST_USER + user)
        become = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups"]
        become += ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    else:
        words += ["--unshare-user", "--cap-drop", "ALL"]
        become = []
    limits = ["prlimit", f"--as={MEMORY}", f"--nproc={PROCESSES}", "--core=0"]
    most = round(seconds) + 1
    limits += [f"--cpu={most}:{most + 1}", f"--fsize={bounded.MOST_PRINTED}"]
    return [*words, "--", *become, *limits, "--", *program]


class Sandboxes:
    """Those that run now, for one hand-in; interrupt() ends them, and no more are started."""

    def __init__(self, user: int):
        self._user = user
        self._lock = threading.Lock()  # guards the two below
        self._running: set[subprocess.Popen[bytes]] = set()
        self._over = False

    def run(
        self,
        view: View,
        program: list[str],
        limit: float,
        whole: bool = False,
        processor: float | None = None,
        told: bytes = b"",
        works: bool = False,
    ) -> Ended:
        """Until it ends, at most `limit` seconds, and no process more than `processor` seconds of
        that; `told` is its input. One that `works` never waits for anything for long. From any
        thread. Raises OSError without bwrap.

        Of the output the beginning is kept, or `whole` of it.
        """
        words = command(view, program, self._user, limit if processor is None else processor)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with self._lock:
                if self._over:
                    return Ended(None, "", "", "was not run")
                process = bounded.start(words, out, err, told=told)
                self._running.add(process)
            try:
                seen = Seen()
                status, why = watch(process, limit, view.out, works, seen)
            finally:
                process.kill()  # and with it, as its parent died, everything inside
                process.wait()
                with self._lock:
                    self._running.discard(process)
            most = bounded.MOST_PRINTED if whole else bounded.MOST_SHOWN
            return Ended(
                status, bounded.text_of(out, most), bounded.text_of(err), why, seen.processor
            )

    def interrupt(self) -> None:
        with self._lock:
            self._over = True
            for process in self._running:
                process.kill()


@dataclass
class Seen:
    """What a sandbox's processes did, at the last look."""

    processor: float = 0  # seconds that they took
    since: float = field(default_factory=time.monotonic)  # when one did not, or took some time


def watch(
    process: subprocess.Popen[bytes], limit: float, out: Path | None, works: bool, seen: Seen
) -> tuple[int | None, str]:
    deadline = time.monotonic() + limit
    while True:
        if (status := bounded.status_within(process, LOOK)) is not None:
            return status, ""
        if time.monotonic() > deadline:
            return None, f"{GAVE_UP} after {limit:g} s."
        if why := too_much(process.pid, out, seen):
            return None, f"Ended: it {why}."
        if works and time.monotonic() - seen.since > LONGEST_WAIT:
            return None, f"{GAVE_UP}: it waited for {LONGEST_WAIT} s."


def too_much(process: int, out: Path | None, seen: Seen) -> str:
    """What all its descendants together take beyond their share; empty if nothing."""
    memory = count = 0
    processor, sleeping = 0.0, True
    left = bounded.children(process)
    while left:
        one = left.pop()
        count += 1
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages = int(Path(f"/proc/{one}/statm").read_text("ascii").split()[1])
            memory += pages * resource.getpagesize()
        name, state, seconds = about(one)
        if state == "T" and name == SUPERVISOR[:15]:
            return "stopped its supervisor"  # which would not end any more, nor what it supervises
        processor += seconds
        sleeping = sleeping and state not in ("R", "D")
        if count > MOST_PROCESSES:
            return f"had more than {MOST_PROCESSES} processes at one time"
        left += bounded.children(one)
    if not sleeping or processor > seen.processor:
        seen.since = time.monotonic()
    seen.processor = max(seen.processor, processor)
    if memory > MEMORY_OF_ALL:
        return f"took more than {MEMORY_OF_ALL >> 30} GiB of memory"
    if out and written_in(out) > MOST_WRITTEN:
        return f"wrote more than {MOST_WRITTEN >> 20} MiB"
    return ""


def about(process: int) -> tuple[str, str, float]:
    """A process's name, its state's letter, and the processor's seconds that it took."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        text = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
        words = text.rpartition(")")[2].split()
        ticks = sum(map(int, words[11:15]))  # its children's too, which have ended
        return text.rpartition(")")[0].partition("(")[2], words[0], ticks / TICKS
    return "", "", 0


def written_in(folder: Path) -> int:
    """Bytes of its files; a compiler's lie right in it."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def problem() -> str:
    """Why no sandbox can be made here, tried; empty if one can."""
    for program, package in (("bwrap", "bubblewrap"), ("setpriv", "util-linux")):
        if shutil.which(program) is None:
            return f"{package} is not installed: apt-get install {package}"
    nowhere = Path("/workbook")
    tried = Sandboxes(0).run(View(nowhere, nowhere), ["true"], 30)
    if tried.status == 0:
        return ""
    said = (tried.errors or tried.why).strip().splitlines()
    return "bubblewrap cannot start here" + (f": {said[-1]}" if said else "")


def refuse_without() -> None:
    if why := problem():
        raise WorkbookError(f"hand-ins are judged in a sandbox only, and {why}", MACHINE)
