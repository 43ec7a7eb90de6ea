# How far ninja is with a build, in words that a student understands: what it plans, how much of
# that is done (from its log), and what is compiled right now (from the processes that it started).
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tool.building import bounded
from tool.console.progress import Line
from tool.console.terminal import plain

STATUS = "[%f/%t] "  # NINJA_STATUS: steps finished, and all
STEP = re.compile(r"\[(\d+)/(\d+)\] (.+)")
CONFIGURES = ("Re-checking globbed", "Re-running CMake")  # steps with a count of their own
MADE = re.compile(r" -o (\S+)")
OBJECT = re.compile(r"CMakeFiles/[^/]+\.dir/(?:\./)?(.+)")

# An object file's path below its target's folder, which is its source's; the first that fits.
WORDS = [
    (r"cmake_pch|precompiled", "the standard library's headers (once)"),
    (r"Unity/", "the code given to you (once)"),  # and the little of the tests' framework
    (r"exercises/given/", "the code given to you (once)"),
    (r"exercises/ex\d\d_\w+/(.+)\.o$", r"your \1"),
    (r"hunts/ex\d\d_\w+/(.+)\.o$", r"\1 of your hunt"),
    (r"programs/(ex\d\d)_", r"the program of \1"),
    (r"solutions/(ex\d\d)_", r"the solution of \1"),
    (r"solutions/demo/", "the demo"),
    (r"tests/(ex\d\d)_", r"the tests of \1"),
    (r"tests/explore/", "the schedule explorer (once)"),
    (r"tests/support/|.*/catch2-src/", "the tests' framework (once)"),
    (r".*\basio\.cpp", "asio (once)"),
    (r".*/(\w+)-src/", r"\1 (once)"),  # fetched, where the system has none
    (r"answers/bad(\d\d)\.(\w+)/", r"ex\1's wrong answer \2"),
    (r"answers/good(\d\d)\.(\w+)/", r"ex\1's right answer \2"),
    (r"answers/half(\d\d)\.(\w+)/", r"ex\1's half-filled stub \2"),
    (r"answers/new(\d\d)/", r"ex\1's fresh stub"),
    (r".*?([^/]+?)(\.o)?$", r"\1"),
]


def in_words(made: str) -> str:
    """What makes this file."""
    source = OBJECT.match(made)
    if not source:
        return "linking"
    for pattern, words in WORDS:
        if found := re.match(pattern, source.group(1)):
            return f"compiling {found.expand(words)}"
    return ""


def plan(build: Path, targets: list[str]) -> list[str]:
    """The steps that lie before ninja, as it names them; those of configuring again not among them.

    Asked for a dry run of its own build.ninja it would want to have that one made anew first, and
    plan nothing else. Under another name it does not take the file for one that it makes.
    """
    manifest = (build / "build.ninja").resolve()
    command = ["ninja", "-C", str(build), "-f", str(manifest), "-n", *targets]
    try:
        said = subprocess.run(
            command, env=environment(), capture_output=True, text=True, check=False
        )
    except OSError:
        return []  # cmake may know one elsewhere
    return [step.group(3) for line in said.stdout.splitlines() if (step := STEP.match(line))]


def environment() -> dict[str, str]:
    """In which ninja's output has the form that is read here, whatever the user likes to see."""
    return {**os.environ, "NINJA_STATUS": STATUS}


def first_build(steps: list[str]) -> str:
    """What it costs, for a build folder in which nothing has been built yet."""
    files = sum(step.startswith("Building") for step in steps)
    cores = len(os.sched_getaffinity(0))
    return (
        f"first build: {files} file{'s' * (files != 1)} to compile on {cores} "
        f"core{'s' * (cores != 1)}; later ones compile only what has changed"
    )


class Build:
    """Tells `line` how far the build is that writes this log."""

    def __init__(self, line: Line, log: Path, planned: int):
        self._line = line
        self._log = log
        self._read = 0  # bytes of the log
        self._what, self._done, self._total = "", 0, planned

    def look(self, process: int) -> None:
        """`process`: the build."""
        for line in self._new_lines():
            if step := STEP.match(line):
                self._take(int(step.group(1)), int(step.group(2)), step.group(3))
        self._what = under_way(process) or self._what
        self._line.tell(self._what, self._done, self._total)

    def _take(self, done: int, total: int, step: str) -> None:
        if step.startswith(CONFIGURES):
            self._what = "looking for new files" if "globbed" in step else "configuring again"
        else:
            self._done, self._total = done, total

    def _new_lines(self) -> list[str]:
        """Whole ones, written since the last look."""
        try:
            with open(self._log, "rb") as log:
                log.seek(self._read)
                text = log.read()
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        return plain(whole.decode("utf-8", "replace")).splitlines()


def under_way(process: int) -> str:
    """What the compiler or linker makes that has run longest below this process, or ""."""
    for child in bounded.children(process):
        made = MADE.search(command_of(child))
        if found := in_words(made.group(1)) if made else under_way(child):
            return found
    return ""


def command_of(process: int) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has ended
        return ""
    return words.decode("utf-8", "replace").replace("\0", " ")
