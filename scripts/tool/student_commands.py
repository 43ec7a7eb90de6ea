# The commands of those who learn: what each takes, and where its work is done.
#
# Modules that few commands need are imported by these, because start and check wait for none.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from tool.console.command_line import Command, Parser, whole_number
from tool.course.layout import USAGE, WorkbookError
from tool.student import comparing, student


def check_arguments(reader: Parser) -> None:
    reader.exercise("default: the first exercise whose core has not passed", nargs="?")
    reader.flag("--all", "a report shows every step of its schedule")
    what = "write a page that steps through the schedules that break the answer"
    reader.add_argument("--html", metavar="FILE", help=what)


def check(root: Path, options: Namespace) -> int:
    return student.check(root, options.exercise, options.html, options.all)


def watch_arguments(reader: Parser) -> None:
    reader.exercise("default: the first exercise whose core has not passed", nargs="?")


def run_watch(root: Path, options: Namespace) -> int:
    from tool.student import watch

    return watch.watch(root, options.exercise)


def hint_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    reader.flag("--again", "begin anew, with the first hint")


def hint(root: Path, options: Namespace) -> int:
    return student.hint(root, options.exercise, options.again)


def run_arguments(reader: Parser) -> None:
    which = reader.add_mutually_exclusive_group()
    for flag, help in (("--solution", "with our answer"), ("--python", "its Python twin")):
        which.add_argument(flag, dest="which", action="store_const", const=flag[2:], help=help)
    reader.exercise("the exercise")
    reader.add_argument(
        "arguments", nargs="*", metavar="ARGUMENT", help="the program's; EX --help lists them"
    )
    reader.set_defaults(which="own")


def run(root: Path, options: Namespace) -> int:
    return student.run(root, options.exercise, options.which, options.arguments)


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


def bench_arguments(reader: Parser) -> None:
    reader.exercise("default: all that have figures", name="exercises", nargs="*")
    reader.add_argument("--csv", metavar="FILE", help="write them there, too")
    reader.add_argument(
        "--repeat", metavar="N", default="3", help="each is a median of so many runs (%(default)s)"
    )
    reader.flag("--loop", "how long one waits for a verdict, measured in a copy")
    reader.flag("--book", "for authors: the twins' figures too, and all put into the text")


def run_bench(root: Path, options: Namespace) -> int:
    repeat = whole_number("--repeat", options.repeat, 99)
    if options.loop:
        if options.csv is not None:
            raise WorkbookError("bench: --loop prints a table and no --csv", USAGE)
        from tool.measuring import loop_bench

        return loop_bench.measure(root, options.exercises, repeat, options.book)
    from tool.measuring import bench

    return bench.bench(root, options.exercises, options.csv, repeat, options.book)


def play_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    help = "a case's sentence; default: the first that the explorer can break"
    reader.add_argument("promise", nargs="?", metavar="PROMISE", help=help)
    reader.flag("--solution", "of our answer")


def run_play(root: Path, options: Namespace) -> int:
    from tool.student import play

    return play.play(root, options.exercise, options.promise, options.solution)


def diff_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    reader.flag("--peek", "before the core has passed")


def diff(root: Path, options: Namespace) -> int:
    return comparing.diff(root, options.exercise, options.peek)


def reset_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")


def bughunt_arguments(reader: Parser) -> None:
    reader.exercise("the exercise")
    reader.flag("--watch", "judge it at every save")
    reader.flag("--peek", "before your core has passed")
    reader.flag("--tell", "say what is wrong, and end the hunt")


def run_bughunt(root: Path, options: Namespace) -> int:
    if options.tell and (options.watch or options.peek):
        raise WorkbookError("bughunt: --tell ends the hunt: give it alone", USAGE)
    from tool.student import bughunt

    if options.tell:
        return bughunt.tell(root, options.exercise)
    if options.watch:
        from tool.student import watch

        return watch.watch_hunt(root, options.exercise, options.peek)
    return bughunt.bughunt(root, options.exercise, options.peek)


