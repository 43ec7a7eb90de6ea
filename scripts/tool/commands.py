# scripts/workbook's commands: reads the command line and leaves with the right status.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys

import student
from layout import MACHINE, USAGE, WorkbookError, checkout_root
from wrapping import fitted

HELP = """\
usage: scripts/workbook [COMMAND] [ARGUMENTS]

  start                    set up, show the board, judge the first unfinished exercise (default)
  list                     the board
  check [EX] [--all] [--html FILE]
                           judge EX, or the first exercise whose core has not passed; --all: a report
                           shows every step of its schedule; FILE is a page that steps through the
                           schedules that break it
  watch [EX]               the same at every save; on a terminal keys give a hint, go on, run it
  hint EX [--again]        one more hint each time, from the step that fails on; --again begins anew
  run EX [--solution | --python] [ARGUMENTS]
                           EX's program with your answer, the reference, or its Python twin
  demo                     the lecture's race on all the reference servers, side by side
  bench [EX...] [--csv FILE | --loop] [--book] [--repeat N]
                           the references' figures on this machine; each a median of N (3) runs;
                           --loop: how long one waits for a verdict, measured in a copy;
                           --book, for authors: the twins' too, and all put into the text
  play EX ["a promise"] [--solution]
                           be the scheduler: say which thread goes on, and break the promise
  diff EX [--peek]         your answer against the solution, once the core has passed
  reset EX                 the stub as it was handed out; yours is kept in .workbook/backup/
  bughunt EX [--watch] [--peek] | --tell
                           a wrong answer to EX for you to mend, in hunts/, once your core has passed;
                           --watch judges it at every save; --tell says what is wrong and ends the hunt
  book [--open] [--epub] [--language LANG] [--catalog] | --check
                           WORKBOOK.md as pages with search, in build-book/html; also as an EPUB;
                           --catalog writes what a translation begins with; --check tests the book,
                           in a browser too
  verify [--quick] [-j N]  the project's own tests; --quick leaves out the long ones
  mutants [EX...]          for authors: changes one place of a solution at a time, and lists what no
                           case caught
  grade DIR... [--exercise EX] [--csv F] [--junit F] [--gradescope F] [--classroom F]
                           judge hand-ins that nobody has read, each in a sandbox; see WORKBOOK.md
  doctor                   what this machine has and lacks
  accept EX...             for authors: the stubs as they are now are the ones handed out
  new exercise NAME        for authors: a tiny exercise to begin from, ex15_NAME or the next number

EX is ex03, 3, 03 or ex03_process_pool. What takes longer tells on stderr how far it is.

grade needs bubblewrap. A hand-in reaches neither network, files nor other hand-ins, and cannot use
up the machine. Tests and answer share one process, though, so code that sets out to can mislead
them: what it would need for that is looked for, and an answer that has some of it "needs a look" and
does not pass.

exit status: 0 good; 1 not yet, or a failure; 2 wrong usage; 3 this machine lacks something;
             4 it does not compile; 130 interrupted, 128+N ended by signal N;
             run ends with its program's own
environment: CXX (the compiler of a new build folder), NO_COLOR, COLUMNS, WORKBOOK_SCHEDULES (how
             many schedules the explorer tries; check records nothing if it is less than 2000),
             WORKBOOK_STEPS=all (its reports show every step; with ctest, too),
             WORKBOOK_NO_INSTALL=1 (never install anything), WORKBOOK_BOOK_SOURCES (the address
             to which the book's links to the stubs lead; otherwise this checkout)
"""


def help_on(command: str) -> str:
    """What HELP says of this command."""
    usage, _, begun = re.search(rf"^  ({command}\b.*)$", HELP, re.MULTILINE).group(1).partition("  ")
    more = HELP.split(begun + "\n" if begun else usage + "\n", 1)[1]
    lines = [begun.strip()] if begun else []
    for line in more.splitlines():
        if not line.startswith(" " * 8):
            break
        lines.append(line.strip())
    text = [f"usage: scripts/workbook {usage}", "", *(f"  {line}" for line in lines)]
    beginnings = [command] + ["EX is"] * (" EX" in usage or "[EX" in usage)
    for paragraph in HELP.split("\n\n"):
        if paragraph.startswith(tuple(f"{begin} " for begin in beginnings)):
            text += ["", paragraph]
    return "\n".join([*text, "", "All commands, exit statuses, environment: scripts/workbook --help\n"])


class Parser(argparse.ArgumentParser):
    """Errors in one line."""

    def error(self, message: str):
        raise WorkbookError(f"{message}; try {self.prog} --help", USAGE)


def parser(command: str) -> Parser:
    return Parser(prog=f"scripts/workbook {command}", add_help=False, allow_abbrev=False)


def start(root, argv):
    parser("start").parse_args(argv)
    return student.start(root)


def show_list(root, argv):
    parser("list").parse_args(argv)
    return student.show_list(root)


