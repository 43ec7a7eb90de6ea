# Finds and reads what somebody handed in. Nobody has looked at it: it may hold links to other
# people's files, devices, pipes that never end. Only plain files, reached without following a link,
# are read, and no more of them than an answer can have.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import pristine
from layout import USAGE, Exercise, WorkbookError, exercises, is_code, read_code
from terminal import one_line

MOST_FILES = 40  # of one answer
MOST_BYTES = 256 << 10  # of one file
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.[ch]pp")


class Unreadable(Exception):
    """A hand-in that cannot be read, and why."""


@dataclass(frozen=True)
class HandIn:
    """One answer to one exercise: the code files by name, without the program."""

    name: str
    exercise: Exercise
    files: dict[str, bytes]
    remarks: tuple[str, ...] = ()  # of how it was read


def solution(exercise: Exercise) -> HandIn:
    files = read_code(exercise.solution)
    return HandIn("the solution", exercise, files)


def folder_of(top: Path, exercise: Exercise, alone: bool) -> Path | None:
    """Where `top` has its answer: as in a checkout, as a folder of the exercise's name, or, when
    no other exercise is asked for, right there."""
    for below in ("exercises", "."):
        if (top / below / exercise.name).is_dir():
            return top / below / exercise.name
    if top.absolute().name == exercise.name:
        return top
    if alone and any(is_code(path.name) for path in top.iterdir()):
        return top
    return None


def read(top: Path, exercise: Exercise, alone: bool) -> HandIn | None:
    """None if there is none. Files that it lacks are the stub's."""
    try:
        folder = folder_of(top, exercise, alone)
        if folder is None:
            return None
        files = files_of(top, folder)
    except OSError as error:
        raise Unreadable(f"{error.filename or top}: {error.strerror}") from None
    return HandIn(one_line(str(top)), exercise, {**pristine.shipped_code(exercise), **files})


def files_of(top: Path, folder: Path) -> dict[str, bytes]:
    for one in (folder, folder.parent):
        if one != top and top in one.parents and one.is_symlink():
            raise Unreadable(f"{one.relative_to(top)} is a link")
    names = sorted(one for one in os.listdir(folder) if is_code(one))
    if len(names) > MOST_FILES:
        raise Unreadable(f"more than {MOST_FILES} files of code")
    return {one: content(folder, one) for one in names}


def content(folder: Path, name: str) -> bytes:
    if not NAME.fullmatch(name):
        raise Unreadable(f"a file is called {name!r}: letters, digits, _, - and . only")
    if (folder / name).is_symlink():
        raise Unreadable(f"{name} is a link")
    # Not to wait for the other end of a pipe.
    descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable(f"{name} is no plain file")
        with open(descriptor, "rb", closefd=False) as file:
            text = file.read(MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(text) > MOST_BYTES:
        raise Unreadable(f"{name} is larger than {MOST_BYTES >> 10} KiB")
    return text


def is_started(one: HandIn) -> bool:
    return one.files != pristine.shipped_code(one.exercise)


def tops(said: list[str]) -> list[Path]:
    """The folders that were named; each once."""
    for name in said:
        path = Path(name)
        if not path.is_dir():
            what = "is not a folder: unpack it first" if path.exists() else "is not there"
            raise WorkbookError(f"{name} {what}", USAGE)
    return [Path(name) for name in dict.fromkeys(said)]


def all_started(top: Path, root: Path) -> list[HandIn]:
    """Every exercise that somebody worked on there."""
    found = [read(top, exercise, False) for exercise in exercises(root)]
    return [one for one in found if one is not None and is_started(one)]
