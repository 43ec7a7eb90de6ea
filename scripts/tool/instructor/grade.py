# Judges hand-ins that nobody has read: each in a sandbox of its own, by the tests as they are here,
# under a supervisor in which no judged code runs. What has been found is on disk after each verdict:
# the same command goes on where an earlier one was broken off.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tool.building import bounded
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
from tool.instructor.helpers import Helpers
from tool.judging import judge, sandbox
from tool.judging.judge import STUCK


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
        build = configure(root)
        try:
            for one in judged(build, plan, record):
                found.append(one)
        finally:  # also what was found before Ctrl+C, by helpers before its turn
            found += [so_far(build, one, record) for one in plan[len(found) :]]
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
    known = [one if isinstance(one, Graded) else record.known(one) for one in plan]
    due = [number for number, found in enumerate(known) if found is None]
    with Helpers(min(at_once(), len(due))) as helpers:
        bench = Bench(build, plan, record, helpers, due)
        for number, one in enumerate(known):
            found = one or bench.until(number)
            found = with_core(build, found)
            note(f"{found.name}: {found.exercise.id + ' ' if found.exercise else ''}{found.verdict}")
            yield found


def at_once() -> int:
    """Hand-ins: one a core, as much of one's judging is a program after another."""
    return bounded.cores()


class Bench:
    """Judges those of a plan that are due, with helpers."""

    def __init__(
        self, build: Path, plan: list[HandIn | Graded], record: Record, helpers: Helpers, due: list[int]
    ):
        self._build, self._plan, self._record, self._helpers = build, plan, record, helpers
        self._due = due
        self._again: list[int] = []  # to be judged alone
        self._found: dict[int, Graded] = {}
        self._courts: dict[str, Court] = {}
        self._users = {one.name: number for number, one in enumerate(plan, 1)}

    def until(self, number: int) -> Graded:
        """Goes on until this one is judged."""
        while number not in self._found:
            if self._again and not self._helpers.busy:
                self._judge_alone(self._again.pop(0))
                continue
            while self._may_start():
                self._start(self._due.pop(0))
            if self._helpers.busy:
                self._wait()
        return self._found.pop(number)

    def _may_start(self) -> bool:
        if self._again or not self._due or self._helpers.busy == max(self._helpers.at_once, 1):
            return False
        # Before an exercise's first, its solution is tried, with nothing beside it.
        return self._hand_in(self._due[0]).exercise.name in self._courts or not self._helpers.busy

    def _start(self, number: int) -> None:
        self._record.refuse_full_disk(self._helpers.busy + 1)
        one = self._hand_in(number)
        if one.exercise.name not in self._courts:
            refuse_edited(one.exercise)
            court = Court(self._build, one.exercise, self._record.place, self._record.seed)
            self._courts[one.exercise.name] = court
        if self._helpers.at_once <= 1:
            self._again.append(number)
            return

        def work(place: int) -> Graded:
            self._record.let_go()
            court = self._courts[one.exercise.name]
            court.trials.place = self._record.place / str(place)
            return graded(court, one, self._users[one.name])

        self._helpers.start(number, work)

    def _wait(self) -> None:
        with Line("grading") as line:
            at = len(self._plan) - len(self._due) - self._helpers.busy - len(self._again)
            number, found, in_company = self._helpers.wait(lambda: line.tell("", at, len(self._plan)))
        if found is None:
            note(f"{self._hand_in(number).name}: the process that judged it was killed; it is judged alone")
        if found is None or (in_company and wants_time(found)):
            self._again.append(number)
        else:
            self._keep(number, found)

    def _judge_alone(self, number: int) -> None:
        self._record.refuse_full_disk()
        one = self._hand_in(number)
        at = len(self._plan) - len(self._due) - len(self._again)
        with Line(f"grading {one.name} {one.exercise.id}") as line:
            told = partial(line.tell, done=at, total=len(self._plan))
            found = graded(self._courts[one.exercise.name], one, self._users[one.name], told)
        self._keep(number, found)

    def _keep(self, number: int, found: Graded) -> None:
        self._record.refuse_full_disk()
        self._record.keep(self._hand_in(number), found)
        self._found[number] = found

    def _hand_in(self, number: int) -> HandIn:
        one = self._plan[number]
        assert isinstance(one, HandIn)
        return one


def wants_time(found: Graded) -> bool:
    """Whether it may be that another hand-in took the time that this one needed."""
    return sandbox.BY_THE_CLOCK.search(found.why) is not None or any(
        judge.WAITED.search(one.output) is not None
        or judge.RAN_OUT.search(one.output) is not None
        or judge.NO_JUDGE in one.output
        or (one.verdict == STUCK and judge.STOOD_STILL.search(one.output) is None)
        for one in found.outcomes
    )


def core_promises(build: Path, exercise: Exercise) -> int:
    return sum(not case.stretch for case in built(build, exercise).everyday_cases())


def with_core(build: Path, found: Graded) -> Graded:
    return replace(found, core=core_promises(build, found.exercise)) if found.exercise else found


def so_far(build: Path, one: HandIn | Graded, record: Record) -> Graded:
    """When the grading is broken off."""
    return with_core(build, one if isinstance(one, Graded) else record.known(one) or unjudged(one))


def unjudged(one: HandIn) -> Graded:
    return Graded(one.name, one.exercise, NOT_JUDGED, why="the grading ended before its turn")


def tell_how_to_go_on(found: list[Graded]) -> None:
    left = sum(one.verdict == NOT_JUDGED for one in found)
    if left:
        note(f"{left} of {len(found)} are not judged yet; the same command goes on with them")


def graded(
    court: Court, one: HandIn, user: int, told: Callable[[str], None] = bounded.nothing
) -> Graded:
    began, clock = time.time(), time.monotonic()
    return replace(
        court.grade(one, user, told),
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
