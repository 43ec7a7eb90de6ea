# `run`: an exercise's program, ours or its Python twin.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import sys
from pathlib import Path

from tool.building.build_folder import built, configure
from tool.building.build_step import build_target
from tool.console.command_line import Command, Parser
from tool.course.layout import USAGE, Exercise, WorkbookError, find_exercise
from tool.student import usage
from tool.student.checking import look_at_files


def run_arguments(reader: Parser) -> None:
    which = reader.add_mutually_exclusive_group()
    for flag, help in (("--solution", "with our answer"), ("--python", "its Python twin")):
        which.add_argument(flag, dest="which", action="store_const", const=flag[2:], help=help)
    reader.exercise("the exercise")
    reader.add_argument(
        "arguments", nargs="*", metavar="ARGUMENT", help="the program's; EX --help lists them"
    )
    reader.set_defaults(which="own")


def split_run(words: list[str]) -> tuple[list[str], list[str]]:
    """What is run's own, and what follows EX and our flag: the program's, dashes and all."""
    ours: list[str] = []
    found = False
    for index, word in enumerate(words):
        if word not in ("--solution", "--python"):
            if found or (word.startswith("-") and word != "-"):
                return (ours, words[index + (word == "--") :]) if found else (words, [])
            found = True
        ours.append(word)
    return ours, []


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


def become(command: list[str]) -> int:
    sys.stdout.flush()
    try:
        os.execv(command[0], command)
    except OSError as error:
        raise WorkbookError(f"cannot run {command[0]}: {error.strerror}") from None


COMMAND = Command(
    "run",
    "an exercise's program with your answer",
    lambda root, given: run(root, given.exercise, given.which, given.rest),
    run_arguments,
    (
        ("run ex01", "your answer's program"),
        ("run ex06 --solution --serve 8000", "ours, with arguments"),
        ("run ex01 --python", "its Python twin"),
        ("run ex01 --help", "what the program takes"),
    ),
    split=split_run,
)
