# An exercise's test with only some of its cases.
#
# For wrong answers that change a header: the test must be compiled again for each, and a wrong answer
# is judged by the cases that it says catch it. And in two halves, for a long test that a student
# waits for: two cores compile them side by side.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import shutil
from pathlib import Path

from tool.course.layout import Exercise, exercises, write_if_changed

LONG = 500  # lines, with those of the files that it shares; what is shorter is not worth halving
CASE = re.compile(r'TEST_CASE\("([^"]*)"')
SUPPORT = re.compile(r'^#include "(support/\w+\.hpp)"', re.MULTILINE)


def sources(exercise: Exercise) -> dict[str, Path]:
    """The files that hold the cases, by their path in tests/: the test, and what it shares."""
    tests = exercise.test.parent
    found = {exercise.test.name: exercise.test}
    due = [exercise.test]
    while due:
        for name in SUPPORT.findall(due.pop().read_text(encoding="utf-8")):
            path = tests / name
            if name not in found and path.is_file() and has_cases(path):
                found[name] = path
                due.append(path)
    return found


def has_cases(path: Path) -> bool:
    return re.search(r"^TEST_CASE\(", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


def trimmed(exercise: Exercise, sentences: tuple[str, ...]) -> dict[str, bytes]:
    """The same files with the cases of these sentences only; lines keep their numbers."""
    files = sources(exercise)
    return {
        name: as_neighbours(without_other_cases(path, sentences), files).encode()
        if name.startswith("support/")
        else without_other_cases(path, sentences).encode()
        for name, path in files.items()
    }


def as_neighbours(text: str, files: dict[str, Path]) -> str:
    """A shared file that includes another means the copy beside it, not the one in tests/."""
    for name in files:
        text = text.replace(f'#include "{name}"', f'#include "{Path(name).name}"')
    return text


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


def halves(exercise: Exercise) -> list[dict[str, bytes]]:
    """The test as two, with about as many lines each; none of a short one."""
    lengths: list[tuple[str, int]] = []  # sentence, lines up to the next
    for path in sources(exercise).values():
        sentence = None
        for line in path.read_text(encoding="utf-8").splitlines():
            if case := CASE.match(line):
                sentence = case.group(1)
                lengths.append((sentence, 0))
            if sentence:
                lengths[-1] = (sentence, lengths[-1][1] + 1)
    whole = sum(length for _, length in lengths)
    if whole < LONG:
        return []
    first: list[str] = []
    so_far = 0
    for sentence, length in lengths:
        so_far += length
        if so_far <= whole / 2:
            first.append(sentence)
    second = [sentence for sentence, _ in lengths if sentence not in first]
    return [trimmed(exercise, tuple(chosen)) for chosen in (first, second)]


def main(argv: list[str]) -> int:
    """Of the tests in ROOT: writes OUT/<exNN_name>/<1 or 2>/ for each that is long."""
    root, out = map(Path, argv)
    for exercise in exercises(root):
        if not exercise.test.is_file():
            continue  # CMake says so
        both = halves(exercise)
        if not both:
            shutil.rmtree(out / exercise.name, ignore_errors=True)
        for number, half in enumerate(both, 1):
            for name, content in half.items():
                write_if_changed(out / exercise.name / str(number) / name, content)
    return 0