def book_arguments(reader: Parser) -> None:
    reader.flag("--open", "show it in the browser")
    reader.flag("--epub", "for an e-reader, too")
    reader.add_argument("--language", metavar="LANG", help="of a translation that is there")
    reader.flag("--catalog", "for authors: write what a translation begins with")
    reader.flag("--check", "for authors: test the book, in a browser too")


def run_book(root: Path, options: Namespace) -> int:
    others = options.open or options.epub or options.catalog or options.language is not None
    if options.check and others:
        raise WorkbookError("book: --check tests all of the book: give it alone", USAGE)
    from tool.book import book

    if options.check:
        return book.check(root)
    return book.book(root, options.language, options.epub, options.catalog, options.open)


def run_doctor(root: Path, _: Namespace) -> int:
    from tool.student import doctor

    return doctor.doctor(root)


COMMANDS = [
    Command(
        "start",
        "set up, show the board, judge the first unfinished exercise (default)",
        lambda root, _: student.start(root),
        examples=(("start", "a newcomer's first command"),),
    ),
    Command(
        "list",
        "the board: how far each exercise is",
        lambda root, _: student.show_list(root),
        examples=(("list", ""),),
    ),
    Command(
        "check",
        "judge an answer, and show the first promise that it breaks",
        check,
        check_arguments,
        (
            ("check", "the first unfinished exercise"),
            ("check ex03 --all", "with every step of the schedule"),
            ("check ex02 --html ex02.html", "a page to step through it"),
        ),
    ),
    Command(
        "watch",
        "the same at every save",
        run_watch,
        watch_arguments,
        (("watch ex03", ""),),
        "On a terminal keys give a hint, go on to the next exercise, run the program, quit.",
    ),
    Command(
        "hint",
        "one more hint each time, from the step that fails on",
        hint,
        hint_arguments,
        (("hint ex03", "the next hint"), ("hint ex03 --again", "the first one")),
    ),
    Command(
        "run",
        "an exercise's program with your answer",
        run,
        run_arguments,
        (
            ("run ex01", "your answer's program"),
            ("run ex06 --solution --serve 8000", "ours, with arguments"),
            ("run ex01 --python", "its Python twin"),
            ("run ex01 --help", "what the program takes"),
        ),
    ),
    Command(
        "demo",
        "the lecture's race on all the reference servers, side by side",
        lambda root, _: student.demo(root),
        examples=(("demo", ""),),
    ),
    Command(
        "bench",
        "the references' figures on this machine",
        run_bench,
        bench_arguments,
        (("bench ex01 ex11", ""), ("bench --csv .workbook/bench.csv", "kept for the book")),
    ),
    Command(
        "play",
        "be the scheduler: say which thread goes on, and break the promise",
        run_play,
        play_arguments,
        (("play ex02", ""), ("play ex01 --solution", "try to break ours")),
    ),
    Command(
        "diff",
        "your answer against the solution, once the core has passed",
        diff,
        diff_arguments,
        (("diff ex03", ""),),
    ),
    Command(
        "reset",
        "the stub as it was handed out; yours is kept in .workbook/backup/",
        lambda root, options: student.reset(root, options.exercise),
        reset_arguments,
        (("reset ex03", ""),),
    ),
    Command(
        "bughunt",
        "a wrong answer for you to mend, in hunts/, once your core has passed",
        run_bughunt,
        bughunt_arguments,
        (("bughunt ex03 --watch", ""), ("bughunt ex03 --tell", "give up, and learn")),
    ),
    Command(
        "book",
        "WORKBOOK.md as pages with search, in build-book/html",
        run_book,
        book_arguments,
        (("book --open", ""), ("book --epub", "for an e-reader")),
    ),
    Command(
        "doctor",
        "what this machine has and lacks",
        run_doctor,
        examples=(("doctor", ""),),
    ),
]
