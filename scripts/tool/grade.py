# Judges hand-ins that nobody has read: each in a sandbox of its own, by the tests as they are here,
# under a supervisor in which no judged code runs.
#
# Before an exercise's first hand-in its solution goes the same way. It shows that this machine can
# judge, how many assertions each case makes, and what honest object code uses. A hand-in passes if
# its core cases do, each with no fewer assertions, and if nothing in it is odd.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import audit
import bounded
import grade_report
import handin
import judge
import pristine
import sandbox
import symbols
from build_folder import built, configure
from build_step import build_target
from checker_recipe import Recipe
from handin import HandIn
from judge import Outcome
from layout import MACHINE, NOT_YET, USAGE, Exercise, WorkbookError, find_exercise
from progress import Line
from terminal import harmless, note, one_line
from trial import SUPERVISOR, Trial, Trials, unjudged

CORE = "passed"
NOT_PASSED = "not yet"
NOT_STARTED = "not started"
DOES_NOT_BUILD = "does not compile"
LOOK = "needs a look"
UNREADABLE = "cannot be read"
MISSING = "not handed in"


@dataclass(frozen=True)
class Graded:
    """One hand-in's verdict on one exercise."""

    name: str
    exercise: Exercise | None  # None: nothing was handed in at all
    verdict: str
    outcomes: list[Outcome] = field(default_factory=list)
    why: str = ""  # of a verdict without outcomes
    odd: list[str] = field(default_factory=list)  # of "needs a look"


class Court:
    """Judges answers to one exercise."""

    def __init__(self, build: Path, exercise: Exercise):
        target = built(build, exercise).checker_target
        build_target(build, exercise.root, target, build / f"{exercise.id}.log", exercise.id)
        log = build / f"{SUPERVISOR}.log"
        build_target(build, exercise.root, SUPERVISOR, log, "the supervisor")
        # Its facts anew: the build configures again when the tests changed.
        recipe = Recipe(build, exercise, built(build, exercise))
        self.exercise = exercise
        self.stub = pristine.shipped_code(exercise)
        self.around = recipe.surroundings()
        self.trials = Trials(recipe, self.stub)
        own = handin.solution(exercise)
        with Line(f"trying the solution of {exercise.id}") as line:
            self.solution = self.trials.run(own, 0, line.tell)
        odd = audit.findings(own.files, {}) + audit.findings(self.stub, {}) + self.solution.odd
        self.usual = {one.kind for one in odd}
        self.refuse_bad_solution()

    def refuse_bad_solution(self) -> None:
        what = f"{self.exercise.id} cannot be judged here: the solution itself"
        if self.solution.errors:
            raise WorkbookError(f"{what} does not compile:\n\n{self.solution.errors}", MACHINE)
        if broken := judge.first_broken(self.solution.outcomes):
            raise WorkbookError(
                f'{what} fails at "{broken.case.sentence}":\n\n{broken.output}', MACHINE
            )

    def grade(self, one: HandIn, user: int, told=bounded.nothing) -> Graded:
        if one.files == self.stub:
            return Graded(one.name, self.exercise, NOT_STARTED, why="the stub, as handed out")
        trial = self.trials.run(one, user, told)
        found = dict.fromkeys(audit.findings(one.files, self.stub) + trial.odd)  # each kind once
        odd = [finding for finding in found if finding.kind not in self.usual]
        if trial.errors:
            return Graded(one.name, self.exercise, DOES_NOT_BUILD, why=trial.errors, odd=said(odd))
        odd += symbols.findings(trial.code, self.around, self.solution.code)
        odd += [*self.odd_counts(trial), *unjudged(trial)]
        verdict = CORE if judge.core_passed(trial.outcomes) else NOT_PASSED
        return Graded(
            one.name, self.exercise, LOOK if odd else verdict, trial.outcomes, odd=said(odd)
        )

    def odd_counts(self, trial: Trial) -> list[audit.Finding]:
        return [
            audit.Finding(
                f"passed with {count} assertions, the solution with {self.solution.assertions[name]}",
                f'"{name}"',
            )
            for name, count in trial.assertions.items()
            if count < self.solution.assertions[name]
        ]


def said(odd: list[audit.Finding]) -> list[str]:
    return list(dict.fromkeys(harmless(str(one)) for one in odd))


def grade(root: Path, tops: list[str], asked: list[str], files: dict[str, str]) -> int:
    """Every exercise asked for, or worked on, of every hand-in. `files`: format -> path."""
    judge.refuse_bad_settings()
    if judge.few_schedules_asked():
        raise WorkbookError(
            f"WORKBOOK_SCHEDULES is less than {judge.LEAST_SCHEDULES}, too few to pass: unset it", USAGE
        )
    folders = handin.tops(tops)
    wanted = [find_exercise(root, name) for name in dict.fromkeys(asked)]
    for exercise in wanted:
        refuse_edited(exercise)
    targets = grade_report.output_files(files, len(folders))
    sandbox.refuse_without()
    build = configure(root)
    found: list[Graded] = []
    courts: dict[str, Court] = {}
    try:
        for number, top in enumerate(folders, 1):
            for one in answers(root, top, wanted):
                if isinstance(one, HandIn):
                    one = graded(build, courts, one, number, len(folders))
                note(f"{one.name}: {one.exercise.id + ' ' if one.exercise else ''}{one.verdict}")
                found.append(one)
    finally:  # also what was found before Ctrl+C
        print(grade_report.table(found), end="", flush=True)
        grade_report.write_all(targets, found)
    return 0 if all(one.verdict == CORE for one in found) else NOT_YET


def graded(
    build: Path, courts: dict[str, Court], one: HandIn, number: int, of: int
) -> Graded:
    """The hand-in with this number, of so many."""
    exercise = one.exercise
    if exercise.name not in courts:
        refuse_edited(exercise)
        courts[exercise.name] = Court(build, exercise)
    with Line(f"grading {one.name} {exercise.id}") as line:

        def told(what: str) -> None:
            line.tell(what, number - 1, of)

        return courts[exercise.name].grade(one, number, told)


def refuse_edited(exercise: Exercise) -> None:
    edited = [path for path in pristine.edited_files(exercise) if not path.endswith(".md")]
    if edited:
        raise WorkbookError(
            f"{' '.join(edited)}: edited here, and hand-ins are judged with the stub as handed out: "
            f"scripts/workbook reset {exercise.id} (keeps a copy), or grade in another clone",
        )


def answers(root: Path, top: Path, wanted: list[Exercise]):
    """HandIns, and Graded for what cannot be judged."""
    name = one_line(str(top))
    try:
        if not wanted:
            started = handin.all_started(top, root)
            yield from started
            if not started:
                yield Graded(name, None, MISSING, why="no exercise there differs from its stub")
            return
    except handin.Unreadable as error:
        yield Graded(name, None, UNREADABLE, why=harmless(str(error)))
        return
    for exercise in wanted:
        try:
            one = handin.read(top, exercise, len(wanted) == 1)
            yield one or Graded(name, exercise, MISSING, why=f"there is no {exercise.name}")
        except handin.Unreadable as error:
            yield Graded(name, exercise, UNREADABLE, why=harmless(str(error)))
