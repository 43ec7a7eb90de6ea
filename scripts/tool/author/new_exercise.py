# `new exercise NAME`: a whole tiny exercise for an author to begin from.
#
# The folder template/ holds it under the name ex00_scaffold, laid out as in the checkout; only the
# name is replaced. Everything is read, and refused, before anything is written; when a later step
# fails or is interrupted, what was written goes.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

from tool.author import placeholders
from tool.console.command_line import Command, Parser
from tool.course import pristine, section
from tool.course.layout import (
    MACHINE,
    USAGE,
    Exercise,
    WorkbookError,
    exercises,
    relative,
    write_atomically,
)

TEMPLATES = Path(__file__).resolve().parent / "template"
NAME = re.compile(r"(?:ex([0-9]{2})_)?([a-z]+(?:_[a-z]+)*)")
LONGEST = 30  # letters of a name: some lines of the templates must not grow beyond the margin

NEXT = """\
{name} is there: it builds, and passes its own tests. What it does is a model of an
exercise, no more; each line with {mark} in it is yours to write.

  {stub}/{stem}.hpp   the interface: what each function promises
  {stub}/{stem}.cpp   the stub: todo("what to do"); in each function
  {stub}/main.cpp   the program; twin.py is the same in Python
  {stub}/NOTES.md   questions for the student
  {solution}/   the solution, in files of the same names
  {test}   a case for each promise
  {wrong}/*.patch   a mistake for each case: diff -u against the solution
  {right}/*.patch   right answers of another make
  {contracts}   which case forces which sentence of the contract
  WORKBOOK.md:{section_line}   the section; put it on one of the "Three paths", count it in the opening
  CMakeLists.txt:{cmake_line}   EXPLORED, USES and so on: see scripts/cmake/exercise.cmake

Once the stub is as you want it:  scripts/workbook accept {id}
What is missing:  python3 scripts/tool selfcheck exercises
Its own tests:    cmake --preset instructor
                  ctest --preset instructor -R '(ref|new|half|bad|good){number}'
All tests:        scripts/workbook verify
"""


def new_exercise(root: Path, said: str) -> int:
    exercise = chosen(root, said)
    files = new_files(exercise)
    refuse_leftovers(exercise)
    before = predecessor(exercise)
    book = with_section(section.book_text(root), exercise, before)
    cmake = with_line((root / "CMakeLists.txt").read_text(encoding="utf-8"), exercise, before)
    write_all(exercise, files, {root / "WORKBOOK.md": book, root / "CMakeLists.txt": cmake})
    print(next_steps(exercise, book, cmake), end="")
    return 0


def chosen(root: Path, said: str) -> Exercise:
    """The exercise to make; a name without a number gets the next one."""
    match = NAME.fullmatch(said)
    if not match or len(match.group(2)) > LONGEST or match.group(2) == "main":
        raise WorkbookError(
            f"{said!r} is no name for an exercise: barriers or ex15_barriers, say; "
            f"words of small letters joined by _, at most {LONGEST} letters, and not main",
            USAGE,
        )
    known = exercises(root)
    number = int(match.group(1) or max((int(one.number) for one in known), default=0) + 1)
    if not 1 <= number <= 99:
        raise WorkbookError("exercises have numbers from 01 to 99", USAGE)
    for one in known:
        if int(one.number) == number or one.name.split("_", 1)[1] == match.group(2):
            raise WorkbookError(f"there is {one.name} already: choose another name", USAGE)
    return Exercise(root, f"ex{number:02}_{match.group(2)}")


