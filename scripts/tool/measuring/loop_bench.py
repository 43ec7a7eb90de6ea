# `bench --loop`: what the student's loop costs on this machine, in a copy of the checkout.
#
# Everything is given in floors: what it takes to compile (-O0), link and run one small file with
# threads. A floor is measured beside each figure, so that the ratio holds on a machine whose speed
# changes. Figures are medians of pairs; what happens but once (the first start, an exercise's first
# check) is compared with the floors before and after it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from tool.building import bounded
from tool.console.progress import Line
from tool.course import seal
from tool.course.layout import (
    NOT_YET,
    Exercise,
    WorkbookError,
    code_files,
    exercises,
    find_exercise,
)
from tool.measuring import renewal
from tool.measuring.figures import Figure
from tool.measuring.this_machine import machine

Command = Sequence[Union[str, Path]]
TEMPLATES = Path(__file__).resolve().parent / "loop"
COPIED = (".*", "*.md", "CMake*", "LICENSE", "exercises", "scripts", "solutions", "tests")
NOT_COPIED = (".git", ".workbook", ".cache", "__pycache__")
FIRST = "start on a fresh clone"
COLUMNS = ("first check", "from a saved file to the verdict", "of that, the build")
BROKEN = 8  # ctest's exit status when a promise is broken
BUILD_ENTRY = re.compile(r"\d+\.build \(.*\) \.+ +Passed +([0-9.]+) sec")


@dataclass(frozen=True)
class Row:
    name: str
    figures: tuple[float | None, ...]  # in floors; None if not measured


class Loop:
    """A copy of the checkout, and commands in it that are timed."""

    def __init__(self, root: Path, holder: Path, repeat: int, line: Line):
        self.root = holder / "workbook"
        self._holder = holder
        self._repeat = repeat
        self._line = line
        self._steps = 0
        copy(root, self.root)
        self.floors: list[float] = []  # seconds

    def seconds(self, what: str, command: Command, cwd: Path | None = None) -> tuple[float, str]:
        """Wall time, and what it printed; a command that fails is told."""
        self._line.tell(what)
        began = time.monotonic()
        ended = run(command, cwd or self.root, self._line.tick)
        took = time.monotonic() - began
        if ended.status not in (0, NOT_YET, BROKEN):
            raise WorkbookError(f"{what}: {' '.join(map(str, command))} {ended.how()}: {ended.output}")
        return took, ended.output

    def floor(self) -> float:
        program = self._holder / "floor"
        compiler = os.environ.get("CXX", "g++").split()
        words: Command = [*compiler, "-std=c++20", "-O0", "-pthread", TEMPLATES / "floor.cpp", "-o", program]
        took = self.seconds("the floor", words)[0] + self.seconds("the floor", [program])[0]
        self.floors.append(took)
        return took

    def once(self, what: str, command: Command) -> float:
        """In floors, of which one is measured before and one after."""
        before = self.floor()
        took, _ = self.seconds(what, command)
        return 2 * took / (before + self.floor())

    def pairs(self, action: Callable[[], Sequence[float]]) -> tuple[float, ...]:
        """The medians of what action() returns, in floors; a floor is measured before each."""
        found = []
        for _ in range(self._repeat):
            floor = self.floor()
            found.append([seconds / floor for seconds in action()])
        return tuple(statistics.median(same) for same in zip(*found))

    def saved(self, exercise: Exercise) -> tuple[float, ...]:
        """From a saved .cpp file to ctest's end, and the build's part of it."""
        source = [path for path in code_files(exercise.stub) if path.suffix == ".cpp"][-1]
        build = self.root / "build"

        def save_and_judge() -> tuple[float, float]:
            with open(source, "a", encoding="utf-8") as out:
                out.write(f"// saved once more: {time.monotonic_ns()}\n")
            command: Command = ["ctest", "--test-dir", build, "-R", f"^{exercise.id}"]
            took, said = self.seconds(f"ctest -R {exercise.id}", command)
            built = BUILD_ENTRY.search(said)
            if not built or "tests failed out of" in said and "100%" not in said:
                raise WorkbookError(f"the solution of {exercise.id} does not pass:\n{said}")
            return took, float(built.group(1))

        save_and_judge()  # what the solution needs built once
        return self.pairs(save_and_judge)


