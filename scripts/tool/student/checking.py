# What several commands of a student do: choose the exercise, build its checker, judge, remember.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tool.building import misplaced
from tool.building.build_folder import Built, built, configure
from tool.building.build_step import build_target, checker_cases, compare_cases
from tool.console.progress import Line
from tool.console.terminal import note
from tool.course.layout import Exercise
from tool.judging import board, judge


def unfinished(root: Path, after: Exercise | None = None) -> Exercise | None:
    """The first exercise (after one) whose core does not hold, as far as check knows."""
    configure(root)
    left = board.unfinished(root)
    return next((one for one in left if after is None or one.number > after.number), None)


def check_quietly(exercise: Exercise) -> list[judge.Outcome]:
    """Builds the checker and runs its cases. The record on the board follows."""
    look_at_files(exercise)
    judged = judge.digest(exercise)
    outcomes, to_record = build_and_judge(exercise, exercise.id, built)
    if to_record:
        judge.remember(exercise, judged, outcomes)
    return outcomes


def look_at_files(exercise: Exercise) -> None:
    """Before a build, which would not see what lies wrong."""
    misplaced.refuse_what_is_no_file(exercise)
    for line in misplaced.told(exercise):
        note(line)


def build_and_judge(
    exercise: Exercise, what: str, facts_of: Callable[[Path, Exercise], Built]
) -> tuple[list[judge.Outcome], bool]:
    """`what`: ex03 or hunt03. The outcomes, and whether there were enough schedules to record them."""
    judge.refuse_bad_settings()
    build = configure(exercise.root)
    target = facts_of(build, exercise).checker_target
    build_target(build, exercise.root, target, build / f"{what}.log", what)
    facts = facts_of(build, exercise)  # again: the build configures anew when the tests changed
    with Line(f"checking {what}") as line:
        # A checker that ends before its main, by a stub's global object, would pass every case.
        listed = checker_cases(facts.checker, meanwhile=line.tick)
        compare_cases([one.sentence for one in facts.cases], listed, what)
        outcomes = judge.judge(facts, line.tell)
    enough = not (facts.explored and judge.few_schedules_asked())
    if not enough:
        note(f"not recorded: WORKBOOK_SCHEDULES is less than {judge.LEAST_SCHEDULES}")
    return outcomes, enough
