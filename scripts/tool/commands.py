# scripts/workbook's commands: which there are, and which one is asked for.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from tool import staff_commands, student_commands
from tool.console import leaving
from tool.console.command_line import PROGRAM, Command, Parser
from tool.console.wrapping import fitted
from tool.course import seal
from tool.course.layout import USAGE, WorkbookError, checkout_root, version



def completion_arguments(reader: Parser) -> None:
    reader.add_argument("shell", choices=["bash", "zsh", "fish"], help="bash, zsh or fish")


def run_completion(root: Path, options: Namespace) -> int:
    from tool import completion

    known = [one for one in COMMANDS.values() if not is_refused(root, one)]
    return completion.show(root, options.shell, known)


COMPLETION = Command(
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
GROUPS = {
    "to learn": [*student_commands.COMMANDS, COMPLETION],
    "to teach, and to write exercises": staff_commands.COMMANDS,
}
COMMANDS = {one.name: one for group in GROUPS.values() for one in group}
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
             WORKBOOK_STEPS=all (its reports show every step; with ctest, too),
             WORKBOOK_NO_INSTALL=1 (never install anything), WORKBOOK_BOOK_SOURCES (the address
             to which the book's links to the stubs lead; otherwise this checkout)
"""


def whole_help() -> str:
    found = [f"{title}:\n{lines_of(group)}" for title, group in GROUPS.items()]
    return HELP.format(commands="\n\n".join(found))


def lines_of(group: list[Command]) -> str:
    return "\n".join(f"  {one.name:11} {one.summary}" for one in group)


def main(argv: list[str]) -> int:
    command = argv[0] if argv else "start"
    if command in ("help", "--help", "-h"):
        print(fitted(whole_help()), end="")
    elif command in ("version", "--version"):
        print(f"concurrency workbook {version(checkout_root())}")
    elif command not in COMMANDS:
        raise WorkbookError(f"there is no command '{command}'; try {PROGRAM} --help", USAGE)
    else:
        return call(checkout_root(), [command, *argv[1:]])
    return 0


def is_refused(root: Path, command: Command) -> bool:
    """What judges the course is not in a handout."""
    return command in staff_commands.COMMANDS and seal.in_handout(root)


def call(root: Path, argv: list[str]) -> int:
    """The command that these words begin with. --help is told, and all is well."""
    command = COMMANDS[argv[0]]
    words = argv[1:]
    the_programs: list[str] = []
    if command.name == "run":
        words, the_programs = student_commands.split_run(words)
    reader = command.parser()
    if {"--help", "-h"} & set(words):  # among words that would be wrong, too
        print(reader.format_help(), end="")
        return 0
    options = reader.parse_intermixed_args(words)
    if is_refused(root, command):
        raise WorkbookError(
            f"this is a handout for students: {command.name} needs all of the workbook", USAGE
        )
    if command.name == "run":
        options.arguments = the_programs
    return command.run(root, options)


def run_to_the_end(argv: list[str]) -> int:
    """The status to leave with."""
    return leaving.run_to_the_end(main, argv)
