# The cases of an exercise's test, as its source declares them.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tool.course.layout import Exercise, WorkbookError, relative

# The tags may begin with a macro, in a file that several tests include.
CASE = re.compile(r'TEST_CASE\("([^"]*)",\s*(.*)\)\s*$')


@dataclass(frozen=True)
class Case:
    file: Path
    line: int
    sentence: str
    tags: str


def cases_of(exercise: Exercise) -> list[Case]:
    """The TEST_CASE lines of its test and of what it SHARES, as CMake reads them."""
    text = (exercise.root / "CMakeLists.txt").read_text(encoding="utf-8")
    call = re.search(rf"workbook_exercise\(\s*{exercise.name}\b([^)]*)\)", text)
    words = call.group(1).split() if call else []
    shared = words[words.index("SHARES") + 1 :] if "SHARES" in words else []
    keywords = {"USES", "LIBRARIES", "EXPLORED", "APART"}
    end = next((i for i, word in enumerate(shared) if word in keywords), len(shared))
    files = [exercise.test] + [exercise.root / "tests" / "support" / name for name in shared[:end]]
    found = []
    for file in files:
        if not file.is_file():
            raise WorkbookError(f"{relative(file, exercise.root)}: is missing")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = CASE.match(line)
            if match:
                found.append(Case(file, number, match.group(1), match.group(2)))
    return found
