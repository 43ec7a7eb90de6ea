# `reset`: the stub as it was handed out, in the place of what is there.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.console.command_line import Command, Parser
from tool.course import pristine
from tool.course.layout import find_exercise
from tool.judging import state


def reset_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")


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


COMMAND = Command(
    "reset",
    "the stub as it was handed out; yours is kept in .workbook/backup/",
    lambda root, given: reset(root, given.exercise),
    reset_arguments,
    (("reset ex03", ""),),
)
