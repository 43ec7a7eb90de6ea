# `bench`: what the reference programs measure, on this machine, as tables and bars.
#
# Everything is built first, so that no compiler runs beside a measurement. Each program runs
# several times, in bounded time, and each figure is the median. What was measured is shown and saved
# also when an error or Ctrl+C ends the rest.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import math
import os
import re
import statistics
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from tool.building import bounded
from tool.building.build_folder import built, configure
from tool.building.build_step import build_target
from tool.console.command_line import Command, Parser, whole_number
from tool.console.progress import Line
from tool.console.terminal import note, paint
from tool.course import section
from tool.course.layout import (
    USAGE,
    Exercise,
    WorkbookError,
    exercises,
    find_exercise,
    output_file,
    write_atomically,
)
from tool.measuring import renewal
from tool.measuring.bench_tables import (
    MEASUREMENTS,
    Column,
    Measurement,
    Row,
    Table,
    named,
    read_table,
)
from tool.measuring.book_tables import BOOK_MEASUREMENTS
from tool.measuring.figures import Figure, as_csv
from tool.measuring.this_machine import machine

RUN_LIMIT = 120  # seconds for one run; the longest, ex07's, takes 12
BAR = 40  # characters of the longest bar
WIDE = 50  # bars that differ by more than so many times grow with the logarithm


def bench(root: Path, said: list[str], csv_file: str | None, repeat: int, book: bool = False) -> int:
    chosen = measurements(root, said, book)
    target = output_file("--csv", csv_file) if csv_file is not None else None
    load = os.getloadavg()[0]
    build = configure(root)
    for exercise in dict.fromkeys(exercise for exercise, _ in chosen):
        name = built(build, exercise).solution_program_target
        build_target(build, root, name, build / f"{exercise.id}.run.log", exercise.id)
    print(machine(build, load))
    figures: list[Figure] = []
    before = None
    try:
        for exercise, measurement in chosen:
            if exercise != before:
                print(f"\n{paint(heading(exercise), 'bold')}", flush=True)
            before = exercise
            twin = [sys.executable, str(exercise.stub / "twin.py")]
            program = twin if measurement.python else [str(built(build, exercise).solution_program)]
            measure(exercise, program, measurement, repeat, figures)
    finally:
        if target and figures:
            save(target, figures)
    return renewal.renew(root, figures, build) if book else 0


def measurements(root: Path, said: list[str], book: bool = False) -> list[tuple[Exercise, Measurement]]:
    """Of the exercises named, or of all, in the book's order."""
    there = {exercise.name: exercise for exercise in exercises(root)}
    wanted = (*MEASUREMENTS, *BOOK_MEASUREMENTS) if book else MEASUREMENTS
    known = [(there[one.exercise], one) for one in wanted if one.exercise in there]
    known.sort(key=lambda one: one[0].number)
    named = [find_exercise(root, name) for name in said]
    measured = {exercise for exercise, _ in known}
    for exercise in named:
        if exercise not in measured:
            ids = " ".join(one.id for one in there.values() if one in measured)
            raise WorkbookError(f"{exercise.id} prints no table of figures; these do: {ids}", USAGE)
    return [(exercise, one) for exercise, one in known if not named or exercise in named]


def measure(
    exercise: Exercise,
    program: list[str],
    measurement: Measurement,
    repeat: int,
    figures: list[Figure],
) -> None:
    """Shows the medians of the runs, of those that were done if the last one fails."""
    runs: list[list[list[Row]]] = []
    try:
        with Line(f"measuring {' '.join([exercise.id, *measurement.arguments])}") as line:
            while len(runs) < repeat:
                line.tell(f"run {len(runs) + 1}", len(runs), repeat)
                runs.append(run(program, measurement, line.tick))
    finally:
        for number, table in enumerate(measurement.tables if runs else ()):
            rows = medians(table, [one[number] for one in runs])
            print(f"\n{shown_table(table, rows, len(runs))}", flush=True)
            figures += figures_of(exercise, table, rows)


