# What one command's grading has found so far, on disk after each verdict, so that the same command
# goes on after Ctrl+C, a kill, a full disk or a power cut.
#
# .workbook/grade/<of the command>/ holds judged.jsonl, a line for each verdict, after a first one that
# says by which tests and with which numbers; and place/, in which hand-ins are built. Both go when the
# command has come to its end, what a killed one left of place/ when the next one begins.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from tool.building.build_folder import Case
from tool.console.terminal import note
from tool.course.layout import MACHINE, USAGE, Exercise, WorkbookError, relative, write_atomically
from tool.instructor.graded import Graded
from tool.instructor.handin import HandIn
from tool.judging import judge
from tool.judging.judge import Outcome
from tool.judging.judged import digest_of_folder

FOLDER = ".workbook/grade"
JUDGES = ("exercises", "solutions", "tests", "scripts", "CMakeLists.txt")  # what a verdict depends on
MOST_SEED = 10**15 - 1  # of the tests' numbers
MOST_DRAWN = 10**9 - 1
LEAST_ROOM = 1 << 30  # bytes on the disk, more than one hand-in can fill


PLAIN = ("name", "verdict", "why", "odd", "remarks", "began", "seconds", "core", "files")


def to_json(one: Graded) -> dict[str, Any]:
    return {
        "exercise": one.exercise.name if one.exercise else None,
        "outcomes": [[asdict(o.case), o.verdict, o.output, o.seconds] for o in one.outcomes],
        **{key: getattr(one, key) for key in PLAIN},
    }


def from_json(root: Path, found: dict[str, Any]) -> Graded:
    """Raises KeyError, TypeError for what to_json() did not make."""
    exercise = Exercise(root, found["exercise"]) if found["exercise"] else None
    outcomes = [
        Outcome(Case(**case), verdict, said, seconds=float(seconds))
        for case, verdict, said, seconds in found["outcomes"]
    ]
    return Graded(exercise=exercise, outcomes=outcomes, **{key: found[key] for key in PLAIN})


@dataclass(frozen=True)
class Saved:
    """What one machine found, to be put together with the others'."""

    judges: str
    part: tuple[int, int]  # (2, 8): of eight, the second
    seed: int  # of the tests' numbers
    found: list[Graded]

    def text(self) -> str:
        """A first line that says what it is, and one for each."""
        head = {"judges": self.judges, "part": self.part, "seed": self.seed}
        return "".join(json.dumps(line) + "\n" for line in [head, *map(to_json, self.found)])


def read_saved(root: Path, name: str) -> Saved:
    try:
        first, *lines = Path(name).read_text(encoding="utf-8").splitlines()
        head = json.loads(first)
        number, of = map(int, head["part"])
        found = [from_json(root, json.loads(line)) for line in lines]
        return Saved(str(head["judges"]), (number, of), int(head["seed"]), found)
    except OSError as error:
        raise WorkbookError(f"{name}: {error.strerror}", USAGE) from None
    except (ValueError, KeyError, TypeError):
        raise WorkbookError(f"{name} was not made by grade --save", USAGE) from None


def put_together(root: Path, files: list[str]) -> Saved:
    """Refuses what is not whole, or holds something twice: a student would be missed, or mixed up."""
    parts = {name: read_saved(root, name) for name in files}
    ours = judges(root)
    for name, one in parts.items():
        if one.judges != ours:
            raise WorkbookError(
                f"{name} was judged by other tests than those here: merge with that workbook", USAGE
            )
    if len({one.seed for one in parts.values()}) > 1:
        raise WorkbookError("the parts were judged with other numbers: give all one --seed", USAGE)
    refuse_missing([one.part for one in parts.values()])
    seen: dict[tuple[str, Exercise | None], str] = {}
    for name, one in parts.items():
        for verdict in one.found:
            other = seen.setdefault((verdict.name, verdict.exercise), name)
            if other != name:
                raise WorkbookError(
                    f"{verdict.name} stands in {other} and in {name}: name each part once", USAGE
                )
    found = [verdict for one in parts.values() for verdict in one.found]
    return Saved(ours, (1, 1), next(iter(parts.values())).seed, found)


def refuse_missing(parts: list[tuple[int, int]]) -> None:
    for of in sorted({of for _, of in parts}):
        there = [number for number, whole in parts if whole == of]
        missing = [str(number) for number in range(1, of + 1) if number not in there]
        if missing:
            raise WorkbookError(f"of {of} parts {', '.join(missing)} are missing: name all", USAGE)


