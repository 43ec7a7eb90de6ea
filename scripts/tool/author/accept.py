# `accept`: the stubs as they are now are the ones handed out.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.console.command_line import Command, Parser
from tool.course import pristine
from tool.course.layout import find_exercise


def accept_arguments(reader: Parser) -> None:
    reader.exercise("whose stub it is", name="exercises", nargs="+")


def accept(root: Path, said: list[str]) -> int:
    for exercise in [find_exercise(root, name) for name in said]:
        count = pristine.accept(exercise)
        print(f"{exercise.id}: {count} files recorded in {pristine.MANIFEST}")
    print(f"To undo this: git checkout -- {pristine.MANIFEST}")
    return 0


COMMAND = Command(
    "accept",
    "for authors: the stubs as they are now are the ones handed out",
    lambda root, given: accept(root, given.exercises),
    accept_arguments,
    (("accept ex15", ""),),
)