def copy(root: Path, to: Path) -> None:
    """A checkout as it is, without what was built or remembered in it."""
    to.mkdir()
    ignored = shutil.ignore_patterns(*NOT_COPIED)
    for path in sorted({path for pattern in COPIED for path in root.glob(pattern)}):
        if path.is_dir() and path.name not in NOT_COPIED:
            shutil.copytree(path, to / path.name, symlinks=True, ignore=ignored)
        elif path.is_file():
            shutil.copy2(path, to / path.name)


def run(command: Command, cwd: Path, meanwhile: Callable[[], object]) -> bounded.Ended:
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            while bounded.status_within(process, bounded.LOOK_UP) is None:
                meanwhile()
            return bounded.Ended(process.wait(), bounded.text_of(out))
        finally:
            process.terminate()
            process.wait()


def measure(root: Path, said: list[str], repeat: int, book: bool = False) -> int:
    named = [find_exercise(root, name) for name in said] or exercises(root)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="workbook-loop-") as holder, Line("measuring") as line:
        loop = Loop(root, Path(holder), repeat, line)
        rows = [Row(FIRST, (loop.once("start", ["scripts/workbook", "start"]), None, None))]
        print(machine(loop.root / "build", load))
        for exercise in named:
            rows.append(of_exercise(loop, Exercise(loop.root, exercise.name)))
        rows += others(loop)
        floor = statistics.median(loop.floors)
        print(f"\n{shown(rows, floor, repeat)}", flush=True)
        figures = figures_of(rows, floor)
        return renewal.renew(root, figures, loop.root / "build") if book else 0


def of_exercise(loop: Loop, exercise: Exercise) -> Row:
    first = loop.once(f"check {exercise.id}", ["scripts/workbook", "check", exercise.id])
    for path in code_files(exercise.solution):
        (exercise.stub / path.name).write_bytes(seal.read(path))
    return Row(exercise.id, (first, *loop.saved(exercise)))


def others(loop: Loop) -> list[Row]:
    """An equal exercise in other languages, where they are installed."""
    rows = []
    for name, tool in (("rustc --test", "rustc"), ("go test", "go")):
        if not shutil.which(tool):
            continue
        folder = Path(tempfile.mkdtemp(dir=loop.root))
        commands: list[Command]
        if tool == "rustc":
            build: Command = ["rustc", "--test", TEMPLATES / "primes_test.rs", "-o", folder / "primes"]
            commands = [build, [folder / "primes"]]
        else:
            shutil.copy(TEMPLATES / "primes_test.go", folder)
            (folder / "go.mod").write_text("module primes\n", encoding="utf-8")
            commands = [["go", "test", "-count=1", "./..."]]
        took = loop.pairs(lambda: [sum(loop.seconds(name, one, folder)[0] for one in commands)])
        rows.append(Row(name, (None, *took, None)))
    return rows


def figures_of(rows: list[Row], floor: float) -> list[Figure]:
    """As README has them."""
    return [
        Figure("README.md", "floor", "time", f"{floor:.2f}", "s"),
        *(
            Figure("loop", row.name, column, f"{value:.1f}", "")
            for row in rows
            for column, value in zip(COLUMNS, row.figures)
            if value is not None
        ),
    ]


def shown(rows: list[Row], floor: float, repeat: int) -> str:
    lines = [["", *COLUMNS]]
    lines += [[row.name, *("-" if f is None else f"{f:.1f}" for f in row.figures)] for row in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(4)]
    text = [
        f"  In floors: one compiles, links and runs a small file with threads ({floor:.2f} s here);",
        f"  medians of {repeat} pairs, what happens but once aside.",
    ]
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        text.append(f"    {'  '.join(cells)}".rstrip())
    return "\n".join(text)
