# `hint`: one more each time, from the step that is to mend on.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.building.build_folder import book_so_far
from tool.console.command_line import Command, Parser
from tool.console.terminal import note, paint
from tool.console.wrapping import fitted, flowing
from tool.course import section
from tool.course.layout import Exercise, WorkbookError, find_exercise
from tool.judging import judge, state


def hint_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    reader.flag("--again", "begin anew, with the first hint")


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


COMMAND = Command(
    "hint",
    "one more hint each time, from the step that fails on",
    lambda root, given: hint(root, given.exercise, given.again),
    hint_arguments,
    (("hint ex03", "the next hint"), ("hint ex03 --again", "the first one")),
)
