# `check`: judges an answer, and shows the first promise that it breaks.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
from pathlib import Path

from tool.building.build_folder import book_so_far
from tool.console.command_line import Command, Parser
from tool.console.terminal import note
from tool.console.wrapping import fitted
from tool.course.layout import MACHINE, NOT_YET, find_exercise, output_file, relative
from tool.judging import board, judge
from tool.student.checking import check_quietly, unfinished


def check_arguments(reader: Parser) -> None:
    reader.exercise("default: the first exercise whose core has not passed", nargs="?")
    reader.flag("--all", "a report shows every step of its schedule")
    what = "write a page that steps through the schedules that break the answer"
    reader.add_argument("--html", metavar="FILE", help=what)


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


COMMAND = Command(
    "check",
    "judge an answer, and show the first promise that it breaks",
    lambda root, given: check(root, given.exercise, given.html, given.all),
    check_arguments,
    (
        ("check", "the first unfinished exercise"),
        ("check ex03 --all", "with every step of the schedule"),
        ("check ex02 --html ex02.html", "a page to step through it"),
    ),
)
