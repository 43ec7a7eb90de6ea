# Bug hunts: a wrong answer to an exercise, without its name, for a student to mend.
#
# It lies in hunts/<exercise>/, a folder of the student's own, and is judged there as a stub would be.
# Which one it is, and which ones have been hunted, is in the exercise's record.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tool.building.build_folder import built, built_hunt, configure
from tool.console.terminal import note, paint
from tool.console.wrapping import fitted
from tool.course import pristine, seal
from tool.course.answers import Files, catchers, heading, patched
from tool.course.layout import (
    NOT_YET,
    Exercise,
    WorkbookError,
    code_files,
    find_exercise,
    read_code,
    relative,
    write_if_changed,
)
from tool.judging import board, judge, state
from tool.student import checking, diff


@dataclass(frozen=True)
class Mistake:
    """A wrong answer of the project's own tests."""

    exercise: Exercise
    name: str

    @property
    def patch(self) -> Path:
        return self.exercise.wrong_answers / f"{self.name}.patch"

    def text(self) -> str:
        return seal.read(self.patch).decode().replace("\r\n", "\n")

    def explanation(self) -> str:
        return re.sub(r"^caught by:.*\n", "", heading(self.text()), flags=re.MULTILINE).strip()

    def difference(self) -> str:
        return self.text()[len(heading(self.text())) :].strip("\n")

    def files(self) -> Files:
        answer = patched(self.exercise, read_code(self.exercise.solution), self.patch, "bad")
        if isinstance(answer, str):
            raise WorkbookError(answer)
        return answer.files


def has_sources(exercise: Exercise) -> bool:
    """Without one, a folder is no hunt to CMake."""
    return any(name.endswith(".cpp") for name in read_code(exercise.hunt))


def gone(mistake: Mistake) -> list[str]:
    """Files of the hunt that were removed; they have the names of the solution's."""
    if not mistake.patch.is_file():  # the workbook has gone on meanwhile
        return []
    exercise = mistake.exercise
    return sorted(read_code(exercise.solution).keys() - read_code(exercise.hunt).keys())


def bughunt(root: Path, said: str, peek: bool) -> int:
    """Goes on with the hunt, or begins one; 0 once the mistake is mended."""
    return judged(laid_out(root, said, peek))()


def laid_out(root: Path, said: str, peek: bool) -> Mistake:
    """The one that is hunted, or the next, in its folder."""
    judge.refuse_bad_settings()
    exercise = find_exercise(root, said)
    mistake = going_on(exercise)
    if mistake is None or not has_sources(exercise):  # what was removed comes back
        return begin(exercise, mistake, peek)
    put_back(mistake, gone(mistake))
    return mistake


def put_back(mistake: Mistake, names: list[str]) -> None:
    """These files of the hunt; what the student has made of the others stays."""
    files = mistake.files() if names else {}
    for name in names:
        write_if_changed(mistake.exercise.hunt / name, files[name])
        note(f"put back: {place(mistake.exercise)}/{name}")


def judged(mistake: Mistake) -> Callable[[], int]:
    """What prints the verdict, ends the hunt if all holds, and returns the exit status."""
    exercise = mistake.exercise
    outcomes, enough = checking.build_and_judge(exercise, exercise.hunt_id, built_hunt)

    def say() -> int:
        print(fitted(board.findings(place(exercise), exercise, outcomes)))
        print()
        if judge.first_broken(outcomes) is None and enough:
            return ended_well(exercise, mistake)
        print(
            f"Next: mend it there, then  scripts/workbook bughunt {exercise.id}\n"
            f"      to be told:          scripts/workbook bughunt {exercise.id} --tell"
        )
        return NOT_YET

    return say


def tell(root: Path, said: str) -> int:
    """Ends the hunt with the answer; what the student made of it stays."""
    exercise = find_exercise(root, said)
    mistake = going_on(exercise)
    if mistake is None:
        raise WorkbookError(f"no hunt of {exercise.id} is going on", NOT_YET)
    told = told_of(mistake)
    if mistake.patch.is_file():
        difference = mistake.difference().splitlines(keepends=True)
        told += "\n\n" + "".join(diff.coloured(line) for line in difference)
    remember_end(exercise, mistake)
    print(f"{told}\n\n{after(exercise)}")
    return 0


def place(exercise: Exercise) -> str:
    return relative(exercise.hunt, exercise.root)


