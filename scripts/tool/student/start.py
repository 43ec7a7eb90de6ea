# `start`: a newcomer's first command: sets up, shows the board, judges what is to be done next.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.building.build_folder import configure
from tool.console.command_line import Command
from tool.console.wrapping import fitted
from tool.judging import board, judge
from tool.student.checking import check_quietly, unfinished


def start(root: Path) -> int:
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


COMMAND = Command(
    "start",
    "set up, show the board, judge the first unfinished exercise (default)",
    lambda root, _: start(root),
    examples=(("start", "a newcomer's first command"),),
)
