# `bughunt`: what it takes; bughunt.py and watch.py do it.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from tool.console.command_line import Command, Parser
from tool.course.layout import USAGE, WorkbookError
from tool.student import bughunt, watch


def bughunt_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    reader.flag("--watch", "judge it at every save")
    reader.flag("--peek", "before your core has passed; not in a handout")
    reader.flag("--tell", "say what is wrong, and end the hunt")


def run_bughunt(root: Path, options: Namespace) -> int:
    if options.tell and (options.watch or options.peek):
        raise WorkbookError("bughunt: --tell ends the hunt: give it alone", USAGE)
    if options.tell:
        return bughunt.tell(root, options.exercise)
    if options.watch:
        return watch.watch_hunt(root, options.exercise, options.peek)
    return bughunt.bughunt(root, options.exercise, options.peek)


COMMAND = Command(
    "bughunt",
    "a wrong answer for you to mend, in hunts/, once your core has passed",
    run_bughunt,
    bughunt_arguments,
    (("bughunt ex03 --watch", ""), ("bughunt ex03 --tell", "give up, and learn")),
)
