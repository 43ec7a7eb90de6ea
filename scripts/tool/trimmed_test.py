# An exercise's test with only some of its cases, for wrong answers that change a header: the test must
# be compiled again for each, and a wrong answer is judged by the cases that it says catch it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from pathlib import Path

from layout import Exercise

CASE = re.compile(r'TEST_CASE\("([^"]*)"')
SUPPORT = re.compile(r'^#include "(support/\w+\.hpp)"', re.MULTILINE)


def sources(exercise: Exercise) -> dict[str, Path]:
    """The files that hold the cases, by their path in tests/: the test, and what it shares."""
    tests = exercise.test.parent
    shared = SUPPORT.findall(exercise.test.read_text(encoding="utf-8"))
    found = {name: tests / name for name in shared}
    found = {name: path for name, path in found.items() if path.is_file() and has_cases(path)}
    return {exercise.test.name: exercise.test, **found}


def has_cases(path: Path) -> bool:
    return re.search(r"^TEST_CASE\(", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


def trimmed(exercise: Exercise, sentences: tuple[str, ...]) -> dict[str, bytes]:
    """The same files with the cases of these sentences only; lines keep their numbers."""
    return {
        name: without_other_cases(path, sentences).encode()
        for name, path in sources(exercise).items()
    }


def without_other_cases(path: Path, sentences: tuple[str, ...]) -> str:
    kept = []
    inside = False  # a case that goes; it ends with a brace alone in column 0
    for line in path.read_text(encoding="utf-8").splitlines():
        case = CASE.match(line)
        if case and case.group(1) not in sentences:
            inside = True
        kept.append("" if inside else line)
        if line == "}":
            inside = False
    return f'#line 1 "{path}"\n' + "\n".join(kept) + "\n"