def check(root, argv):
    reader = parser("check")
    reader.add_argument("exercise", nargs="?", metavar="EX")
    reader.add_argument("--html", metavar="FILE")
    reader.add_argument("--all", action="store_true")
    options = reader.parse_args(argv)
    return student.check(root, options.exercise, options.html, options.all)


def run_watch(root, argv):
    reader = parser("watch")
    reader.add_argument("exercise", nargs="?", metavar="EX")
    options = reader.parse_args(argv)
    import watch  # here, because most commands do without its imports

    return watch.watch(root, options.exercise)


def hint(root, argv):
    reader = parser("hint")
    reader.add_argument("exercise", metavar="EX")
    reader.add_argument("--again", action="store_true")
    options = reader.parse_args(argv)
    return student.hint(root, options.exercise, options.again)


def run(root, argv):
    """By hand: whatever follows EX and our flag is the program's, dashes and all."""
    arguments = list(argv)
    which: list[str] = []
    exercise = None
    while arguments:
        if arguments[0] in ("--solution", "--python"):
            which.append(arguments.pop(0)[2:])
        elif exercise is None and not arguments[0].startswith("-"):
            exercise = arguments.pop(0)
        else:
            break
    if exercise is None:
        raise WorkbookError("run needs an exercise; try scripts/workbook run --help", USAGE)
    if len(set(which)) > 1:
        raise WorkbookError("run: --solution or --python, not both", USAGE)
    if arguments and arguments[0] == "--":
        arguments.pop(0)
    return student.run(root, exercise, which[0] if which else "own", arguments)


def demo(root, argv):
    parser("demo").parse_args(argv)
    return student.demo(root)


def run_bench(root, argv):
    reader = parser("bench")
    reader.add_argument("exercises", nargs="*", metavar="EX")
    reader.add_argument("--csv", metavar="FILE")
    reader.add_argument("--repeat", metavar="N", default="3")
    reader.add_argument("--loop", action="store_true")
    reader.add_argument("--book", action="store_true")
    options = reader.parse_intermixed_args(argv)
    if options.loop and options.csv is not None:
        reader.error("--loop prints a table and no --csv")
    if not re.fullmatch("[1-9][0-9]?", options.repeat):
        raise WorkbookError(f"--repeat: '{options.repeat}' is not a whole number from 1 to 99", USAGE)
    if options.loop:
        import loop_bench

        return loop_bench.measure(root, options.exercises, int(options.repeat), options.book)
    import bench  # here, because most commands do without its imports

    return bench.bench(
        root, options.exercises, options.csv, int(options.repeat), options.book
    )


def run_play(root, argv):
    reader = parser("play")
    reader.add_argument("exercise", metavar="EX")
    reader.add_argument("promise", nargs="?")
    reader.add_argument("--solution", action="store_true")
    options = reader.parse_intermixed_args(argv)
    import play  # here, because most commands do without its imports

    return play.play(root, options.exercise, options.promise, options.solution)


def diff(root, argv):
    reader = parser("diff")
    reader.add_argument("exercise", metavar="EX")
    reader.add_argument("--peek", action="store_true")
    options = reader.parse_args(argv)
    return student.diff(root, options.exercise, options.peek)


def reset(root, argv):
    reader = parser("reset")
    reader.add_argument("exercise", metavar="EX")
    return student.reset(root, reader.parse_args(argv).exercise)


def run_bughunt(root, argv):
    reader = parser("bughunt")
    reader.add_argument("exercise", metavar="EX")
    for option in ("--watch", "--peek", "--tell"):
        reader.add_argument(option, action="store_true")
    options = reader.parse_args(argv)
    if options.tell and (options.watch or options.peek):
        reader.error("--tell ends the hunt: give it alone")
    import bughunt  # here, because most commands do without its imports

    if options.tell:
        return bughunt.tell(root, options.exercise)
    if options.watch:
        import watch

        return watch.watch_hunt(root, options.exercise, options.peek)
    return bughunt.bughunt(root, options.exercise, options.peek)


def run_book(root, argv):
    reader = parser("book")
    for option in ("--open", "--epub", "--catalog", "--check"):
        reader.add_argument(option, action="store_true")
    reader.add_argument("--language", metavar="LANG")
    options = reader.parse_args(argv)
    if options.check and len(argv) > 1:
        reader.error("--check tests all of the book: give it alone")
    import book  # here, because most commands do without its imports

    if options.check:
        return book.check(root)
    return book.book(root, options.language, options.epub, options.catalog, options.open)


def accept(root, argv):
    reader = parser("accept")
    reader.add_argument("exercises", nargs="+", metavar="EX")
    return student.accept(root, reader.parse_args(argv).exercises)


