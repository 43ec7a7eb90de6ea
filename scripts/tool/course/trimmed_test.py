# An exercise's test with only some of its cases.
#
# For wrong answers that change a header: the test must be compiled again for each, and a wrong answer
# is judged by the cases that it says catch it. And in parts, for what somebody waits for: a long test
# in two halves, which two cores compile side by side; and apart from them the cases that need a header
# which each student writes anew. The test says which those are, where it includes it:
#
#     #include "calc_primes_pool.hpp" // for calc_primes_pool()
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

from tool.course.layout import Exercise, exercises, write_if_changed

LONG = 500  # lines, with those of the files that it shares; what is shorter is not worth halving
CASE = re.compile(r'TEST_CASE\("([^"]*)"')
SUPPORT = re.compile(r'^#include "(support/\w+\.hpp)"', re.MULTILINE)
FOR = re.compile(r'^#include "(\w+\.hpp)" +// for (\w+)\(\)$', re.MULTILINE)


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


def parts(exercise: Exercise) -> list[dict[str, bytes]]:
    """What the test is compiled in, if not as one."""
    names = written_anew(exercise)
    cases = [case for path in sources(exercise).values() for case in cases_of(path)]
    apart = [case for case in cases if any(name in case[1] for name in names)]
    rest = [case for case in cases if case not in apart]
    chosen = [apart, *halves(rest)] if apart else halves(rest)
    if len(chosen) < 2:
        return []
    found = []
    for part in chosen:
        files = trimmed(exercise, tuple(sentence for sentence, _ in part))
        found.append(files if part is apart else without_includes(files, set(names.values())))
    return found


def written_anew(exercise: Exercise) -> dict[str, str]:
    """Functions in headers of its own that the test includes for them alone: name -> header."""
    found = {}
    for path in sources(exercise).values():
        for header, name in FOR.findall(path.read_text(encoding="utf-8")):
            if (exercise.stub / header).is_file():
                found[name] = header
    return found


def cases_of(path: Path) -> list[tuple[str, str]]:
    """(sentence, text up to the next)"""
    found: list[tuple[str, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if case := CASE.match(line):
            found.append((case.group(1), ""))
        if found:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


def halves(cases: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """With about as many lines each; what is short is left whole."""
    lengths = [text.count("\n") for _, text in cases]
    if sum(lengths) < LONG:
        return [cases]
    so_far = list(itertools.accumulate(lengths))
    first = [case for case, lines in zip(cases, so_far) if lines <= so_far[-1] / 2]
    return [first, cases[len(first) :]]


def without_includes(files: dict[str, bytes], headers: set[str]) -> dict[str, bytes]:
    """Lines keep their numbers."""

    def kept(match: re.Match[str]) -> str:
        return "" if match[1] in headers else match[0]

    return {name: FOR.sub(kept, text.decode()).encode() for name, text in files.items()}


def main(argv: list[str]) -> int:
    """Of ROOT's tests: writes OUT/<exNN_name>/<1, 2 or 3>/ for each that is compiled in parts."""
    root, out = map(Path, argv)
    for exercise in exercises(root):
        if not exercise.test.is_file():
            continue  # CMake says so
        found = parts(exercise)
        for old in (out / exercise.name).glob("*"):
            if int(old.name) > len(found):
                shutil.rmtree(old)
        for number, part in enumerate(found, 1):
            for name, content in part.items():
                write_if_changed(out / exercise.name / str(number) / name, content)
    return 0