def judges(root: Path) -> str:
    """Tells whether verdicts would be given in the same way."""
    asked = [os.environ.get(name, "") for name in judge.NUMBERS]
    return hashlib.sha256(
        "\n".join([digest_of_folder(root, name) for name in JUDGES] + asked).encode()
    ).hexdigest()


def content(one: HandIn) -> str:
    mixed = hashlib.sha256(one.exercise.name.encode())
    for name, text in sorted(one.files.items()):
        mixed.update(f"\0{name}\0{hashlib.sha256(text).hexdigest()}".encode())
    return mixed.hexdigest()


class Record:
    """Of the command that asked for these hand-ins in these words; a context."""

    def __init__(self, root: Path, words: list[str], seed: int = 0):
        """`seed`: of the tests' numbers, if the command says it; else one is drawn."""
        self._root = root
        self.seed = seed
        here = json.dumps([str(Path.cwd()), *words]).encode("utf-8", "surrogateescape")
        self._folder = root / FOLDER / hashlib.sha256(here).hexdigest()[:16]
        self._file = self._folder / "judged.jsonl"
        self._judges = judges(root)
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        self.place = self._folder / "place"

    def __enter__(self) -> Record:
        clear_abandoned(self._folder.parent)
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = lock_of(self._folder)
        if lock is None:
            raise WorkbookError("the same grading is under way in another terminal", MACHINE)
        self._lock = lock
        self._read()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Nothing is kept of a command that came to its end."""
        shutil.rmtree(self.place if kind else self._folder, ignore_errors=True)
        self._lock.close()

    def let_go(self) -> None:
        """In a fork: it shall not seem to be under way when the process that it is of has been killed."""
        self._lock.close()

    def _read(self) -> None:
        """Whole lines only: the last one may have been cut off."""
        lines = []
        with contextlib.suppress(FileNotFoundError):
            lines = self._file.read_text(encoding="utf-8", errors="replace").splitlines()
        seed = self._seed_of(lines[0]) if lines else 0
        if lines and not seed:
            note("the tests have changed since this command was broken off: all is judged again")
            lines = []
        self.seed = seed or self.seed or 1 + secrets.randbelow(MOST_DRAWN)
        kept = [json.dumps({"judges": self._judges, "seed": self.seed})]
        for line in lines[1:]:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                found = json.loads(line)
                from_json(self._root, found)
                self._known[found["name"], found["content"]] = found
                kept.append(line)
        write_atomically(self._file, "".join(f"{line}\n" for line in kept).encode())
        if self._known:
            note(f"{len(self._known)} verdicts are here from before; going on")

    def _seed_of(self, head: str) -> int:
        """By which the lines that follow were judged; 0 if it was by other tests."""
        with contextlib.suppress(ValueError, KeyError, TypeError):
            found = json.loads(head)
            if found["judges"] == self._judges:
                return int(found["seed"])
        return 0

    def known(self, one: HandIn) -> Graded | None:
        found = self._known.get((one.name, content(one)))
        return from_json(self._root, found) if found else None

    def keep(self, one: HandIn, found: Graded) -> None:
        """On the disk when this returns, whatever happens then."""
        line = {**to_json(found), "content": content(one)}
        with open(self._file, "ab") as out:
            out.write(f"{json.dumps(line)}\n".encode())
            out.flush()
            os.fsync(out.fileno())
        self._known[one.name, line["content"]] = line

    def refuse_full_disk(self, at_once: int = 1) -> None:
        """What cannot be built for want of room is no verdict. `at_once`: hand-ins."""
        least = LEAST_ROOM * at_once
        if room(self._folder) < least:
            where = relative(self._folder.parent, self._root)
            raise WorkbookError(
                f"less than {least >> 20} MiB of room is left for {where}: make some, and the "
                "same command goes on",
                MACHINE,
            )


def room(folder: Path) -> int:
    """Bytes that may still be written there."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def lock_of(folder: Path) -> TextIO | None:
    """An open file that holds it; None if somebody else does."""
    handle = open(folder / "lock", "w", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def clear_abandoned(above: Path) -> None:
    """What killed commands have left of the folders that they worked in."""
    for place in above.glob("*/place"):
        if handle := lock_of(place.parent):
            shutil.rmtree(place, ignore_errors=True)
            handle.close()
