# The student's commands: start, list, check, hint, run, demo, diff, reset.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from tool.building import misplaced
from tool.building.build_folder import Built, book_so_far, built, configure
from tool.building.build_step import build_target, checker_cases, compare_cases
from tool.console.progress import Line
from tool.console.terminal import note, paint
from tool.console.wrapping import fitted, flowing
from tool.course import pristine, section
from tool.course.layout import (
    MACHINE,
    NOT_YET,
    USAGE,
    Exercise,
    WorkbookError,
    find_exercise,
    output_file,
    relative,
)
from tool.judging import board, judge, state
from tool.student import usage


def start(root: Path) -> int:
    """Sets up, shows the board, and judges the exercise to go on with."""
    judge.refuse_bad_settings()
    configure(root)
    chosen = unfinished(root)
    outcomes = check_quietly(chosen) if chosen else []
    print(board.board(root))
    if chosen:
        print()
        print(fitted(board.verdict(chosen, outcomes)))
    else:
        print("\nThe core of every exercise is done.")
    return 0


def show_list(root: Path) -> int:
    print(board.board(root))
    return 0


def check(root: Path, said: str | None, page: str | None = None, whole: bool = False) -> int:
    """`page`: a file to write, see player.py. `whole`: reports show every step of a schedule."""
    judge.refuse_bad_settings()
    if whole:
        os.environ["WORKBOOK_STEPS"] = "all"  # the checkers inherit it
    file = output_file("--html", page) if page is not None else None
    chosen = unfinished(root) if said is None else find_exercise(root, said)
    if chosen is None:
        print("The core of every exercise is done. To judge one again: scripts/workbook check ex03")
        return 0
    outcomes = check_quietly(chosen)
    print(fitted(board.verdict(chosen, outcomes)))
    if file:
        from tool.judging import player  # here, because most checks do without it

        player.write(file, chosen, book_so_far(root)[chosen.name].checker, outcomes)
        note(f"written: {relative(file, root)}")
    if judge.core_passed(outcomes):
        return 0
    return MACHINE if any(one.verdict == judge.UNJUDGED for one in outcomes) else NOT_YET


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


def hint(root: Path, said: str, again: bool) -> int:
    """Shows one more hint than the last time; no earlier one than those of the step to mend."""
    exercise = find_exercise(root, said)
    hints = section.hints(root, exercise)
    if not hints:
        raise WorkbookError(f"WORKBOOK.md has no hints for {exercise.id}")
    begin = 0 if again else hints_passed_over(exercise, hints)
    with state.changing_if_possible(root, exercise.name) as record:
        shown = 0 if again else int(record.get("hints", 0))
        number = min(max(shown, begin) + 1, len(hints))
        record["hints"] = number
    chosen = hints[number - 1]
    if shown < begin:
        note(f"what comes before step {chosen.step} holds; its hints: hint {exercise.id} --again")
    step = ", ".join(filter(None, [f"step {chosen.step}", chosen.stage]))
    title = f"Hint {number} of {len(hints)}, {step}: {chosen.title}"
    print(paint(fitted(title), "bold"))
    print(f"\n{flowing(chosen.text)}\n")
    left = len(hints) - number
    if shown >= len(hints):
        print(f"That was the last. To begin again: scripts/workbook hint {exercise.id} --again")
    elif left:
        print(f"{left} more: scripts/workbook hint {exercise.id}")
    else:
        print("That was the last hint.")
    return 0


def hints_passed_over(exercise: Exercise, hints: list[section.Hint]) -> int:
    """How many come before the first one for the step to mend, if it has any."""
    facts = book_so_far(exercise.root).get(exercise.name)
    if facts is None:
        return 0
    record = state.read(exercise.root).get(exercise.name, {})
    step = judge.step_to_mend(exercise, facts, record)
    return next((index for index, one in enumerate(hints) if one.step == step), 0)


def run(root: Path, said: str, which: str, arguments: list[str]) -> int:
    """Becomes the program, so that its exit status and Ctrl+C are its own."""
    exercise = find_exercise(root, said)
    if which == "python":
        twin = exercise.stub / "twin.py"
        if not twin.is_file():
            gone = f"exercises/{exercise.name}/twin.py"
            raise WorkbookError(f"{gone} is gone: unpack it anew, or git checkout -- {gone}")
        become([sys.executable, str(twin), *arguments])
    if refused_or_told(exercise, arguments):
        return 0
    if which == "own":
        look_at_files(exercise)
    build = configure(root)
    facts = built(build, exercise)
    if which == "solution":
        target, program = facts.solution_program_target, facts.solution_program
    else:
        target, program = facts.program_target, facts.program
    log = build / f"{exercise.id}.run.log"
    build_target(build, root, target, log, exercise.id)
    return become([str(program), *arguments])


def refused_or_told(exercise: Exercise, arguments: list[str]) -> bool:
    """Before minutes of building: refuses what the program would, and prints what --help would."""
    known = usage.read(exercise.stub / "main.cpp")
    if known is None:
        return False
    if {"--help", "-h"} & set(arguments):
        print(known.text, end="")
        return True
    try:
        known.check(arguments)
    except usage.Refused as error:
        help = f"scripts/workbook run {exercise.id} --help"
        raise WorkbookError(f"run {exercise.id}: {error}; try {help}", USAGE) from None
    return False


def demo(root: Path) -> int:
    """The lecture's race on all the reference servers, side by side."""
    build = configure(root)
    build_target(build, root, "workbook_demo", build / "demo.log", "the demo")
    return become([str(build / "bin" / "workbook_demo")])


def become(command: list[str]) -> int:
    sys.stdout.flush()
    try:
        os.execv(command[0], command)
    except OSError as error:
        raise WorkbookError(f"cannot run {command[0]}: {error.strerror}") from None


def reset(root: Path, said: str) -> int:
    exercise = find_exercise(root, said)
    backup, undone = pristine.reset(exercise)
    if backup is None:
        print(f"{exercise.id} is as it was handed out; there is nothing to reset.")
        return 0
    with state.changing(root, exercise.name) as record:
        for of_the_answer in ("results", "digest", "passed"):
            record.pop(of_the_answer, None)
    for path in undone:
        print(f"put back: {path}" if (root / path).exists() else f"removed: {path}")
    print(f"Your files are kept in {backup.relative_to(root)}/")
    return 0


def accept(root: Path, said: list[str]) -> int:
    """For authors: what stands in the tree now is the stub."""
    for exercise in [find_exercise(root, name) for name in said]:
        count = pristine.accept(exercise)
        print(f"{exercise.id}: {count} files recorded in {pristine.MANIFEST}")
    print(f"To undo this: git checkout -- {pristine.MANIFEST}")
    return 0
