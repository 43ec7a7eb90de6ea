# `list`: how far each exercise is.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

from tool.console.command_line import Command
from tool.judging import board


def show(root: Path) -> int:
    print(board.board(root))
    return 0


COMMAND = Command(
    "list",
    "the board: how far each exercise is",
    lambda root, _: show(root),
    examples=(("list", ""),),
)
