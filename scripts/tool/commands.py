# scripts/workbook's commands: which there are, and which one is asked for.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from argparse import Namespace
from importlib import import_module
from pathlib import Path

from tool.console import leaving
from tool.console.command_line import PROGRAM, Command, Parser
from tool.console.wrapping import fitted
from tool.course import seal
from tool.course.layout import USAGE, WorkbookError, checkout_root, version


def completion_arguments(reader: Parser) -> None:
    reader.add_argument("shell", choices=["bash", "zsh", "fish"], help="bash, zsh or fish")


def run_completion(root: Path, options: Namespace) -> int:
    from tool import completion

    return completion.show(root, options.shell, offered(root))


COMMAND = Command(
    "completion",
    "what a shell needs to complete these commands: bash, zsh or fish",
    run_completion,
    completion_arguments,
    (
        ("completion bash >>~/.bashrc", ""),
        ("completion zsh >~/.zfunc/_workbook", "a folder of your fpath"),
        ("completion fish >~/.config/fish/completions/workbook.fish", ""),
    ),
)
GROUPS = {  # a command, and the module that has it: loaded when it is asked for
    "to learn": {
        "start": "student.start",
        "list": "student.list",
        "check": "student.check",
        "watch": "student.watch",
        "hint": "student.hint",
        "run": "student.run",
        "connect": "student.connect",
        "demo": "student.demo",
        "bench": "measuring.bench",
        "play": "student.play",
        "diff": "student.diff",
        "reset": "student.reset",
        "bughunt": "student.bughunt_command",
        "book": "book.book",
        "doctor": "student.doctor",
        "completion": "commands",
    },
    "to teach, and to write exercises": {
        "verify": "author.verify",
        "grade": "instructor.grade_command",
        "handout": "instructor.handout",
        "mutants": "author.mutants",
        "accept": "author.accept",
        "new": "author.new_exercise",
    },
}
LEARN, TEACH = GROUPS
SUMMARY = re.compile(r'^COMMAND = Command\(\s*"\w+",\s*"([^"\\\n]*)",\n', re.MULTILINE)
MODULES = {name: module for group in GROUPS.values() for name, module in group.items()}
HELP = """\
usage: scripts/workbook [COMMAND] [ARGUMENTS]
       scripts/workbook COMMAND --help
       scripts/workbook --version

{commands}

EX is ex03, 3, 03, ex03_process_pool or the path of its folder. What takes longer tells on stderr how
far it is.

examples:
  scripts/workbook start
  scripts/workbook check ex03
  scripts/workbook run ex01 --help

exit status: 0 good; 1 not yet, or a failure; 2 wrong usage; 3 this machine lacks something;
             4 it does not compile; 130 interrupted, 128+N ended by signal N;
             run ends with its program's own
environment: CXX (the compiler of a new build folder), NO_COLOR, COLUMNS, WORKBOOK_SCHEDULES (how
             many schedules the explorer tries; check records nothing if it is less than 2000),
             WORKBOOK_NUMBERS (the tests' numbers as in the run of `grade` that named this seed),
             WORKBOOK_STEPS=all (its reports show every step; with ctest, too),
             WORKBOOK_NO_INSTALL=1 (never install anything), WORKBOOK_BOOK_SOURCES (the address
             to which the book's links to the stubs lead; otherwise this checkout)
"""


def command(name: str) -> Command:
    found: Command = import_module(f"tool.{MODULES[name]}").COMMAND
    return found


def is_refused(root: Path, name: str) -> bool:
    """What judges the course is not in a handout."""
    return name in GROUPS[TEACH] and seal.in_handout(root)


def offered(root: Path) -> list[Command]:
    return [command(name) for name in MODULES if not is_refused(root, name)]


def summary(name: str) -> str:
    """As the command's module says it, which need not be loaded for a line."""
    file = Path(__file__).resolve().parent / f"{MODULES[name].replace('.', '/')}.py"
    said = SUMMARY.search(file.read_text(encoding="utf-8"))
    return said[1] if said else command(name).summary


def whole_help(root: Path) -> str:
    names = [name for name in MODULES if not is_refused(root, name)]
    lines = {name: f"  {name:11} {summary(name)}" for name in names}
    shown = {title: [lines[name] for name in group if name in lines] for title, group in GROUPS.items()}
    parts = ["\n".join([f"{title}:", *found]) for title, found in shown.items() if found]
    return HELP.format(commands="\n\n".join(parts))


def main(argv: list[str]) -> int:
    name = argv[0] if argv else "start"
    if name in ("help", "--help", "-h"):
        print(fitted(whole_help(checkout_root())), end="")
    elif name in ("version", "--version"):
        print(f"concurrency workbook {version(checkout_root())}")
    elif name not in MODULES:
        raise WorkbookError(f"there is no command '{name}'; try {PROGRAM} --help", USAGE)
    else:
        return call(checkout_root(), [name, *argv[1:]])
    return 0


def call(root: Path, argv: list[str]) -> int:
    """The command that these words begin with. --help is told, and all is well."""
    if is_refused(root, argv[0]):
        raise WorkbookError(
            f"this is a handout for students: {argv[0]} needs all of the workbook", USAGE
        )
    chosen = command(argv[0])
    words, rest = chosen.split(argv[1:])
    reader = chosen.parser()
    if {"--help", "-h"} & set(words):  # among words that would be wrong, too
        print(reader.format_help(), end="")
        return 0
    options = reader.parse_intermixed_args(words)
    options.rest = rest
    return chosen.run(root, options)


def run_to_the_end(argv: list[str]) -> int:
    """The status to leave with."""
    return leaving.run_to_the_end(main, argv)
