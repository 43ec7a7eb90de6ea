# tests/equivalent_mutants/exNN_name.txt: changes of a solution that change nothing which a contract
# promises, each with its reason, for a second reader to agree with. An entry looks so:
#
#   statement removed in dummy_pool.cpp
#   - threads_.reserve(size);
#   + ;
#   why: it saves allocations only
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import Exercise, WorkbookError, relative

ENTRY = re.compile(r"(?P<kind>[\w ]+) in (?P<file>\w+\.[ch]pp)\n(?P<lines>(?:[-+] .*\n)+)why: \S.*\n(?:  .*\n)*")


@dataclass(frozen=True)
class Change:
    kind: str
    file: str
    gone: tuple[str, ...]  # lines, without the space around them
    come: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} in {self.file}: {' '.join(self.gone)}  ->  {' '.join(self.come)}"


def path_of(exercise: Exercise) -> Path:
    return exercise.root / "tests" / "equivalent_mutants" / f"{exercise.name}.txt"


def read(exercise: Exercise) -> list[Change]:
    """None if there is no such file. Raises where an entry is not whole."""
    path = path_of(exercise)
    if not path.is_file():
        return []
    found = []
    text = re.sub("^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for paragraph in re.split(r"\n{2,}", text.strip()):
        entry = ENTRY.fullmatch(paragraph + "\n")
        if not entry:
            first = paragraph.splitlines()[0]
            raise WorkbookError(f"{relative(path, exercise.root)}: not an entry with its why: {first}")
        lines = entry["lines"].splitlines()
        gone, come = (tuple(one[2:].strip() for one in lines if one[0] == sign) for sign in "-+")
        found.append(Change(entry["kind"], entry["file"], gone, come))
    return found


def problems(exercise: Exercise) -> list[str]:
    """Entries that the solution has outgrown."""
    found = []
    for change in read(exercise):
        file = exercise.solution / change.file
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        there = {line.strip() for line in lines}
        if not set(change.gone) <= there:
            found.append(f"{relative(path_of(exercise), exercise.root)}: no longer there: {change}")
    return found
