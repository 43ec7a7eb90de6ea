# How a command is typed: its arguments, its help, what a shell can complete.
#
# Each command's module has its COMMAND; commands.py at the top knows which there are.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import argparse
import os
import re
import shutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tool.course.layout import USAGE, WorkbookError

PROGRAM = "scripts/workbook"
EXERCISE = "EX"  # the metavar of what names an exercise
EX_IS = "EX is ex03, 3, 03, ex03_process_pool or the path of its folder."
MORE = f"All commands, exit statuses, environment: {PROGRAM} --help"


class Parser(argparse.ArgumentParser):
    """Errors in one line; no word is taken for another one that it begins."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog=prog, allow_abbrev=False, formatter_class=Formatter, add_help=False)
        self.add_argument("-h", "--help", action="help", help="show this and leave")

    def error(self, message: str) -> NoReturn:
        raise WorkbookError(f"{message}; try {self.prog} --help", USAGE)

    def exercise(self, help: str, name: str = "exercise", **how: Any) -> None:
        self.add_argument(name, metavar=EXERCISE, help=help, **how)

    def flag(self, name: str, help: str) -> None:
        self.add_argument(name, action="store_true", help=help)


class Formatter(argparse.HelpFormatter):
    """As wide as the terminal. Lines that begin with a space are left as they are."""

    def __init__(self, prog: str):
        width = max(min(shutil.get_terminal_size((100, 24)).columns, 100), 20)
        super().__init__(prog, max_help_position=min(26, width // 3), width=width)

    def _format_usage(self, *how: Any) -> str:
        text = super()._format_usage(*how)
        if max(map(len, text.splitlines())) <= self._width:
            return text
        whole = " ".join(text.split())
        return textwrap.fill(
            whole, self._width, subsequent_indent=" " * 7, break_long_words=False, break_on_hyphens=False
        ) + "\n\n"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrapped = super()._fill_text
        return "\n".join(
            line if line.startswith(" ") else wrapped(line, width, indent)
            for line in text.splitlines()
        )


def nothing(_: Parser) -> None:
    """A command without arguments."""


@dataclass(frozen=True)
class Command:
    name: str
    summary: str  # in a line of the list of commands
    run: Callable[[Path, argparse.Namespace], int]
    arguments: Callable[[Parser], None] = nothing
    examples: tuple[tuple[str, str], ...] = ()  # what follows the program's name, and what it does
    more: str = ""  # paragraphs
    # The words of its own, and the rest, which nobody here reads.
    split: Callable[[list[str]], tuple[list[str], list[str]]] = lambda words: (words, [])

    def parser(self) -> Parser:
        reader = Parser(prog=f"{PROGRAM} {self.name}")
        self.arguments(reader)
        reader.description = "\n\n".join(filter(None, [self.summary, self.more]))
        reader.epilog = self.epilog(reader)
        return reader

    def epilog(self, reader: Parser) -> str:
        lines = ["examples:", *self.example_lines()] if self.examples else []
        if any(one.metavar == EXERCISE for one in reader._actions):
            lines += ["", EX_IS]
        return "\n".join([*lines, "", MORE]).strip()

    def example_lines(self) -> list[str]:
        """What each does stands behind it, or on a narrow terminal below."""
        widest = max(len(line) for line, _ in self.examples)
        columns = shutil.get_terminal_size((100, 24)).columns
        beside = all(len(PROGRAM) + widest + len(what) + 5 <= columns for _, what in self.examples)
        shown = []
        for line, what in self.examples:
            if beside:
                shown.append(f"  {PROGRAM} {line:{widest}}  {what}".rstrip())
            else:
                below = textwrap.wrap(what, max(columns - 6, 14))
                shown += [f"  {PROGRAM} {line}", *(f"      {part}" for part in below)]
        return shown


def whole_number(option: str, said: str, most: int) -> int:
    if not re.fullmatch("[1-9][0-9]{0,17}", said) or int(said) > most:
        raise WorkbookError(f"{option}: '{said}' is not a whole number from 1 to {most}", USAGE)
    return int(said)


def cores() -> int:
    return len(os.sched_getaffinity(0))