def going_on(exercise: Exercise) -> Mistake | None:
    name = state.read(exercise.root).get(exercise.name, {}).get("hunt")
    return None if name is None else Mistake(exercise, name)


def begin(exercise: Exercise, mistake: Mistake | None, peek: bool) -> Mistake:
    """Lays out this mistake, or one that has not been hunted yet."""
    if peek or mistake is None:
        diff.refuse_sealed(exercise)
    peek = peek or state.read(exercise.root).get(exercise.name, {}).get("peek", False)
    if mistake is None and not peek and not diff.core_recorded(exercise):
        raise WorkbookError(
            f"the core of {exercise.id} has not passed a check yet, and a wrong answer shows much of "
            f"a right one; to hunt all the same: scripts/workbook bughunt {exercise.id} --peek",
            NOT_YET,
        )
    with state.changing(exercise.root, exercise.name) as record:
        if mistake is None and "hunt" in record:  # begun in another terminal, just now
            return Mistake(exercise, record["hunt"])
        if mistake is None or not mistake.patch.is_file():
            mistake = choose(exercise, record)
        files = mistake.files()
        if read_code(exercise.hunt):
            kept = pristine.keep(exercise.root, exercise.hunt, exercise.hunt_id)
            note(f"the hunt before is kept in {relative(kept, exercise.root)}/")
        for name, content in files.items():
            write_if_changed(exercise.hunt / name, content)
        for path in code_files(exercise.hunt):
            if path.name not in files:
                path.unlink()
        record["hunt"] = mistake.name
        if peek:
            record["peek"] = True  # whoever has seen one mistake is not asked again
    print(
        f"In {place(exercise)}/ lies somebody's answer to {exercise.id}.\n"
        "One thing in it is wrong: find it, and mend it.\n",
        flush=True,
    )
    return mistake


def choose(exercise: Exercise, record: dict[str, Any]) -> Mistake:
    """At random; when all have been hunted, they begin anew."""
    names = [mistake.name for mistake in mistakes(exercise)]
    if not names:
        raise WorkbookError(f"there are no mistakes to hunt in {exercise.id}")
    hunted = set(record.get("hunted", []))
    if hunted.issuperset(names):
        note(f"you have hunted all {len(names)} mistakes of {exercise.id}; they begin anew")
        record["hunted"] = []
        hunted = set()
    return Mistake(exercise, random.choice([name for name in names if name not in hunted]))


def mistakes(exercise: Exercise) -> list[Mistake]:
    """Those that a student's checker catches, which leaves the long cases out."""
    facts = built(configure(exercise.root), exercise)
    everyday = {case.sentence for case in facts.everyday_cases()}
    found = [Mistake(exercise, path.stem) for path in sorted(exercise.wrong_answers.glob("*.patch"))]
    return [mistake for mistake in found if everyday.intersection(catchers(mistake.text()))]


def ended_well(exercise: Exercise, mistake: Mistake) -> int:
    if mistake.patch.is_file() and read_code(exercise.hunt) == mistake.files():
        print(f"The mistake was lucky: nothing in {place(exercise)}/ is mended yet. Try again.")
        return NOT_YET
    remember_end(exercise, mistake)
    print(f"{paint('Mended.', 'green')} {told_of(mistake)}\n\n{after(exercise)}")
    return 0


def told_of(mistake: Mistake) -> str:
    if not mistake.patch.is_file():  # the workbook has gone on meanwhile
        return f"The mistake was {mistake.name}."
    return f"The mistake was {mistake.name}:\n\n" + "\n".join(
        f"  {line}".rstrip() for line in mistake.explanation().splitlines()
    )


def after(exercise: Exercise) -> str:
    solution = relative(exercise.solution, exercise.root)
    compare = f"Compare:   diff -ru {place(exercise)} {solution}\n"
    return (
        f"{'' if seal.in_handout(exercise.root) else compare}"
        f"The next:  scripts/workbook bughunt {exercise.id}   ({progress(exercise)})"
    )


def progress(exercise: Exercise) -> str:
    hunted = state.read(exercise.root).get(exercise.name, {}).get("hunted", [])
    names = {mistake.name for mistake in mistakes(exercise)}
    return f"{len(names.intersection(hunted))} of {len(names)} hunted"


def remember_end(exercise: Exercise, mistake: Mistake) -> None:
    with state.changing(exercise.root, exercise.name) as record:
        record.pop("hunt", None)
        record["hunted"] = [*record.get("hunted", []), mistake.name]