def run(
    program: list[str], measurement: Measurement, meanwhile: Callable[[], None] = bounded.nothing
) -> list[list[Row]]:
    """One run's tables."""
    words = " ".join([Path(program[-1]).name, *measurement.arguments])
    try:
        ended = bounded.run([*program, *measurement.arguments], RUN_LIMIT, meanwhile)
    except OSError as error:
        raise WorkbookError(f"cannot run {program[-1]}: {error.strerror}") from None
    if ended.status is None:
        raise WorkbookError(f"{words} did not end within {RUN_LIMIT} s: is the machine busy?")
    if ended.status != 0:
        last = (ended.output.strip().splitlines() or ["it printed nothing"])[-1]
        raise WorkbookError(f"{words} {ended.how()}: {last}")
    try:
        return [read_table(table, ended.output) for table in measurement.tables]
    except WorkbookError as error:
        raise WorkbookError(f"{words}: {error}") from None


def medians(table: Table, runs: list[list[Row]]) -> list[Row]:
    """Of each figure, printed as precisely as the program does."""
    labels = [[row.label for row in rows] for rows in runs]
    if any(one != labels[0] for one in labels):
        raise WorkbookError(f"the rows of '{table.title}' differ from run to run: {labels}")
    return [
        Row(label, tuple(median(same) for same in zip(*(rows[at].figures for rows in runs))))
        for at, label in enumerate(labels[0])
    ]


def median(same: tuple[str, ...]) -> str:
    if "-" in same:
        return "-"
    decimals = max(len(text.partition(".")[2]) for text in same)
    return f"{statistics.median(float(text) for text in same):.{decimals}f}"


def shown_table(table: Table, rows: list[Row], runs: int) -> str:
    """Title, header, rows, and the bars."""
    names = [table.label, *(column_name(column) for column in table.columns)]
    lines = [[row.label, *row.figures] for row in rows]
    widths = [max(len(line[at]) for line in [names, *lines]) for at in range(len(names))]
    text = [f"  {table.title} ({f'medians of {runs} runs' if runs > 1 else 'one run'})"]
    for line in [names, *lines]:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        text.append(f"    {'  '.join(cells)}".rstrip())
    return "\n".join([*text, *bars(table, rows)])


def column_name(column: Column) -> str:
    return f"{column.name}, {column.unit}" if column.unit else column.name


def bars(table: Table, rows: list[Row]) -> list[str]:
    """The column to draw, a bar for each row; nothing if there is none."""
    at = next((i for i, column in enumerate(table.columns) if column.name == table.plot), None)
    if at is None:
        return []
    values = [(row.label, row.figures[at]) for row in rows if row.figures[at] != "-"]
    numbers = [float(text) for _, text in values]
    least, most = min(numbers), max(numbers)
    logarithmic = least > 0 and most / least > WIDE
    width = max(len(label) for label, _ in values)
    text = ["", f"    {column_name(table.columns[at])}{' (logarithmic)' * logarithmic}"]
    for (label, shown), number in zip(values, numbers):
        length = bar_length(number, least, most, logarithmic)
        text.append(f"    {label.ljust(width)}  {'#' * length} {shown}")
    return text


def bar_length(number: float, least: float, most: float, logarithmic: bool) -> int:
    """From 1 to BAR; 0 for nothing."""
    if number <= 0:
        return 0
    if logarithmic:
        return 1 + round((BAR - 1) * math.log(number / least) / math.log(most / least))
    return max(1, round(BAR * number / most))


def heading(exercise: Exercise) -> str:
    title = re.search(r"^\*\*(.+?)\.?\*\*", section.section(exercise.root, exercise.name), re.M)
    return f"{exercise.name}: {title.group(1)}" if title else exercise.name


def figures_of(exercise: Exercise, table: Table, rows: list[Row]) -> list[Figure]:
    return [
        Figure(exercise.name, named(table, row), column.name, value, column.unit)
        for row in rows
        for column, value in zip(table.columns, row.figures)
        if value != "-"
    ]


def save(target: Path, figures: list[Figure]) -> None:
    write_atomically(target, as_csv(figures))
    note(f"{len(figures)} figures are in {target}")


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
    return bench(root, options.exercises, options.csv, repeat, options.book)


COMMAND = Command(
    "bench",
    "the references' figures on this machine",
    run_bench,
    bench_arguments,
    (("bench ex01 ex11", ""), ("bench --csv .workbook/bench.csv", "kept for the book")),
)
