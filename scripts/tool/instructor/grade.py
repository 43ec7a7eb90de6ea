# Judges hand-ins that nobody has read: each in a sandbox of its own, by the tests as they are here,
# under a supervisor in which no judged code runs. What has been found is on disk after each verdict:
# the same command goes on where an earlier one was broken off.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tool.building.build_folder import built, configure
from tool.console.progress import Line
from tool.console.terminal import harmless, note, one_line
from tool.course import pristine
from tool.course.layout import NOT_YET, USAGE, Exercise, WorkbookError, find_exercise
from tool.instructor import grade_forms, grade_pages, grade_record, grade_report, handed, handin
from tool.instructor.archive import Refused
from tool.instructor.court import Court
from tool.instructor.grade_record import Record
from tool.instructor.graded import CORE, MISSING, NOT_JUDGED, UNREADABLE, Graded
from tool.instructor.handed import Tree
from tool.instructor.handin import HandIn
from tool.judging import judge, sandbox


@dataclass(frozen=True)
class Asked:
    """What the command line said."""

    tops: list[str]
    exercises: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # format -> path
    each: bool = False  # a folder or archive holds a whole class
    feedback: str = ""  # a folder for a text for each student
    part: tuple[int, int] = (1, 1)  # (2, 8): the second eighth of the hand-ins
    seed: int = 0  # of the tests' numbers; 0: one is drawn
    roster: str = ""  # a platform's export, with everybody in it


def grade(root: Path, asked: Asked) -> int:
    """Every exercise asked for, or worked on, of every hand-in."""
    judge.refuse_bad_settings()
    if judge.few_schedules_asked():
        raise WorkbookError(
            f"WORKBOOK_SCHEDULES is less than {judge.LEAST_SCHEDULES}, too few to pass: unset it", USAGE
        )
    named = handed.tops(asked.tops)
    wanted = [find_exercise(root, name) for name in dict.fromkeys(asked.exercises)]
    for exercise in wanted:
        refuse_edited(exercise)
    trees = [tree for top in named for tree in hand_ins(top, asked.each)]
    number, of = asked.part
    if of > 1 and not asked.seed:
        raise WorkbookError("--part: say --seed N, too, the same number for all parts", USAGE)
    trees = trees[number - 1 :: of]
    reports = Reports(root, asked, len(trees))
    sandbox.refuse_without()
    plan = [one for tree in trees for one in answers(root, tree, wanted)]
    found: list[Graded] = []
    words = [*asked.tops, "--", *asked.exercises, f"{asked.each} {asked.part} {asked.seed}"]
    with Record(root, words, asked.seed) as record:
        note(f"the tests' numbers are those of --seed {record.seed}")
        try:
            for one in judged(configure(root), plan, record):
                found.append(one)
        finally:  # also what was found before Ctrl+C
            found += [unjudged(one) for one in plan[len(found) :]]
            reports.make(found, record.seed)
            tell_how_to_go_on(found)
    return status_of(found)


def merge(root: Path, asked: Asked) -> int:
    """The tables of several machines in one."""
    whole = grade_record.put_together(root, asked.tops)
    reports = Reports(root, asked, len({one.name for one in whole.found}))
    reports.make(whole.found, whole.seed)
    return status_of(whole.found)


def shown(text: bytes) -> str:
    """A file of a hand-in, for a page."""
    return harmless(text.decode("utf-8", "replace").replace("\r\n", "\n"))


def status_of(found: list[Graded]) -> int:
    return 0 if all(one.verdict == CORE for one in found) else NOT_YET


class Reports:
    """The table, and what else was asked for; what cannot be written is refused before the work."""

    def __init__(self, root: Path, asked: Asked, hand_ins: int):
        self._judges, self._part = grade_record.judges(root), asked.part
        self._files = grade_forms.output_files(asked.files, hand_ins)
        self._roster = grade_forms.roster_for(asked.files, asked.roster)
        self._feedback = Path(asked.feedback).resolve() if asked.feedback else None
        if self._feedback and not self._feedback.is_dir():
            raise WorkbookError(f"--feedback: {asked.feedback} is no folder: make it first", USAGE)
        if self._feedback and not os.access(self._feedback, os.W_OK | os.X_OK):
            raise WorkbookError(f"--feedback: nothing can be written into {asked.feedback}", USAGE)

    def make(self, found: list[Graded], seed: int) -> None:
        print(grade_report.table(found), end="", flush=True)
        saved = grade_record.Saved(self._judges, self._part, seed, found)
        grade_forms.write_all(self._files, saved, self._roster)
        if self._feedback:
            grade_pages.feedback(self._feedback, found, seed)