def run_verify(root, argv):
    reader = parser("verify")
    reader.add_argument("--quick", action="store_true")
    reader.add_argument("-j", "--jobs", default=str(len(os.sched_getaffinity(0))))
    options = reader.parse_args(argv)
    if not re.fullmatch("[1-9][0-9]{0,2}", options.jobs):
        raise WorkbookError(f"-j: '{options.jobs}' is not a whole number from 1 to 999", USAGE)
    import verify

    return verify.verify(root, options.quick, int(options.jobs))


def run_mutants(root, argv):
    reader = parser("mutants")
    reader.add_argument("exercises", nargs="*", metavar="EX")
    options = reader.parse_args(argv)
    import mutants

    return mutants.mutants(root, options.exercises)


def run_grade(root, argv):
    reader = parser("grade")
    reader.add_argument("folders", nargs="+", metavar="DIR")
    reader.add_argument("--exercise", action="append", default=[], metavar="EX")
    import grade_report

    for form in grade_report.FORMATS:
        reader.add_argument(f"--{form}", metavar="FILE")
    options = reader.parse_args(argv)
    files = {form: getattr(options, form) for form in grade_report.FORMATS}
    import grade

    return grade.grade(
        root, options.folders, options.exercise, {f: name for f, name in files.items() if name}
    )


def run_doctor(root, argv):
    parser("doctor").parse_args(argv)
    import doctor

    return doctor.doctor(root)


def new(root, argv):
    reader = parser("new")
    reader.add_argument("what", choices=["exercise"])
    reader.add_argument("name", metavar="NAME")
    options = reader.parse_args(argv)
    import new_exercise

    return new_exercise.new_exercise(root, options.name)


COMMANDS = {
    "start": start,
    "list": show_list,
    "check": check,
    "watch": run_watch,
    "hint": hint,
    "run": run,
    "demo": demo,
    "bench": run_bench,
    "play": run_play,
    "diff": diff,
    "reset": reset,
    "bughunt": run_bughunt,
    "book": run_book,
    "verify": run_verify,
    "mutants": run_mutants,
    "grade": run_grade,
    "doctor": run_doctor,
    "accept": accept,
    "new": new,
}


def main(argv: list[str]) -> int:
    command = argv[0] if argv else "start"
    if command in ("help", "--help", "-h"):
        print(fitted(HELP), end="")
        return 0
    if command not in COMMANDS:
        raise WorkbookError(f"there is no command '{command}'; try scripts/workbook --help", USAGE)
    ours = argv[:2] if command == "run" else argv  # what follows run's EX is for its program
    if {"--help", "-h"} & set(ours):
        print(fitted(help_on(command)), end="")
        return 0
    return COMMANDS[command](checkout_root(), argv[1:])


class Signalled(KeyboardInterrupt):
    """SIGHUP or SIGTERM: the same clean end as after Ctrl+C."""

    def __init__(self, number: int, _frame):
        super().__init__()
        self.number = number


def end_on_signals() -> None:
    caught = [one for one in (signal.SIGHUP, signal.SIGTERM) if is_heeded(one)]

    def end(number, frame):
        for one in caught:
            signal.signal(one, signal.SIG_IGN)  # once: the end is under way
        raise Signalled(number, frame)

    for one in caught:
        signal.signal(one, end)


def is_heeded(number: int) -> bool:
    return signal.getsignal(number) != signal.SIG_IGN  # nohup ignores SIGHUP


def make_streams_usable() -> None:
    """A stream that was closed (>&-) leads nowhere; a character that one cannot show is a '?'."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Its number is the lowest free one: no other file may get it.
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, "r" if name == "stdin" else "w", encoding="utf-8"))
        elif name != "stdin":
            getattr(sys, name).reconfigure(errors="replace")


def status_of(argv: list[str]) -> int:
    """Runs the command; what goes wrong is one line on stderr."""
    try:
        status = main(argv)
        sys.stdout.flush()
        return status
    except WorkbookError as error:
        sys.stdout.flush()
        print(fitted(f"scripts/workbook: {error}", sys.stderr), file=sys.stderr)
        return error.status
    except KeyboardInterrupt as error:
        with contextlib.suppress(OSError):  # by a terminal that is gone
            print("interrupted", file=sys.stderr)
        return 128 + getattr(error, "number", signal.SIGINT)


def say_no_more(stream) -> None:
    """Whoever read it has gone: what is still in it leads nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run_to_the_end(argv: list[str]) -> int:
    """The status to leave with, whatever becomes of the streams."""
    make_streams_usable()
    end_on_signals()
    try:
        status = status_of(argv)
    except BrokenPipeError:
        say_no_more(sys.stdout)
        status = 128 + signal.SIGPIPE
    except OSError as error:
        with contextlib.suppress(OSError):
            print(f"scripts/workbook: {error}", file=sys.stderr)
        status = MACHINE
    for stream in (sys.stdout, sys.stderr):  # else Python itself ends with status 120
        try:
            stream.flush()
        except OSError:  # a full disk, a terminal that is gone
            say_no_more(stream)
    return status