def new_files(exercise: Exercise) -> dict[Path, str]:
    """Where -> what, of every template but the section."""
    found = {}
    for top in ("exercises", "solutions", "tests"):
        for path in sorted((TEMPLATES / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                where = renamed(str(path.relative_to(TEMPLATES)), exercise)
                found[exercise.root / where] = renamed(path.read_text(encoding="utf-8"), exercise)
    return found


def stem(exercise: Exercise) -> str:
    return exercise.name.split("_", 1)[1]


def renamed(text: str, exercise: Exercise) -> str:
    words = {"ex00": exercise.id, "scaffold": stem(exercise)}
    return re.sub("|".join(words), lambda found: words[found.group(0)], text)


def refuse_leftovers(exercise: Exercise) -> None:
    """Anything of this number that is there, although CMakeLists.txt does not know it."""
    tests = [f"tests/{kind}" for kind in ("wrong_answers", "right_answers", "contracts")]
    tops = ("exercises", "solutions", "tests", *tests)
    for top in tops:
        for path in sorted((exercise.root / top).glob(f"{exercise.id}_*")):
            there = relative(path, exercise.root)
            raise WorkbookError(f"{there} is there already: move it away; nothing was changed")


def predecessor(exercise: Exercise) -> Exercise:
    """The exercise to come after: the one with the next lower number."""
    lower = [one for one in exercises(exercise.root) if one.number < exercise.number]
    if not lower:
        raise WorkbookError(f"CMakeLists.txt has no exercise before {exercise.id} to put it after")
    return max(lower, key=lambda one: one.number)


def with_section(book: str, exercise: Exercise, before: Exercise) -> str:
    if f"<!-- {exercise.name} begins -->" in book:
        raise WorkbookError(f"WORKBOOK.md has a section {exercise.name} already; nothing was changed")
    marker = f"<!-- {before.name} ends -->\n"
    if book.count(marker) != 1:
        raise WorkbookError(
            f"WORKBOOK.md has {book.count(marker)} lines '{marker.strip()}', where the new section "
            "would follow; there must be one; nothing was changed"
        )
    text = renamed((TEMPLATES / "section.md").read_text(encoding="utf-8"), exercise)
    return book.replace(marker, f"{marker}\n{text}")


def with_line(cmake: str, exercise: Exercise, before: Exercise) -> str:
    call = re.search(rf"^[ \t]*workbook_exercise\(\s*{before.name}\b[^)]*\).*\n", cmake, re.MULTILINE)
    if not call:
        raise WorkbookError(
            f"CMakeLists.txt: the line of {before.name} has no end; nothing was changed"
        )
    line = f"workbook_exercise({exercise.name} EXPLORED)\n"
    return cmake[: call.end()] + line + cmake[call.end() :]


def write_all(exercise: Exercise, files: dict[Path, str], changed: dict[Path, str]) -> None:
    """All or nothing. CMakeLists.txt comes last: what it does not name is not built."""
    manifest = exercise.root / pristine.MANIFEST
    kept: dict[Path, bytes | None] = {path: path.read_bytes() for path in changed}
    kept[manifest] = manifest.read_bytes() if manifest.is_file() else None
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text.encode())
        pristine.accept(exercise)
        for path, text in changed.items():
            write_atomically(path, text.encode())
    except BaseException as error:
        undo(exercise, kept)
        if isinstance(error, OSError):
            raise WorkbookError(f"cannot write: {error}; nothing was changed", MACHINE) from None
        raise


def undo(exercise: Exercise, kept: dict[Path, bytes | None]) -> None:
    """Takes back whatever is there of it. A second Ctrl+C waits until that is done."""
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        for folder in exercise.folders():
            shutil.rmtree(folder, ignore_errors=True)
        for path in (exercise.test, exercise.contracts):
            path.unlink(missing_ok=True)
        for path, content in kept.items():
            if content is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != content:
                write_atomically(path, content)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def next_steps(exercise: Exercise, book: str, cmake: str) -> str:
    root = exercise.root
    return NEXT.format(
        name=exercise.name,
        id=exercise.id,
        number=exercise.number,
        stem=stem(exercise),
        mark=placeholders.MARK,
        stub=relative(exercise.stub, root),
        solution=relative(exercise.solution, root),
        test=relative(exercise.test, root),
        wrong=relative(exercise.wrong_answers, root),
        right=relative(exercise.right_answers, root),
        contracts=relative(exercise.contracts, root),
        section_line=line_of(book, f"## {exercise.name}\n"),
        cmake_line=line_of(cmake, f"workbook_exercise({exercise.name} "),
    )


def line_of(text: str, begin: str) -> int:
    return text.count("\n", 0, text.index(begin)) + 1


def new_arguments(reader: Parser) -> None:
    reader.add_argument("what", choices=["exercise"], help="the word exercise")
    reader.add_argument("name", metavar="NAME", help="barriers, or ex15_barriers for a number")


COMMAND = Command(
    "new",
    "for authors: a tiny exercise to begin from",
    lambda root, given: new_exercise(root, given.name),
    new_arguments,
    (("new exercise barriers", "with the next number"),),
)