def judged(build: Path, plan: list[HandIn | Graded], record: Record) -> Iterator[Graded]:
    """Graded for each, in their order."""
    courts: dict[str, Court] = {}
    users = {one.name: number for number, one in enumerate(plan, 1)}
    for number, one in enumerate(plan):
        found = one if isinstance(one, Graded) else record.known(one)
        if found is None:
            assert isinstance(one, HandIn)
            record.refuse_full_disk()
            found = graded(build, courts, one, users[one.name], record, (number, len(plan)))
            record.refuse_full_disk()
            record.keep(one, found)
        if found.exercise:
            found = replace(found, core=core_promises(build, found.exercise))
        note(f"{found.name}: {found.exercise.id + ' ' if found.exercise else ''}{found.verdict}")
        yield found


def core_promises(build: Path, exercise: Exercise) -> int:
    return sum(not case.stretch for case in built(build, exercise).everyday_cases())


def unjudged(one: HandIn | Graded) -> Graded:
    if isinstance(one, Graded):
        return one
    return Graded(one.name, one.exercise, NOT_JUDGED, why="the grading ended before its turn")


def tell_how_to_go_on(found: list[Graded]) -> None:
    left = sum(one.verdict == NOT_JUDGED for one in found)
    if left:
        note(f"{left} of {len(found)} are not judged yet; the same command goes on with them")


def graded(
    build: Path, courts: dict[str, Court], one: HandIn, user: int, record: Record, at: tuple[int, int]
) -> Graded:
    """`at`: how many are done, and of how many."""
    exercise = one.exercise
    if exercise.name not in courts:
        refuse_edited(exercise)
        courts[exercise.name] = Court(build, exercise, record.place, record.seed)
    began, clock = time.time(), time.monotonic()
    with Line(f"grading {one.name} {exercise.id}") as line:
        found = courts[exercise.name].grade(one, user, lambda what: line.tell(what, *at))
    return replace(
        found,
        remarks=list(one.remarks),
        began=began,
        seconds=time.monotonic() - clock,
        files={name: shown(text) for name, text in one.files.items()},
    )


def refuse_edited(exercise: Exercise) -> None:
    edited = [path for path in pristine.edited_files(exercise) if not path.endswith(".md")]
    if edited:
        raise WorkbookError(
            f"{' '.join(edited)}: edited here, and hand-ins are judged with the stub as handed out: "
            f"scripts/workbook reset {exercise.id} (keeps a copy), or grade in another clone",
        )


def hand_ins(top: Path, each: bool) -> list[Tree | Graded]:
    """What lies there. `each`: a hand-in of each student's."""
    try:
        tree = handed.tree_of(top, each)
    except (Refused, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        return [Graded(one_line(str(top)), None, UNREADABLE, why=harmless(str(why)))]
    found: list[Tree | Graded] = [*(handed.by_student(tree) if each else [tree])]
    return found


def answers(root: Path, tree: Tree | Graded, wanted: list[Exercise]) -> Iterator[HandIn | Graded]:
    """HandIns, and Graded for what cannot be judged."""
    if isinstance(tree, Graded):
        yield tree
        return
    name = one_line(tree.name)
    try:
        if not wanted:
            started = handin.all_started(tree, root)
            yield from started
            if not started:
                yield Graded(name, None, MISSING, why="no exercise there differs from its stub")
            return
    except handin.Unreadable as error:
        yield Graded(name, None, UNREADABLE, why=harmless(str(error)))
        return
    for exercise in wanted:
        try:
            one = handin.read(tree, exercise, len(wanted) == 1)
            yield one or Graded(name, exercise, MISSING, why=f"there is no {exercise.name}")
        except handin.Unreadable as error:
            yield Graded(name, exercise, UNREADABLE, why=harmless(str(error)))
