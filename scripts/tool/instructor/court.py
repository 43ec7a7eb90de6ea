# Judges answers to one exercise, each in a sandbox of its own, by the tests as they are here.
#
# Before its first hand-in the solution goes the same way. It shows that this machine can judge, how
# many assertions each case makes, and what honest object code uses. A hand-in passes if its core
# cases do, each with as many assertions, and if nothing in it is odd.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tool.building import bounded
from tool.building.build_folder import built
from tool.building.build_step import build_target
from tool.console.progress import Line
from tool.console.terminal import harmless
from tool.course import pristine
from tool.course.layout import MACHINE, Exercise, WorkbookError
from tool.instructor import handin
from tool.instructor.graded import CORE, DOES_NOT_BUILD, LOOK, NOT_PASSED, NOT_STARTED, Graded
from tool.instructor.handin import HandIn
from tool.instructor.supervised import Counts
from tool.instructor.trial import Trial, Trials, unjudged
from tool.judging import audit, judge, symbols
from tool.judging.checker_recipe import Recipe
from tool.judging.sandbox import SUPERVISOR


class Court:
    """Judges answers to one exercise."""

    def __init__(self, build: Path, exercise: Exercise, place: Path, seed: int):
        """`place`: a folder to work in, empty between two answers; `seed`: of the tests' numbers."""
        target = built(build, exercise).checker_target
        build_target(build, exercise.root, target, build / f"{exercise.id}.log", exercise.id)
        log = build / f"{SUPERVISOR}.log"
        build_target(build, exercise.root, SUPERVISOR, log, "the supervisor")
        # Its facts anew: the build configures again when the tests changed.
        recipe = Recipe(build, exercise, built(build, exercise))
        self.exercise = exercise
        self.stub = pristine.shipped_code(exercise)
        self.around = recipe.surroundings()
        self.traces = is_confined(build)
        self.trials = Trials(recipe, self.stub, place, seed)
        own = handin.solution(exercise)
        with Line(f"trying the solution of {exercise.id}") as line:
            self.solution = self.trials.run(own, 0, line.tell)
        self.trials.learn(self.solution)
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

    def grade(
        self, one: HandIn, user: int, told: Callable[..., None] = bounded.nothing
    ) -> Graded:
        if not handin.is_started(one):
            return Graded(one.name, self.exercise, NOT_STARTED, why="the stub, as handed out")
        trial = self.trials.run(one, user, told)
        found = dict.fromkeys(audit.findings(one.files, self.stub) + trial.odd)  # each kind once
        odd = [finding for finding in found if finding.kind not in self.usual]
        if trial.errors:
            return Graded(one.name, self.exercise, DOES_NOT_BUILD, why=trial.errors, odd=said(odd))
        odd += symbols.findings(
            trial.code, self.around, self.solution.code, self.exercise.id, self.traces
        )
        odd += [*self.odd_counts(trial), *unjudged(trial)]
        verdict = CORE if judge.core_passed(trial.outcomes) else NOT_PASSED
        return Graded(
            one.name, self.exercise, LOOK if odd else verdict, trial.outcomes, odd=said(odd)
        )

    def odd_counts(self, trial: Trial) -> list[audit.Finding]:
        """A pass makes exactly the solution's assertions."""
        return [
            audit.Finding(
                f"passed with {in_words(found)}, the solution with "
                f"{in_words(self.solution.counts[name])}",
                f'"{name}"',
            )
            for name, found in trial.counts.items()
            if found != self.solution.counts[name]
        ]


def is_confined(build: Path) -> bool:
    """Whether answers may write files, for a trace, and yet not their own memory."""
    command = [str(build / "bin" / SUPERVISOR), "--confines"]
    return subprocess.run(command, check=False).returncode == 0


def said(odd: list[audit.Finding]) -> list[str]:
    return list(dict.fromkeys(harmless(str(one)) for one in odd))


def in_words(counts: Counts) -> str:
    return f"{counts.assertions} assertions, {counts.turnable} of them to be turned round"
